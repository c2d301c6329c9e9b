"""What is said of each output of a rebuild: a word, and why."""

from pathlib import Path
from typing import NamedTuple

from vision.evidence.rebuild.differences import Difference, compare
from vision.evidence.rebuild.records import at_hand, checksum, overlap
from vision.evidence.recorded import Entry

IDENTICAL, TOLERANCE, UNJUDGED = "identical", "within tolerance", "not judged"
DIFFERENT, UNCOMPARED = "different", "not compared"
Records = dict[str, Entry]


class Finding(NamedTuple):
    """What is said of one output: a word, why, and how it differs where that is known."""

    word: str
    why: str = ""
    difference: Difference | None = None


def judge_all(
    outputs: dict[str, list[str]], record: Records, rebuilt: Records, errors: dict[str, str], root: Path, scratch: Path
) -> dict[str, Finding]:
    """What is said of each output, by its path.

    Args:
        outputs: of each stage that was to run
        record: the committed dvc.lock
        rebuilt: that of the rebuild, which lacks the stages that failed
        errors: what these said
        root: the repository, where committed files of DVC's cache may lie
        scratch: the folder of the rebuild
    """
    found = {}
    for stage, paths in outputs.items():
        for path in paths:
            if stage in rebuilt:
                recorded = record[stage].outs.get(path) if stage in record else None
                found[path] = judge(path, recorded, root, scratch)
            else:
                why = f"failed: {errors[stage]}" if stage in errors else "did not run"
                found[path] = Finding(UNCOMPARED, f"{stage} {why}")
    why = "what it is made from, what stands beside it and what is made from it are identical"
    found |= {path: found[path]._replace(word=DIFFERENT, why=why) for path in _alone(found, rebuilt)}
    judging = [one.difference for one in found.values() if one.word == TOLERANCE]
    if not any(difference.n_judged or not difference.beyond for difference in judging):
        for path, one in found.items():
            if one.word == UNJUDGED:
                found[path] = one._replace(word=UNCOMPARED, why=f"{one.why}; nothing that was rebuilt judges it")
    return found


def judge(path: str, recorded: str | None, root: Path, scratch: Path) -> Finding:
    """Compare one output with what is committed of it: the file in git, or a file of the recorded checksum."""
    old, new = scratch / "committed" / path, scratch / "rebuilt" / path
    tracked = old.is_file()
    if not tracked and not recorded:
        return Finding(UNCOMPARED, "nothing of it is committed")
    if checksum(new) == (checksum(old) if tracked else recorded):
        return Finding(IDENTICAL)
    if not tracked and not (old := at_hand(path, recorded, root)):
        return Finding(UNJUDGED, "its committed bytes are not here")
    difference = compare(path, old, new)
    if difference.outside:
        return Finding(DIFFERENT, difference.outside, difference)
    if difference.unjudged and not difference.n_judged:
        return Finding(UNJUDGED, difference.first, difference)
    return Finding(TOLERANCE, difference.first or "the same numbers in other bytes", difference)


def _alone(found: dict[str, Finding], rebuilt: Records) -> set[str]:
    """The outputs that differ by more than rounding where nothing else that hangs together with them differs.

    Rounding shows in all that a stage writes and in what is made from it. A number that was edited, or a checksum, does
    not.
    """
    writer = {path: name for name, entry in rebuilt.items() for path in entry.outs}
    before = {
        name: {writer[path] for path in writer for dep in entry.deps if overlap(dep, path)}
        for name, entry in rebuilt.items()
    }
    alone = set()
    for path, one in found.items():
        loose = one.word in (TOLERANCE, UNJUDGED) and (one.difference is None or one.difference.beyond)
        if loose and path in writer:
            near = {writer[path]}
            while more := {name for name in rebuilt.keys() - near if before[name] & near}:
                near |= more
            inputs = {other for other in writer for dep in rebuilt[writer[path]].deps if overlap(dep, other)}
            others = {other for other in writer if writer[other] in near} | inputs
            if all(found[other].word in (IDENTICAL, UNCOMPARED) for other in others - {path}):
                alone.add(path)
    return alone
