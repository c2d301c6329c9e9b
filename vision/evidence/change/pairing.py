"""What became of each model: the two versions of it, paired on the same test images where that can be done."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vision.evidence.change.locks import Lock
from vision.evidence.change.versions import Version
from vision.evidence.recorded import Interval
from vision.scores.intervals import wilson_interval
from vision.scores.paired import difference_interval, exact_mcnemar, paired_interval

OTHER_IMAGES = "not the same test images"


class Mistake(NamedTuple):
    """A test image that a model gets wrong: its index, its class, the class predicted and that one's probability."""

    image: int
    label: int
    predicted: int
    probability: float


@dataclass(frozen=True)
class Pair:
    """A model before and after; None where there is no such model.

    Attributes:
        file: its metrics
        old, new: the section `test` of its metrics
        newly_right: images that were wrong
        newly_wrong: images that were right, the most confident mistake first
        unpaired: why the images cannot be paired; empty where they are
        apart: whether the two accuracies cannot be compared at all: of other images, or by a table that is lost
    """

    file: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    newly_right: list[int] = field(default_factory=list)
    newly_wrong: list[Mistake] = field(default_factory=list)
    unpaired: str = ""
    apart: bool = False

    @property
    def name(self) -> str:
        """The model's name."""
        return model_name(self.file)

    @property
    def interval(self) -> Interval:
        """95 % interval of the difference in accuracy: paired, or, wider, of two samples that are independent."""
        if not self.unpaired:
            return paired_interval(len(self.newly_right), len(self.newly_wrong), self.new["images"])
        old, new = self.old, self.new
        intervals = [wilson_interval(scores["correct"], scores["images"]) for scores in (old, new)]
        return difference_interval(_accuracy(old), intervals[0], _accuracy(new), intervals[1])

    @property
    def difference(self) -> float:
        """The change of accuracy."""
        return _accuracy(self.new) - _accuracy(self.old)

    @property
    def p_value(self) -> float:
        """McNemar's exact test that the two are wrong equally often."""
        return exact_mcnemar(len(self.newly_right), len(self.newly_wrong))


def model_name(file: str) -> str:
    """metrics/svm.json is of the model svm."""
    return file.removeprefix("metrics/").removesuffix(".json")


def pairs(base: Version, here: Version, locks: tuple[Lock, Lock]) -> list[Pair]:
    """All models that are new or gone, or whose predictions of test images differ, by name.

    Where a version has no table of errors, other predictions are known by other scores.
    """
    found = []
    for file in sorted(name for name in base.blobs.keys() | here.blobs.keys() if name.startswith("metrics/")):
        table = f"plots/models/{model_name(file)}/errors.csv"
        if all(base.blobs.get(path) == here.blobs.get(path) for path in (file, table)):
            continue
        old, new = (_test_scores(version, file) for version in (base, here))
        if old is None and new is None:
            continue
        if old is None or new is None:
            found.append(Pair(file, old, new))
        elif _scores(old) != _scores(new) or (table in base.blobs and base.blobs[table] != here.blobs.get(table)):
            found.append(_pair(file, table, (base, here), (old, new), locks))
    return found


def _pair(
    file: str, table: str, versions: tuple[Version, Version], scores: tuple[dict, dict], locks: tuple[Lock, Lock]
) -> Pair:
    mistakes = [_mistakes(version, table) for version in versions]
    old, new = mistakes
    if why := _why_not(versions, scores, mistakes, [lock.test_images(model_name(file)) for lock in locks]):
        lost = old is not None and (new is None or not _suits(new, scores[1]))
        return Pair(file, *scores, unpaired=why, apart=lost or why == OTHER_IMAGES)
    newly_wrong = sorted((new[image] for image in new.keys() - old.keys()), key=lambda row: (-row.probability, row))
    return Pair(file, *scores, sorted(old.keys() - new.keys()), newly_wrong)


def _why_not(versions: tuple, scores: tuple, mistakes: list[dict | None], images: list[str | None]) -> str:
    """Why the versions of a model cannot be compared image by image; empty where they can."""
    for version, found, score in zip(versions, mistakes, scores, strict=True):
        if found is None:
            return f"{version.name} has no errors.csv"
        if not _suits(found, score):
            return f"errors.csv of {version.name} does not suit its metrics"
    if None in images:
        return "dvc.lock does not say which test images"
    old, new = mistakes
    same_labels = all(old[image].label == new[image].label for image in old.keys() & new.keys())
    same = images[0] == images[1] and scores[0]["images"] == scores[1]["images"] and same_labels
    return "" if same else OTHER_IMAGES


def _scores(test: dict[str, Any]) -> list[Any]:
    """What other predictions change, however a version describes them further."""
    return [test.get(name) for name in ("images", "correct", "loss")]


def _suits(mistakes: dict[int, Mistake], score: dict[str, Any]) -> bool:
    return len(mistakes) == score["images"] - score["correct"]


def _test_scores(version: Version, file: str) -> dict[str, Any] | None:
    """The section `test` of a model's metrics; None if the file is of no model."""
    scores = version.metrics(file).get("test")
    if not isinstance(scores, dict):
        return None
    counts = [scores.get(name) for name in ("correct", "images")]
    if not all(isinstance(count, int) for count in counts):
        return None
    if not 0 <= counts[0] <= counts[1] or not counts[1]:
        raise version.damaged(file, f"{counts[0]} of {counts[1]} test images are right")
    return scores


def _mistakes(version: Version, table: str) -> dict[int, Mistake] | None:
    rows = version.table(table)
    if rows is None:
        return None
    try:
        found = [
            Mistake(int(row["image"]), int(row["label"]), int(row["predicted"]), float(row["probability"]))
            for row in rows
        ]
    except (KeyError, ValueError) as error:
        raise version.damaged(table, f"not a table of images: {error}") from None
    return {mistake.image: mistake for mistake in found}


def _accuracy(scores: dict[str, Any]) -> float:
    return scores["correct"] / scores["images"]
