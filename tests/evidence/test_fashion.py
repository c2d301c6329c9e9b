"""The chapter on document 004: what each network reached, beside what was printed, from tables written by hand."""

from vision.evidence.fashion import class_rows, network_rows, pair_rows, plain_table
from vision.pipeline.tables import write_table

STUDIED = {
    name: {"lr": lr, "diverged": epochs < 4, "finite_epochs": epochs}
    for name, lr, epochs in (("numpy_relu", 0.1, 4), ("numpy_linear", 0.1, 2), ("sklearn_linear", 0.1, 0))
}


def test_network_rows_have_each_checkpoint_that_was_reached(tmp_path):
    relu = [
        {"model": "numpy_relu", "kept": "epoch_2", "accuracy": 0.88, "printed": 0.897},
        {"model": "numpy_relu", "kept": "best", "accuracy": 0.89, "printed": None},
    ]
    linear = {"model": "numpy_linear", "kept": "best", "accuracy": 0.8, "printed": None}
    write_table(tmp_path / "accuracies.csv", [*relu, linear])
    first, second, third = network_rows(tmp_path / "accuracies.csv", STUDIED, str.upper)
    assert (first["model"], first["name"], first["lr"]) == ("numpy_relu", "NUMPY_RELU", 0.1)
    assert first["kept"] == {row["kept"]: row for row in relu}
    assert (second["kept"], second["finite_epochs"]) == ({"best": linear}, 2)
    assert (third["kept"], third["diverged"]) == ({}, True)


def test_pair_rows_have_the_titles_of_their_models(tmp_path):
    write_table(tmp_path / "pairs.csv", [{"first": "a", "second": "b", "kept": "best", "difference": 0.1}])
    assert pair_rows(tmp_path / "pairs.csv", str.upper) == [
        {"first": "A", "second": "B", "kept": "best", "difference": 0.1}
    ]


def test_class_rows_join_the_networks_by_class(tmp_path):
    rows = [
        {"model": model, "class": name, "accuracy": accuracy, "printed_accuracy": 0.95}
        for model, name, accuracy in (("vgg16", "Bag", 0.98), ("vgg16", "Coat", 0.9), ("vgg16_frozen", "Bag", 0.9))
    ]
    write_table(tmp_path / "one_vs_rest.csv", rows)
    bag, coat = class_rows(tmp_path / "one_vs_rest.csv")
    assert bag == {"class": "Bag", "printed": 0.95, "vgg16": rows[0], "vgg16_frozen": rows[2]}
    assert set(coat) == {"class", "printed", "vgg16"}


def test_plain_table_is_text_with_intervals_in_one_cell():
    rows = [{"a": "cat", "x": 0.5, "x_low": 0.4, "x_high": 0.6, "n": 7}, {"a": None, "x": 0.25, "n": 8}]
    found = plain_table(rows)
    assert found == {"columns": ["a", "x", "n"], "rows": [["cat", "0.5 (0.4 to 0.6)", "7"], ["", "0.25", "8"]]}
    assert plain_table([]) == {"columns": [], "rows": []}
