"""The table of times: the last run of each stage, under the document that alone needs it."""

import pandas as pd
import pytest

from tests.scratch import ROOT
from vision.evidence import timings


@pytest.fixture(scope="module")
def documents():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return timings.document_of_stages()


def test_every_stage_has_one_document_or_is_of_several_or_none(documents):
    expected = {
        "train_subsets": "000", "maximise": "001", "train@colour_resnet18": "002", "replicate@softmax": "003",
        "finetune@vgg16": "004", "split@handwriting": "several", "train@fashion_convnet": "none",
    }  # fmt: skip
    assert expected.items() <= documents.items()
    assert set(documents.values()) == {"000", "001", "002", "003", "004", "several", "none"}


def test_table_adds_the_last_runs_by_document():
    rows = [("a", 100, 10), ("b", 60, 20), ("gone", 1000, 1000), ("a", 30, 15), ("c", 6, 5)]
    runs = pd.DataFrame(rows, columns=["stage", "wall_seconds", "peak_mebibytes"])
    stages = timings.by_stage(runs, {"a": "000", "b": "000", "c": "none"})
    assert stages.to_dict("list") == {
        "stage": ["a", "b", "c"], "document": ["000", "000", "none"], "seconds": [30, 60, 6],
        "peak_mebibytes": [15, 20, 5],
    }  # fmt: skip
    assert timings.by_document(stages).to_dict("index") == {
        "000": {"stages": 2, "minutes": "1.5", "MiB at most": "20", "the longest": "b 60 s, a 30 s"},
        "none": {"stages": 1, "minutes": "0.1", "MiB at most": "5", "the longest": "c 6 s"},
        "all": {"stages": 3, "minutes": "1.6", "MiB at most": "20", "the longest": "b 60 s, a 30 s, c 6 s"},
    }
