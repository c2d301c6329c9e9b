"""The network from scratch with the interface of scikit-learn's estimators (rows F2 to F5)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

from vision.nets.numpy_mlp import ACTIVATIONS, forward, fresh_layers, learn_in_order

DTYPES = [np.float32, np.float64]  # others are taken for the second


class NumpyNetwork(ClassifierMixin, BaseEstimator):
    """A multilayer perceptron trained by plain stochastic gradient descent at a constant rate.

    Attributes:
        classes_: (n_classes,), sorted
        layers_: weights (before, after) and biases (after,) of each layer
        loss_curve_: mean training loss of each epoch, while the weights change
        diverged_: whether an epoch's loss was not finite, which ended the training
    """

    def __init__(
        self,
        hidden: Sequence[int] = (128,),
        *,
        activation: str = "relu",
        lr: float = 0.1,
        batch_size: int = 32,
        epochs: int = 100,
        random_state: Any = None,
    ):
        self.hidden = hidden
        self.activation = activation
        self.lr = lr
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> "NumpyNetwork":
        """Learn from inputs (N, D) and labels (N,) of any type that sorts.

        Raises:
            ValueError: the inputs are not finite, the labels not of classes, or the activation unknown
        """
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation is {self.activation!r}; allowed: {', '.join(ACTIVATIONS)}")
        X, y = validate_data(self, X, y, dtype=DTYPES)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        widths = [X.shape[1], *self.hidden, len(self.classes_)]
        self.layers_, self.loss_curve_, self.diverged_ = fresh_layers(widths, generator, X.dtype), [], False
        for _ in range(self.epochs):
            order = generator.permutation(len(X))
            losses, sizes, _ = learn_in_order(
                self.layers_, self.activation, X, labels, order, batch_size=self.batch_size, lr=self.lr
            )
            loss = float(np.average(losses, weights=sizes))
            if not np.isfinite(loss):
                self.diverged_ = True
                break
            self.loss_curve_.append(loss)
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Logits (N, n_classes); of two classes their difference (N,)."""
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """The probability of each class, (N, n_classes)."""
        logits = self._logits(X)
        exponentials = np.exp(logits - logits.max(1, keepdims=True))
        return exponentials / exponentials.sum(1, keepdims=True)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The most probable class, (N,)."""
        places = self._logits(X).argmax(1)
        return self.classes_[places]

    def _logits(self, X: np.ndarray) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=DTYPES, reset=False)
        return forward(self.layers_, self.activation, X)[-1]
