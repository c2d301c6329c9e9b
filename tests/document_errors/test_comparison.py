"""Document 003's mistakes with comparisons (B3.6, B3.7)."""

import numpy as np
import pytest

from vision.document_errors.comparison import compare_at_one_lambda, draw_with_replacement


def right(images, out_of=1000):
    return np.arange(out_of) < images


def test_lead_at_one_lambda_differs_from_the_lead_at_the_best():
    found = compare_at_one_lambda((right(960), right(910)), (right(980), right(920)))
    assert (found["wrong"], found["right"], found["change"]) == tuple(pytest.approx(x) for x in (0.05, 0.06, -0.01))
    assert found["change_high"] - found["change_low"] < 0.03  # of 30 images alone: those that both pairs share are out


def test_probability_of_a_repeated_image_is_that_of_the_birthday_problem():
    assert draw_with_replacement(365)["wrong"] == pytest.approx(0.1169, abs=5e-5)  # ten people
    assert draw_with_replacement(365)["right"] == 0
    assert draw_with_replacement(10)["wrong"] == pytest.approx(1, abs=1e-3)
    assert draw_with_replacement(9)["left_out"]
