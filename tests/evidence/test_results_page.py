"""The tables of docs/results.md are what the committed results and documents/ say."""

import re

import pytest

from tests.scratch import ROOT
from vision.evidence.results_page import TABLES, fill

PAGE = (ROOT / "docs/results.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not (ROOT / "plots/from_scratch/evaluation").is_dir(), reason="the results in git are of old code")
def test_tables_are_up_to_date_and_an_edited_number_is_put_right():
    assert set(re.findall(r"<!-- table: (\w+) -->", PAGE)) == set(TABLES)
    assert fill(PAGE, ROOT) == PAGE, "run `make results`"
    edited = re.sub(r"^(\| SVM \| )\d\d", r"\g<1>11", PAGE, flags=re.MULTILINE)
    assert edited != PAGE
    assert fill(edited, ROOT) == PAGE
