"""documents.yaml is regular: every number has its row, every table its columns, and YAML 1.1 and 1.2 read the same."""

import re

import pytest
import yaml
from ruamel.yaml import YAML

from tests.scratch import ROOT
from vision.evidence.documents import printed_accuracies, printed_table, published_accuracies, read_documents

PATH = ROOT / "documents.yaml"
DOCUMENTS = read_documents(PATH)
TABLES = [(name, table) for name, document in DOCUMENTS["documents"].items() for table in document["tables"]]
PREFIXES = {"000": "C", "001": "P", "002": "H", "003": "L", "004": "F"}


def test_dvcs_yaml_and_ours_read_the_same():
    assert YAML(typ="safe").load(PATH) == yaml.safe_load(PATH.read_text()) == DOCUMENTS


@pytest.mark.parametrize(("document", "table"), TABLES)
def test_each_table_has_its_row_and_as_many_values_as_columns(document, table):
    found = DOCUMENTS["documents"][document]["tables"][table]
    assert re.fullmatch(rf"{PREFIXES[document]}\d+", found["row"])
    rows = printed_table(DOCUMENTS, document, table)
    assert rows
    assert all(list(row) == found["columns"] for row in rows)
    assert all(0 <= value <= 1 for row in rows for name, value in row.items() if "accuracy" in name)


def test_accuracies_are_shares_with_a_row_of_their_document():
    for name, document in DOCUMENTS["documents"].items():
        for printed in document["accuracies"].values():
            assert 0 < printed["accuracy"] < 1
            assert re.fullmatch(rf"{PREFIXES[name]}\d+", printed["row"])


def test_a_published_number_stands_once_and_names_its_source():
    keys = [(number["dataset"], number["model"]) for number in DOCUMENTS["published"]]
    assert len(set(keys)) == len(keys)
    assert all(0 < number["accuracy"] < 1 and number["source"] for number in DOCUMENTS["published"])


def test_numbers_are_found_by_dataset_and_model():
    assert printed_accuracies(DOCUMENTS, "mnist")["convnet"] == 0.9932
    assert "convnet" not in printed_accuracies(DOCUMENTS, "fashion_mnist")
    assert published_accuracies(DOCUMENTS, "fashion_mnist")["fashion_svm"] == 0.897
    assert published_accuracies(DOCUMENTS, "digits") == {}


def test_what_the_documents_print_adds_up():
    """Sums that the documents themselves allow: row L18 and the matrix of row F11."""
    tables = {
        "softmax_train_digits": 3563, "softmax_test_digits": 769, "tanh_mlp_document_train_digits": 1914,
        "tanh_mlp_document_test_digits": 411,
    }  # fmt: skip
    for table, errors in tables.items():
        assert sum(row["misclassified"] for row in printed_table(DOCUMENTS, "003", table)) == errors
