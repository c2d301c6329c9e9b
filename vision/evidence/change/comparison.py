"""Two versions put against each other once: what both the report and the gate speak of."""

from dataclasses import dataclass

from vision.evidence.change.judgement import BETTER, UNDECIDED, WORSE, Judged, judge, read_margins
from vision.evidence.change.locks import Lock, read_lock
from vision.evidence.change.markdown import text
from vision.evidence.change.pairing import Pair, model_name, pairs
from vision.evidence.change.staleness import outdated_files, outdated_parameters
from vision.evidence.change.versions import Version, missing_commits, revision, working_tree

MOST_OF_A_NAME = 60  # characters of a branch; it heads every table


@dataclass(frozen=True)
class Comparison:
    """The base, what is here, and what was found between them.

    Attributes:
        locks: dvc.lock of both
        models: those that are new, gone or predict otherwise
        metrics: every metric that differs, judged
        stale: parameters and files that changed since the results here were made
        missing: how many commits the base has that are not here
    """

    base: Version
    here: Version
    locks: tuple[Lock, Lock]
    models: list[Pair]
    metrics: list[Judged]
    stale: list[str]
    missing: int

    @property
    def title(self) -> str:
        """The name of the base as markdown."""
        return text(self.base.name, MOST_OF_A_NAME)

    def judged(self, word: str) -> list[str]:
        """The metrics with this word, as `model metric`."""
        found = [metric for metric in self.metrics if metric.word == word and metric.file in self.here.blobs]
        return [f"{model_name(metric.file)} {metric.name}" for metric in found]

    @property
    def gone(self) -> list[str]:
        """Models and studies whose metrics are gone."""
        files = sorted(name for name in self.base.blobs.keys() - self.here.blobs.keys() if name.startswith("metrics/"))
        return [model_name(name) for name in files]

    def words(self, pair: Pair) -> dict[str, str]:
        """The word for each judged metric of the test images of a model."""
        own = [metric for metric in self.metrics if metric.file == pair.file and metric.name.startswith("test.")]
        return {metric.name.removeprefix("test."): metric.word for metric in own if metric.word}


def compare(name: str) -> Comparison:
    """Compare the working tree with a revision.

    Raises:
        UserError: there is no such revision, or one of the two holds a file that cannot be read
    """
    base, here = revision(name), working_tree()
    locks = read_lock(base), read_lock(here)
    margins, models = read_margins(here), pairs(base, here, locks)
    paired = {pair.file: pair.interval for pair in models if pair.old and pair.new and not pair.unpaired}
    metrics = judge(base, here, margins, paired, {pair.file for pair in models if pair.apart})
    stale = [*outdated_parameters(here, locks[1]), *outdated_files(locks[1])]
    found = Comparison(base, here, locks, models, metrics, stale, missing_commits(name))
    # What is surely worse comes first, then what is surely better.
    order = [WORSE, BETTER, UNDECIDED]
    models.sort(
        key=lambda pair: min((order.index(word) for word in found.words(pair).values() if word in order), default=3)
    )
    return found
