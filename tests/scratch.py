"""A scratch copy of the repository that runs on scikit-learn's digits: for `make demo` and for the end-to-end test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

for name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[name]  # as a git hook sets them: git would work on the repository they name, wherever it is called

ROOT = Path(__file__).parent.parent
SMALL = ROOT / "tests" / "digits.yaml"


def make_scratch(folder: Path, overrides: dict | None = None) -> None:
    """Copy what git would commit from here into `folder`, made anew, with the parameters of tests/digits.yaml.

    Args:
        folder: is deleted first
        overrides: further parameters, over those
    """
    shutil.rmtree(folder, ignore_errors=True)
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    results = ("metrics/", "plots/", "dvc.lock")
    for name in filter(lambda name: name and (ROOT / name).is_file() and not name.startswith(results), names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    for changes in (yaml.safe_load(SMALL.read_text()), overrides or {}):
        merge(params, changes)
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    # A repository of its own: DVC would otherwise find the one around it.
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "scratch"]):
        identity = ["-c", "user.name=scratch", "-c", "user.email=scratch@example.org"]
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)


def merge(params: dict, changes: dict) -> None:
    """Put the values of a nested dict over those of another, in place; None takes a section away."""
    for key, value in changes.items():
        if value is None and isinstance(params[key], dict):
            del params[key]
        elif isinstance(value, dict) and key in params:
            merge(params[key], value)
        else:
            params[key] = value


if __name__ == "__main__":
    make_scratch(Path(sys.argv[1]))
