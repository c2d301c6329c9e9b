"""Classifiers that are fitted to pixels and not trained: class means, and scikit-learn's (rows H1, H18)."""

from itertools import combinations
from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError, validate_call
from scipy.optimize import minimize_scalar
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression as LinearClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from vision.datasets import class_means
from vision.errors import UserError
from vision.params import Float, hyper_mistake
from vision.scores import cross_entropy

Count = Annotated[int, Field(strict=True, ge=1)]
Positive = Annotated[Float, Field(gt=0)]


class MeanImage:
    """The class whose mean training image is nearest by the sum of absolute differences (row H1)."""

    @validate_call
    def __init__(self, *, seed: int, threads: int):
        """Nothing to choose."""

    def fit(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Take the mean of each class."""
        self.means = class_means(pixels, labels)

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """Negative distance to each class's mean."""
        return -np.stack([np.abs(pixels - mean).sum(1) for mean in self.means], axis=1)

    @property
    def n_numbers(self) -> int:
        """How many numbers the fitted model keeps."""
        return self.means.size


class LogisticRegression:
    """Multinomial logistic regression, fitted by L-BFGS until it has converged or `iterations` are over."""

    @validate_call
    def __init__(self, *, inverse_penalty: Positive, iterations: Count, seed: int, threads: int):
        """Take scikit-learn's C, inverse to the squared penalty, and the most iterations of L-BFGS."""
        self.model = LinearClassifier(C=inverse_penalty, max_iter=iterations)

    def fit(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Fit all classes at once."""
        self.model.fit(pixels, labels)

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """Log probabilities but for a constant of each image."""
        scores = self.model.decision_function(pixels)
        return np.stack([np.zeros_like(scores), scores], axis=1) if scores.ndim == 1 else scores

    @property
    def n_numbers(self) -> int:
        """How many numbers the fitted model keeps."""
        return self.model.coef_.size + self.model.intercept_.size


class RandomForest:
    """Trees on bootstrap samples, a random subset of pixels at each split (Breiman, 2001)."""

    @validate_call
    def __init__(self, *, trees: Count, seed: int, threads: int):
        """Take the number of trees."""
        self.model = RandomForestClassifier(trees, random_state=seed, n_jobs=threads)

    def fit(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Grow every tree to the end."""
        self.model.fit(pixels, labels)

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """Log of the trees' mean share, one further tree's vote shared by all classes."""
        return succession(self.model.predict_proba(pixels), len(self.model.estimators_))

    @property
    def n_numbers(self) -> int:
        """How many numbers the fitted model keeps: a pixel and a threshold at each split, a class at each leaf."""
        splits = sum(int((tree.tree_.feature >= 0).sum()) for tree in self.model.estimators_)
        return 3 * splits + len(self.model.estimators_)


class NearestNeighbours:
    """The nearest training images vote, each with the inverse of its Euclidean distance."""

    @validate_call
    def __init__(self, *, neighbours: Count, seed: int, threads: int):
        """Take the number of neighbours."""
        self.model = KNeighborsClassifier(neighbours, weights="distance", algorithm="brute", n_jobs=threads)

    def fit(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Keep the training images.

        Raises:
            UserError: there are fewer of them than neighbours
        """
        if self.model.n_neighbors > len(pixels):
            raise UserError(f"neighbours is {self.model.n_neighbors}: must be at most {len(pixels)}, the images")
        self.model.fit(pixels, labels)

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """Log of the neighbours' share, one further neighbour's vote shared by all classes."""
        return succession(self.model.predict_proba(pixels), self.model.n_neighbors)

    @property
    def n_numbers(self) -> int:
        """How many numbers the fitted model keeps."""
        return self.model.n_samples_fit_ * self.model.n_features_in_


class SupportVectors:
    """One against one, radial kernel (Cortes and Vapnik, 1995), on the leading principal components of the pixels."""

    @validate_call
    def __init__(self, *, penalty: Positive, pca_components: Count, seed: int, threads: int):
        """Take scikit-learn's C and the number of components, which make the kernel many times cheaper."""
        self.penalty, self.pca_components = penalty, pca_components

    def fit(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Find the components, then the support vectors."""
        components = PCA(min(self.pca_components, *pixels.shape), svd_solver="covariance_eigh")
        machine = SVC(C=self.penalty, cache_size=1000, decision_function_shape="ovo")
        self.model = make_pipeline(components, machine)
        self.model.fit(pixels, labels)

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """What each class loses by, summed over its pairs: a class that wins against all others has 0.

        A count of the pairs won says next to nothing of how sure the machine is: most images give the same counts.
        """
        margins = self.model.decision_function(pixels)
        margins = -margins[:, None] if margins.ndim == 1 else margins  # (N, n_pairs), positive for the pair's first
        n_classes = len(self.model.classes_)
        lost = np.zeros((len(pixels), n_classes))
        for margin, (first, second) in zip(margins.T, combinations(range(n_classes), 2), strict=True):
            lost[:, first] += np.minimum(margin, 0)
            lost[:, second] += np.minimum(-margin, 0)
        return lost

    @property
    def n_numbers(self) -> int:
        """How many numbers the fitted model keeps."""
        components, machine = (step for _, step in self.model.steps)
        return components.components_.size + sum(
            array.size for array in (components.mean_, machine.support_vectors_, machine.dual_coef_, machine.intercept_)
        )


ESTIMATORS = {
    "mean_image": MeanImage,
    "logistic_regression": LogisticRegression,
    "random_forest": RandomForest,
    "knn": NearestNeighbours,
    "svm": SupportVectors,
}


def make(name: str, hyper: dict[str, Any], *, seed: int, threads: int) -> Any:
    """Make an estimator: `fit(pixels, labels)` then `logits(pixels)`, pixels float32 (N, D) in [0, 1].

    Raises:
        UserError: no estimator has this name, or it has no such hyper-parameter or takes no such value
    """
    if name not in ESTIMATORS:
        raise UserError(f"unknown estimator {name!r}; allowed: {', '.join(ESTIMATORS)}")
    if taken := {"seed", "threads"} & set(hyper):
        raise UserError(f"estimator {name}: {min(taken)} is {hyper[min(taken)]!r}: stands at the top level alone")
    try:
        return ESTIMATORS[name](**hyper, seed=seed, threads=threads)
    except ValidationError as error:
        raise UserError(f"estimator {name}: {hyper_mistake(error)}") from None
    except TypeError as error:  # of a class that does not check its arguments itself
        raise UserError(f"estimator {name}: {error}") from error


def succession(shares: np.ndarray, voters: int) -> np.ndarray:
    """Log of shares (N, n_classes) with one more vote spread over all classes, so that no loss is infinite."""
    return np.log((voters * shares + 1 / shares.shape[1]) / (voters + 1))


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The divisor of scores (N, n_classes) that minimises their mean cross-entropy (Guo et al., 2017)."""

    def loss(logarithm: float) -> float:
        return float(cross_entropy(logits / np.exp(logarithm), labels).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5, 10), method="bounded").x))
