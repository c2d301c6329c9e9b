"""Mistakes with what is compared: a model at a lambda that does not suit it, images of another part, copies."""

import math

import numpy as np

from vision.document_errors.rows import Row, exact, left_out, mean, row, share_change

SHOWN = 10  # images of a figure of document 003


def compare_at_one_lambda(at_one: tuple[np.ndarray, np.ndarray], at_best: tuple[np.ndarray, np.ndarray]) -> Row:
    """The tanh network is set beside softmax regression at the lambda of both, which is the best of neither (bug B3.6).

    Args:
        at_one, at_best: bool (N,) each, which test images the network and the regression name rightly, at the
            document's lambda and at the values that validation chose for either
    """
    ways = [share_change(*pair) for pair in (at_one, at_best)]
    gains = [network.astype(float) - regression for network, regression in (at_one, at_best)]
    sample = f"{len(gains[0]):,} test images"
    return row("B3.6", "network_lead", "points", *ways, mean(gains[0] - gains[1]), sample=sample)


def draw_with_replacement(misclassified: int) -> Row:
    """The images of a figure are drawn with replacement, so that one may stand there twice (bug B3.7).

    Args:
        misclassified: how many images the figure draws from
    """
    if misclassified < SHOWN:
        return left_out("B3.7", "repeated_image", "percent", f"fewer than {SHOWN} images are misclassified")
    twice = exact(1 - math.prod(1 - place / misclassified for place in range(SHOWN)))
    sample = f"no sample: {SHOWN} of {misclassified:,} misclassified test images"
    return row("B3.7", "repeated_image", "percent", twice, exact(0), twice, sample=sample)
