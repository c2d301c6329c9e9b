"""Document 000's mistakes about more images, on losses that follow a law."""

import numpy as np
import pandas as pd
import pytest

from vision.mistakes.growth import call_it_ten_times, score_on_all_images

SIZES, SEEDS = (100, 400, 1600), (0, 1, 2)


@pytest.fixture
def table():
    """The loss of all training images falls as 1 / sqrt(images), that of the subset rises as images; less each seed."""
    runs = [(images, seed) for images in SIZES for seed in SEEDS]
    images, seeds = np.array(runs).T
    return pd.DataFrame(
        {
            "images": images, "seed": seeds, "subset_loss": images * (1 + seeds) / 1e5,
            "all_loss": np.where(images == 1600, images / 1e5, images**-0.5) * (1 + seeds),
            "subset_accuracy": 1 - seeds / 100, "all_accuracy": 0.9 - seeds / 100,
            "test_loss": images**-0.5 * (1 + seeds),
        }
    )  # fmt: skip


def test_the_scores_of_all_images_hide_what_the_network_saw(table):
    *sizes, factor = score_on_all_images(table, 1600)
    assert [(found["measure"], found["at"]) for found in sizes] == [
        ("train_loss", "100 images"), ("train_loss", "400 images"),
        ("train_accuracy", "100 images"), ("train_accuracy", "400 images"),
    ]  # fmt: skip
    assert (sizes[0]["wrong"], sizes[0]["right"]) == (pytest.approx(0.2), pytest.approx(0.002))
    assert (sizes[2]["wrong"], sizes[2]["right"]) == (pytest.approx(0.89), pytest.approx(0.99))
    assert sizes[2]["change_low"] == pytest.approx(-0.1)  # the same of every seed
    # Its loss seems to fall, to 0.016 of 0.1, and rises, to 0.016 of 0.001.
    assert (factor["wrong"], factor["right"], factor["change"]) == tuple(pytest.approx(x) for x in (0.16, 16, 0.01))


def test_a_sixteenth_is_not_a_tenth(table):
    found = call_it_ten_times(table)
    assert (found["wrong"], found["right"]) == (pytest.approx(16**-0.5), pytest.approx(10**-0.5))
    assert found["change"] == pytest.approx(1.6**-0.5)


def test_the_law_is_fitted_to_all_sizes_and_not_to_the_ends(table):
    table.loc[table.images == 400, "test_loss"] *= 0.5
    found = call_it_ten_times(table)
    assert found["wrong"] == pytest.approx(16**-0.5)  # which knows the ends alone
    assert found["right"] == pytest.approx(10**-0.5)  # in the middle, it moves no slope
    table.loc[table.images == 1600, "test_loss"] *= 0.5
    slope = np.polyfit(np.log10([100, 400, 1600]), np.log10([0.1, 0.025, 0.0125]), 1)[0]
    assert call_it_ten_times(table)["right"] == pytest.approx(10**slope)


def test_what_cannot_be_measured_is_left_out_with_its_reason(table):
    alone = table[table.seed == 0]
    reasons = [found["left_out"] for found in score_on_all_images(alone, 1600)]
    assert reasons == ["needs two seeds that did not diverge"] * 4 + [
        "needs two seeds with runs of 2 sizes, and losses above 0"
    ]
    assert "3 sizes" in call_it_ten_times(alone)["left_out"]
    assert call_it_ten_times(table[table.images != 400])["left_out"]
    assert score_on_all_images(table.assign(subset_loss=0.0), 1600)[-1]["left_out"]
    assert call_it_ten_times(table.assign(test_loss=0.0))["left_out"]


def test_a_size_of_which_one_run_is_left_says_nothing(table):
    left = table[(table.images != 400) | (table.seed == 0)]
    omitted = {found["at"]: bool(found["left_out"]) for found in score_on_all_images(left, 1600)}
    assert omitted == {"100 images": False, "400 images": True, "": False}


def test_without_any_run_everything_is_left_out(table):
    none = table[:0]
    assert [bool(found["left_out"]) for found in (*score_on_all_images(none, 1600), call_it_ten_times(none))] == [1, 1]
