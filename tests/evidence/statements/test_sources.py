"""Addresses: where they lead, and that a wrong one leads nowhere."""

import pytest

from vision.evidence.statements.rule import Quantity

SCORES = {"images": 50, "accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6, "loss": 1.0}
SEEDS = {"mean": 0.2, "std": 0.1, "low": 0.1, "high": 0.3}


def test_a_number_comes_with_its_interval_and_its_sample(sources, write):
    second = {"share": 0.5, "low": 0.1, "high": 0.9, "images": 7}
    write(
        "svm",
        {
            "test": SCORES | {"errors": {"second": second}},
            "valid": SCORES,
            "train": {"share": 0.5, "low": 0.1, "high": 0.9, "images": 7},
        },
    )
    assert sources.number("svm.test.accuracy") == Quantity(0.5, 0.4, 0.6, "test images", 50)
    assert sources.number("svm.valid.accuracy").sample == "validation images"
    assert sources.number("svm.test.errors.second").sample == "mistakes"
    assert sources.number("svm.train") == Quantity(0.5, 0.1, 0.9, "training images", 7)
    assert sources.images("svm", "test") == 50


def test_a_mean_over_seeds_says_so(sources, write):
    write("subsets", {"sizes": {"images_10": {"loss": SEEDS}}})
    assert sources.number("subsets.sizes.images_10.loss") == Quantity(0.2, 0.1, 0.3, "seeds", None)


@pytest.mark.parametrize(
    "address", ["svm.nothing", "svm.test", "svm.nothing.accuracy", "svm.test.accuracy.more", "svm.seeds.more.loss"]
)
def test_a_wrong_address_leads_nowhere(address, sources, write):
    """Also not to the mean of a section above it."""
    write("svm", {"test": SCORES, "seeds": SEEDS})
    with pytest.raises(KeyError):
        sources.number(address)


def test_a_number_without_an_interval_is_none(sources, write):
    write("svm", {"test": SCORES})
    with pytest.raises(ValueError, match="no interval"):
        sources.number("svm.test.loss")
