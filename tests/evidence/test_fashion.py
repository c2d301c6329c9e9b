"""The chapter on document 004: what each network reached, beside what was printed, from tables written by hand."""

import pytest

from vision.evidence.fashion import class_rows, network_rows, pair_rows, plain_table
from vision.results.tables import write_table

STUDIED = {
    name: {"lr": lr, "diverged": epochs < 4, "finite_epochs": epochs}
    for name, lr, epochs in (("numpy_relu", 0.1, 4), ("numpy_linear", 0.1, 2), ("sklearn_linear", 0.1, 0))
}
ACCURACIES = [
    {"model": "numpy_relu", "kept": "epoch_2", "epoch": 2, "accuracy": 0.88, "printed": 0.897},
    {"model": "numpy_relu", "kept": "best", "epoch": 3, "accuracy": 0.89, "printed": None},
    {"model": "numpy_linear", "kept": "best", "epoch": 2, "accuracy": 0.8, "printed": None},
]


@pytest.fixture
def rows(tmp_path):
    write_table(tmp_path / "accuracies.csv", ACCURACIES)
    return {row["model"]: row for row in network_rows(tmp_path / "accuracies.csv", STUDIED, str.upper)}


def test_networks_have_what_they_reached_and_the_documents_beside_it(rows):
    assert list(rows) == list(STUDIED)
    assert rows["numpy_relu"]["name"] == "NUMPY_RELU"
    assert set(rows["numpy_relu"]["kept"]) == {"epoch_2", "best"}
    assert rows["numpy_relu"]["kept"]["epoch_2"]["printed"] == 0.897
    assert rows["numpy_relu"]["kept"]["best"]["printed"] is None


def test_a_network_that_diverged_has_what_it_was_before_or_nothing(rows):
    assert (set(rows["numpy_linear"]["kept"]), rows["numpy_linear"]["finite_epochs"]) == ({"best"}, 2)
    assert (rows["sklearn_linear"]["kept"], rows["sklearn_linear"]["diverged"]) == ({}, True)


def test_pairs_have_the_titles_of_their_models(tmp_path):
    write_table(tmp_path / "pairs.csv", [{"first": "a", "second": "b", "kept": "best", "difference": 0.1}])
    (row,) = pair_rows(tmp_path / "pairs.csv", str.upper)
    assert (row["first"], row["second"], row["kept"], row["difference"]) == ("A", "B", "best", 0.1)


def test_a_class_has_the_row_of_each_network_and_the_document_s_number(tmp_path):
    rows = [
        {"model": model, "class": name, "accuracy": accuracy, "printed_accuracy": 0.95}
        for model, name, accuracy in (("vgg16", "Bag", 0.98), ("vgg16", "Coat", 0.9), ("vgg16_frozen", "Bag", 0.9))
    ]
    write_table(tmp_path / "one_vs_rest.csv", rows)
    bag, coat = class_rows(tmp_path / "one_vs_rest.csv")
    assert (bag["class"], bag["printed"], bag["vgg16"]["accuracy"], bag["vgg16_frozen"]["accuracy"]) == (
        "Bag",
        0.95,
        0.98,
        0.9,
    )
    assert set(coat) == {"class", "printed", "vgg16"}


def test_any_table_is_text_with_intervals_in_one_cell():
    rows = [{"a": "cat", "x": 0.5, "x_low": 0.4, "x_high": 0.6, "n": 7}, {"a": None, "x": 0.25, "n": 8}]
    found = plain_table(rows)
    assert found == {"columns": ["a", "x", "n"], "rows": [["cat", "0.5 (0.4 to 0.6)", "7"], ["", "0.25", "8"]]}
