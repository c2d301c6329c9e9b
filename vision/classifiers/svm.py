"""A support vector machine (row H18)."""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
from sklearn.svm import SVC


class SupportVectors:
    """One against one, radial kernel (Cortes and Vapnik, 1995)."""

    log_probabilities = False

    def __init__(self, *, penalty: float, seed: int, threads: int):
        """Take scikit-learn's C."""
        self.model = SVC(C=penalty, cache_size=1000, decision_function_shape="ovo")
        self.threads = threads

    def fit(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        """Find the support vectors."""
        self.model.fit(inputs, labels)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """What each class loses by, summed over its pairs: a class that wins against all others has 0.

        A count of the pairs won says next to nothing of how sure the machine is: most images give the same counts.
        """
        parts = np.array_split(inputs, min(self.threads, len(inputs)))
        with ThreadPoolExecutor(self.threads) as pool:  # each row by itself: the parts change no bit
            margins = np.concatenate(list(pool.map(self.model.decision_function, parts)))
        margins = -margins[:, None] if margins.ndim == 1 else margins  # (N, n_pairs), positive for the pair's first
        n_classes = len(self.model.classes_)
        lost = np.zeros((len(inputs), n_classes))
        for margin, (first, second) in zip(margins.T, combinations(range(n_classes), 2), strict=True):
            lost[:, first] += np.minimum(margin, 0)
            lost[:, second] += np.minimum(-margin, 0)
        return lost

    @property
    def n_parameters(self) -> int:
        """Number of fitted parameters."""
        return sum(array.size for array in (self.model.support_vectors_, self.model.dual_coef_, self.model.intercept_))
