"""Delete from dvc.lock the entries of stages that dvc.yaml has no longer, or runs with another command.

`python -m tests.conversion.prune` changes no entry. To be deleted after the next complete run.
"""

from pathlib import Path

import yaml
from dvc.repo import Repo


def prune(lock: dict, commands: dict[str, str]) -> dict:
    """The lock with those entries alone whose stage still runs the same command."""
    stages = {name: entry for name, entry in lock["stages"].items() if commands.get(name) == entry["cmd"]}
    return {**lock, "stages": stages}


if __name__ == "__main__":
    path = Path("dvc.lock")
    with Repo() as repo:
        commands = {stage.addressing: stage.cmd for stage in repo.index.stages}
    path.write_text(yaml.safe_dump(prune(yaml.safe_load(path.read_text()), commands), sort_keys=False))
