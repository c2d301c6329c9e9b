"""Document 000's mistakes about more training images (B0.5, B0.6), on losses that follow a power law."""

import numpy as np
import pandas as pd
import pytest

from vision.document_errors.growth import call_it_ten_times, score_on_all_images

SIZES, SEEDS = (100, 400, 1600), (0, 1, 2)


@pytest.fixture
def table():
    """The loss of all training images falls as 1 / sqrt(images), that of the subset rises as images."""
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


def test_scores_on_all_images_hide_the_rising_loss_of_the_subset(table):
    *sizes, factor = score_on_all_images(table, 1600)
    assert [(found["measure"], found["at"]) for found in sizes] == [
        (f"train_{measure}", f"{images} images") for measure in ("loss", "accuracy") for images in (100, 400)
    ]
    assert (sizes[0]["wrong"], sizes[0]["right"]) == (pytest.approx(0.2), pytest.approx(0.002))
    assert (sizes[2]["wrong"], sizes[2]["right"]) == (pytest.approx(0.89), pytest.approx(0.99))
    assert sizes[2]["change_low"] == pytest.approx(-0.1)  # the same of every seed
    assert sizes[2]["right_high"] == 1  # no accuracy is above
    # Its loss seems to fall, to 0.016 of 0.1, and rises, to 0.016 of 0.001.
    assert (factor["wrong"], factor["right"], factor["change"]) == tuple(pytest.approx(x) for x in (0.16, 16, 0.01))


def test_factor_of_ten_is_fitted_to_all_sizes(table):
    found = call_it_ten_times(table)
    assert (found["wrong"], found["right"]) == (pytest.approx(16**-0.5), pytest.approx(10**-0.5))
    assert found["change"] == pytest.approx(1.6**-0.5)
    table.loc[table.images > 100, "test_loss"] *= 0.5
    slope = np.polyfit(np.log10([100, 400, 1600]), np.log10([0.1, 0.025, 0.0125]), 1)[0]
    assert call_it_ten_times(table)["right"] == pytest.approx(10**slope)


def test_too_few_seeds_or_sizes_and_zero_losses_are_left_out_with_the_reason(table):
    assert not any(found["left_out"] for found in score_on_all_images(table[table.seed < 2], 1600))
    alone = score_on_all_images(table[table.seed == 0], 1600)
    assert ["two seeds" in found["left_out"] for found in alone] == [True] * 5
    assert "3 sizes" in call_it_ten_times(table[table.seed == 0])["left_out"]
    assert call_it_ten_times(table[table.images != 400])["left_out"]
    assert score_on_all_images(table.assign(subset_loss=0.0), 1600)[-1]["left_out"]
    assert call_it_ten_times(table.assign(test_loss=0.0))["left_out"]
    for found in (*score_on_all_images(table[:0], 1600), call_it_ten_times(table[:0])):
        assert found["left_out"]
    one_run = table[(table.images != 400) | (table.seed == 0)]
    omitted = {found["at"]: bool(found["left_out"]) for found in score_on_all_images(one_run, 1600)}
    assert omitted == {"100 images": False, "400 images": True, "": False}
