"""The documents' mistakes in words: each that is measured has words, and a change shows by its interval."""

import re

import pandas as pd
import pytest

from tests.scratch import ROOT
from vision.document_errors.rows import Measured, exact, left_out, row
from vision.evidence.mistakes import FORMATS, MISTAKES, show, tell
from vision.pipeline.tables import read_table, write_table

WAYS = Measured(0.5, 0.4, 0.6), Measured(0.25, 0.2, 0.3), Measured(0.25, 0.1, 0.4)


def test_mistakes_and_formats_are_those_that_are_measured():
    sources = "\n".join(path.read_text() for path in (ROOT / "vision/document_errors").glob("*.py"))
    assert set(re.findall(r'"(B\d\.\d+)"', sources)) == set(MISTAKES)
    measures = {measure for mistake in MISTAKES.values() for measure in mistake.measures}
    assert {name for name in measures if f'"{name}"' not in sources} <= {"train_loss", "train_accuracy"}
    assert set(re.findall(r'"(percent|points|nats|times|epochs|curves|features|number)"', sources)) == set(FORMATS)


def test_tell_puts_rows_into_the_documents_order_with_words_and_texts(tmp_path):
    rows = [
        row("B3.10", "best_point_lead", "points", *WAYS, sample="3 seeds"),
        row("B3.4", "misnamed_curves", "curves", exact(15), exact(0), exact(15), sample=""),
        row("B0.5", "train_loss", "nats", *WAYS, sample="3 seeds", at="100 images"),
        left_out("B0.6", "test_loss_per_decade", "times", "one seed alone"),
    ]
    write_table(tmp_path / "rows.csv", rows)
    told = tell(read_table(tmp_path / "rows.csv")).to_dict("records")
    assert [(found["bug"], found["document"]) for found in told] == [
        ("B0.5", "000"), ("B0.6", "000"), ("B3.4", "003"), ("B3.10", "003"),
    ]  # fmt: skip
    first, omitted, counted, lead = told
    assert first["what"] == "training loss, 100 images"
    assert first["wrong_shown"] == "0.5000 nats (0.4000 to 0.6000)"
    assert (omitted["left_out"], omitted["wrong_shown"], omitted["shows"]) == ("one seed alone", "", False)
    assert (counted["wrong_shown"], counted["right_shown"]) == ("15 curves", "0 curves")
    assert lead["change_shown"] == "+25.00 points (+10.00 to +40.00)"


@pytest.mark.parametrize(
    ("unit", "low", "high", "shows"),
    [
        ("points", 0.1, 0.4, True), ("percent", -0.4, 0.3, False), ("nats", 0, 0.4, False),
        ("times", 0.2, 0.9, True), ("times", 0.2, 1.1, False),
    ],
)  # fmt: skip
def test_change_shows_where_its_interval_leaves_out_that_there_is_none(unit, low, high, shows):
    rows = pd.DataFrame([row("B1.1", "test_loss", unit, *WAYS[:2], Measured(0.25, low, high), sample="")])
    assert tell(rows).shows.tolist() == [shows]


def test_change_of_a_share_is_in_points_and_zero_has_no_sign():
    rows = pd.DataFrame([row("B1.1", "test_accuracy", "percent", *WAYS, sample="")])
    (found,) = tell(rows).to_dict("records")
    assert found["wrong_shown"] == "50.00 % (40.00 to 60.00)"
    assert found["change_shown"] == "+25.00 points (+10.00 to +40.00)"
    assert show(-1e-9, -1e-9, -1e-9, "points") == "+0.00 points"
    assert [show(2, 2, 2, unit) for unit in ("epochs", "features", "number", "times")] == [
        "2.0 epochs", "2 features", "2.0000", "2 times",
    ]  # fmt: skip
