"""Linear discriminant analysis."""

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from vision.classifiers.probabilities import LinearEstimator


class LinearDiscriminant(LinearEstimator):
    """One normal distribution per class with a common covariance (Fisher, 1936), shrunk by Ledoit and Wolf (2004)."""

    def __init__(self, *, seed: int, threads: int):
        self.model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
