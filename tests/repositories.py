"""Commands in a scratch repository with DVC and git: for the tests of the whole pipeline."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.running import end, files, start
from tests.scratch import ROOT

_PARAMETERS = yaml.safe_load((ROOT / "tests/tiny.yaml").read_text())
TINY, COMPLETE, MINIATURE = (_PARAMETERS[name] for name in ("tiny", "complete", "miniature"))
MADE = ("data", "models", "metrics", "plots", "dvc.lock")


def start_dvc(folder: Path, *words: str, **options: object) -> subprocess.Popen:
    """Start dvc, which starts stages in the shell that the environment names."""
    return start([sys.executable, "-m", "dvc", *words], folder, **options)


def dvc(folder: Path, *words: str) -> str:
    """Run dvc to its end and return its output."""
    status, out, errors = end(start_dvc(folder, *words), seconds=3000)
    assert status == 0, out + errors
    return out


def git(folder: Path, *words: str) -> str:
    """Run git and return its output."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def ran(output: str) -> list[str]:
    """The stages that ran, by what dvc printed."""
    return re.findall(r"^Running stage '(.*)':$", output, re.MULTILINE)


def sums(folder: Path) -> dict[str, str]:
    """Checksums of all files that the pipeline makes."""
    made = sorted(name for name in files(folder) if name.split("/")[0] in MADE and not name.endswith(".gitignore"))
    return {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in made}
