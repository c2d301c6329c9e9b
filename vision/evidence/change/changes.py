"""What differs between two versions beside the metrics: parameters, statements, files, and what training took."""

from typing import Any, NamedTuple

from vision.evidence.change.judgement import MARGINS
from vision.evidence.change.locks import IN_GIT, LOCK, Lock
from vision.evidence.change.versions import Version, value_at

ABSENT = object()  # a parameter may be null


class Change(NamedTuple):
    """Something by name, before and after; ABSENT where it is not."""

    name: str
    old: Any
    new: Any


def parameter_changes(base: Version, here: Version) -> list[Change]:
    """Parameters that differ, by dotted name, a section that is new or gone as one; then margins, which judge."""
    return [
        Change(change.name if file == "params.yaml" else f"{file}: {change.name}", change.old, change.new)
        for file in ("params.yaml", MARGINS)
        for change in _renamed(_differences(base.yaml(file), here.yaml(file)))
    ]


def _differences(old: dict, new: dict, section: str = "") -> list[Change]:
    found = []
    for key in [*old, *(key for key in new if key not in old)]:
        before, after = old.get(key, ABSENT), new.get(key, ABSENT)
        if isinstance(before, dict) and isinstance(after, dict):
            found += _differences(before, after, f"{section}{key}.")
        elif before is ABSENT or after is ABSENT or not _same(before, after):
            found.append(Change(f"{section}{key}", before, after))
    return found


def _same(first: Any, second: Any) -> bool:
    """Whether two parameters are equal and of one kind: true is not 1."""
    return first == second and isinstance(first, bool) == isinstance(second, bool)


def _renamed(changes: list[Change]) -> list[Change]:
    """The same with one row for what is gone under one name and new under another; only where there is one of each."""
    gone, new = ([change for change in changes if change[place] is ABSENT] for place in (2, 1))
    twins = {
        before.name: after
        for before in gone
        for after in new
        if _same(before.old, after.new)
        and sum(_same(change.old, before.old) for change in gone) == 1
        and sum(_same(change.new, after.new) for change in new) == 1
    }
    taken = {after.name for after in twins.values()}
    return [
        Change(f"{change.name}, now {twins[change.name].name}", change.old, change.old)
        if change.name in twins
        else change
        for change in changes
        if change.name not in taken
    ]


def statement_changes(base: Version, here: Version) -> list[Change]:
    """Statements whose verdict differs, by document, row and text."""
    old, new = _verdicts(base), _verdicts(here)
    return [
        Change(": ".join(key), old.get(key, ABSENT), new.get(key, ABSENT))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _verdicts(version: Version) -> dict[tuple[str, str, str], str]:
    found = {}
    for path in sorted(version.blobs):
        if path.startswith("plots/statements/") and path.endswith(".csv"):
            document = path.removeprefix("plots/statements/").removesuffix(".csv")
            try:
                rows = {(document, row["row"], row["statement"]): row["verdict"] for row in version.table(path)}
            except KeyError as error:
                raise version.damaged(path, f"no column {error}") from None
            found |= rows
    return found


def file_changes(base: Version, here: Version, locks: tuple[Lock, Lock]) -> dict[str, str]:
    """Each result that is new, gone or changed, in git or by dvc.lock: the word, by path."""
    words = {}
    old, new = (_results(version, lock) for version, lock in zip((base, here), locks, strict=True))
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path):
            words[path] = "new" if path not in old else "gone" if path not in new else "changed"
    return words


def _results(version: Version, lock: Lock) -> dict[str, str]:
    """A hash of each result: git's of what git holds, whatever dvc.lock says of it, and dvc.lock's of the rest."""
    held = {path: blob for path, blob in version.blobs.items() if path.startswith(IN_GIT)}
    return held | {path: md5 for path, md5 in lock.outputs.items() if not path.startswith(IN_GIT)}


def kept_outputs(locks: tuple[Lock, Lock]) -> tuple[int, int, int, int]:
    """By dvc.lock: how many outputs kept their bits, of how many in both versions; how many are new; how many gone."""
    old, new = (lock.outputs for lock in locks)
    both = old.keys() & new.keys()
    return sum(old[path] == new[path] for path in both), len(both), len(new) - len(both), len(old) - len(both)


def cost(version: Version, model: str) -> tuple[int | None, int | None, int | None]:
    """What a model takes: parameters, runs of its training or search, and their updates; None where not recorded."""
    parameters = version.metrics(f"metrics/{model}.json").get("parameters")
    rows = version.table(f"plots/models/{model}/runs.csv") or []
    updates = [int(row["updates"]) for row in rows if row.get("updates", "").isdigit()]
    known = len(updates) if updates and len(updates) == len(rows) else None
    return parameters if isinstance(parameters, int) else None, known, sum(updates) if known else None


def seed_spread(version: Version, model: str) -> float | None:
    """Standard deviation over seeds of a model's test accuracy on all its training images, if a study measured it."""
    images = value_at(version.metrics(f"metrics/{model}.json"), "train", "images")
    study = version.metrics(f"metrics/{model}_subsets.json")
    spread = value_at(study, "sizes", f"images_{images}", "test_accuracy", "std")
    return spread if isinstance(spread, float) else None


def nothing_changed(base: Version, here: Version, locks: tuple[Lock, Lock]) -> bool:
    """Whether parameters, margins, and every result in git or in dvc.lock are the same."""
    same_locks = base.blobs.get(LOCK) == here.blobs.get(LOCK) or locks[0].outputs == locks[1].outputs
    return same_locks and not parameter_changes(base, here) and not file_changes(base, here, locks)
