"""The chapter on document 004: what each network reached, beside what was printed, from tables written by hand."""

import pytest

from vision.evidence.fashion import network_rows, pair_rows
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
