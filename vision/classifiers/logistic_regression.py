"""Logistic regression."""

from sklearn import linear_model

from vision.classifiers.probabilities import LinearEstimator


class LogisticRegression(LinearEstimator):
    """Multinomial logistic regression by L-BFGS; `inverse_penalty` is scikit-learn's C."""

    def __init__(self, *, inverse_penalty: float, iterations: int, seed: int, threads: int):
        self.model = linear_model.LogisticRegression(C=inverse_penalty, max_iter=iterations)
