"""README's tables are what the committed results and documents/ say."""

import re

from tests.scratch import ROOT
from vision.evidence.readme import TABLES, fill

PAGE = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_table_of_the_readme_is_up_to_date():
    assert set(re.findall(r"<!-- table: (\w+) -->", PAGE)) == set(TABLES)
    assert fill(PAGE, ROOT) == PAGE, "run `make readme`"


def test_fill_puts_an_edited_number_right():
    edited = re.sub(r"^(\| SVM \| )\d\d", r"\g<1>11", PAGE, flags=re.MULTILINE)
    assert edited != PAGE
    assert fill(edited, ROOT) == PAGE
