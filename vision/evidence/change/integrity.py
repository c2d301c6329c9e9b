"""Whether the results are what dvc.lock records, and were made with the parameters, code and commands that are here."""

from typing import NamedTuple

from dvc.repo import Repo

from vision.evidence.change.versions import listed

REASONS = {"deleted": "missing", "new": "never made"}  # by DVC's word
UNMADE = "no stage of dvc.yaml makes it; delete it"


class Integrity(NamedTuple):
    """What `dvc status` says of what git holds.

    Attributes:
        inconsistent: results that are not as dvc.lock records, or that no stage makes, with the reason
        outdated: parameters, files and commands that changed since the results were made
        hashed, trusted: how many outputs are in git, and how many only in DVC's cache
    """

    inconsistent: dict[str, str]
    outdated: list[str]
    hashed: int
    trusted: int


def check_integrity(repo: Repo, tables: set[str]) -> Integrity:
    """Hash every output in git and every file in git that a stage reads, and compare with dvc.lock.

    Args:
        tables: those of which numbers are read; a stage must make each of them
    """
    stages = list(repo.index.stages)
    outs = {str(out): out for stage in stages for out in stage.outs}
    files = [f"{file}/" for file in listed("ls-files", "-z")]
    cached = {path for path in outs if outs[path].use_cache and not any(file.startswith(f"{path}/") for file in files)}
    inconsistent = {
        path: UNMADE for path in sorted(tables) if not any(overlaps(path, out) for out in outs.keys() - cached)
    }
    outdated = {
        str(dep): "other where it was read" for stage in stages for dep in stage.deps
        if str(dep) in outs and outs[str(dep)].hash_info != dep.hash_info
    }  # fmt: skip
    for name, changes in [item for stage in stages for item in stage.status().items()]:
        for change in changes:
            if isinstance(change, str):
                outdated[f"the command of {name}"] = change
                continue
            for path, how in change.get("changed outs", {}).items():
                inconsistent |= (
                    {} if path in cached else {path: REASONS.get(how, "not the content that dvc.lock records")}
                )
            for path, how in change.get("changed deps", {}).items():
                if isinstance(how, dict):
                    outdated |= how  # parameters
                elif not any(overlaps(path, out) for out in cached):
                    outdated[path] = how
    return Integrity(inconsistent, list(outdated), len(outs) - len(cached), len(cached))


def overlaps(path: str, other: str) -> bool:
    """Whether two paths are the same, or one is a folder that holds the other."""
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")
