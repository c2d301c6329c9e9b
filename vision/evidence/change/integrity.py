"""Whether the results are what dvc.lock records, and were made with the parameters, code and commands that are here."""

from pathlib import Path
from typing import NamedTuple

from dvc.repo import Repo

from vision.evidence.change.versions import listed, tables

REASONS = {"deleted": "missing", "new": "never made"}  # by DVC's word
CHANGED, UNMADE = "not the content that dvc.lock records", "no stage of dvc.yaml makes it; delete it"


class Integrity(NamedTuple):
    """What `dvc status` says of what git holds."""

    inconsistent: dict[str, str]  # results that are not as dvc.lock records, or that no stage makes, with the reason
    outdated: list[str]  # parameters, files and commands that changed since the results were made
    hashed: int  # outputs in git
    trusted: int  # outputs in DVC's cache alone


def check_integrity(repo: Repo) -> Integrity:
    """Hash every output in git and every file in git that a stage reads, and compare with dvc.lock."""
    stages = list(repo.index.stages)
    outs = {str(out): out for stage in stages for out in stage.outs}
    files = [f"{file}/" for file in listed("ls-files")]
    cached = {path for path in outs if outs[path].use_cache and not any(file.startswith(f"{path}/") for file in files)}
    made, read = outs.keys() - cached, tables(Path(), "plots/**/*.csv")
    inconsistent = {path: UNMADE for path in sorted(read) if not any(overlaps(path, out) for out in made)}
    outdated = [
        str(dep) for stage in stages for dep in stage.deps
        if str(dep) in outs and outs[str(dep)].hash_info != dep.hash_info
    ]  # fmt: skip
    for name, changes in [item for stage in stages for item in stage.status().items()]:
        for change in changes:
            if isinstance(change, str):
                outdated.append(f"the command of {name}")
                continue
            outs_here = {path: how for path, how in change.get("changed outs", {}).items() if path not in cached}
            inconsistent |= {path: REASONS.get(how, CHANGED) for path, how in outs_here.items()}
            for path, how in change.get("changed deps", {}).items():
                if isinstance(how, dict):
                    outdated += how  # parameters
                elif path != "params.yaml" and not any(overlaps(path, out) for out in cached):  # stages name its values
                    outdated.append(path)
    return Integrity(inconsistent, list(dict.fromkeys(outdated)), len(made), len(cached))


def overlaps(path: str, other: str) -> bool:
    """Whether two paths are the same, or one is a folder that holds the other."""
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")
