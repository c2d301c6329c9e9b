"""Every quotation stands in its document: in the excerpts here and, where the documents are beside it, in them."""

import re

import pytest
import yaml

from tests.scratch import ROOT
from vision.evidence.claims.claim import read_claims
from vision.evidence.documents import DOCUMENTS, read_document

SEEDS = ROOT.parent / "shared/seeds"
EXCERPTS = yaml.safe_load((ROOT / "tests/evidence/claims/excerpts.yaml").read_text())
MARKUP = re.compile(r'[*$\\"\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}]')


def normalised(text):
    """Words without markup, double quotes and capitals, separated by single spaces."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)  # links
    return " ".join(MARKUP.sub("", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower().split())


def missing(name, text):
    """The ids of the claims of a document whose quotations are not in a text."""
    claims = read_claims(read_document(ROOT / f"documents/{name}.yaml"), name)
    return [one.id for one in claims if normalised(one.quote) not in normalised(text)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_quotations_stand_in_the_excerpts_and_these_in_the_document(name):
    assert missing(name, "\n\n".join(EXCERPTS[name])) == []
    if not SEEDS.is_dir():
        pytest.skip("the documents are not at hand")
    (text,) = (path.read_text() for path in SEEDS.glob(f"{name}_*.txt"))
    assert [excerpt for excerpt in EXCERPTS[name] if normalised(excerpt) not in normalised(text)] == []


def test_wrong_quotation_is_found():
    assert missing("000", "Test accuracy: 0.993200") != []
