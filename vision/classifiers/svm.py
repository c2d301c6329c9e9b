"""A support vector machine."""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
from sklearn.svm import SVC

from vision.classifiers.probabilities import Estimator


class SupportVectors(Estimator):
    """One against one, radial kernel (Cortes and Vapnik, 1995); `penalty` is scikit-learn's C."""

    log_probabilities = False

    def __init__(self, *, penalty: float, seed: int, threads: int):
        self.model = SVC(C=penalty, cache_size=1000, decision_function_shape="ovo")
        self.threads = threads

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """The sum of each class's negative margins over its pairs: 0 for a class that wins against all others."""
        parts = np.array_split(inputs, min(self.threads, len(inputs)))
        with ThreadPoolExecutor(self.threads) as pool:  # rows are independent, so the number of parts changes no bit
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
