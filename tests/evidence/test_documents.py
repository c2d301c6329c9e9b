"""documents/ is regular: every number has its row, every table its columns, and YAML 1.1 and 1.2 read the same."""

import re

import pytest
import yaml
from ruamel.yaml import YAML

from tests.scratch import ROOT
from vision.evidence.documents import DOCUMENTS, accuracies, printed_table, read_accuracies, read_document

FILES = sorted((ROOT / "documents").iterdir())
READ = {name: read_document(ROOT / f"documents/{name}.yaml") for name in DOCUMENTS}
ACCURACIES = read_accuracies(ROOT / "documents/accuracies.yaml")
TABLES = [(name, table) for name, document in READ.items() for table in document["tables"]]
PREFIXES = {"000": "C", "001": "P", "002": "H", "003": "L", "004": "F"}


def test_the_documents_are_those_of_the_folder():
    assert [path.name for path in FILES] == [*(f"{name}.yaml" for name in DOCUMENTS), "accuracies.yaml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_dvcs_yaml_and_ours_read_the_same(path):
    assert YAML(typ="safe").load(path) == yaml.safe_load(path.read_text()) == read_document(path)


@pytest.mark.parametrize(("document", "table"), TABLES)
def test_each_table_has_its_row_and_as_many_values_as_columns(document, table):
    found = READ[document]["tables"][table]
    assert re.fullmatch(rf"{PREFIXES[document]}\d+", found["row"])
    rows = printed_table(READ[document], table)
    assert rows
    assert all(list(row) == found["columns"] for row in rows)
    assert all(0 <= value <= 1 for row in rows for name, value in row.items() if "accuracy" in name)


def test_accuracies_are_shares_with_a_row_of_their_document():
    for printed in ACCURACIES["printed"]:
        name = printed["document"]
        assert 0 < printed["accuracy"] < 1
        assert re.fullmatch(rf"{PREFIXES[name]}\d+", printed["row"])
        assert printed["dataset"] == READ[name]["dataset"]


def test_a_published_number_stands_once_and_names_its_source():
    for numbers in ACCURACIES.values():
        keys = [(number["dataset"], number["model"]) for number in numbers]
        assert len(set(keys)) == len(keys)
    assert all(0 < number["accuracy"] < 1 and number["source"] for number in ACCURACIES["published"])


def test_numbers_are_found_by_dataset_and_model():
    assert accuracies(ACCURACIES["printed"], "mnist")["convnet"] == 0.9932
    assert "convnet" not in accuracies(ACCURACIES["printed"], "fashion_mnist")
    assert accuracies(ACCURACIES["published"], "fashion_mnist")["fashion_svm"] == 0.897
    assert accuracies(ACCURACIES["published"], "digits") == {}


def test_what_the_documents_print_adds_up():
    """Sums that the documents themselves allow: row L18 and the matrix of row F11."""
    tables = {
        "softmax_train_digits": 3563, "softmax_test_digits": 769, "tanh_mlp_document_train_digits": 1914,
        "tanh_mlp_document_test_digits": 411,
    }  # fmt: skip
    for table, errors in tables.items():
        assert sum(row["misclassified"] for row in printed_table(READ["003"], table)) == errors
