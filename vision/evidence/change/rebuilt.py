"""Run the cheap stages of a change again, and one more, in a clone of the commit: are the outputs those of dvc.lock?

`python -m vision.evidence.change.rebuilt main` takes the stages whose outputs differ from main, of those that need no
cache: their inputs are in git, or come from other cheap stages. The report and the gate read .rebuilt.json.
"""

import json
import secrets
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dvc.repo import Repo
from dvc.stage import Stage

from vision.evidence.change.integrity import overlaps
from vision.evidence.change.versions import find_commit, git, locked, revision

RECORD = Path(".rebuilt.json")
CHEAP = ("check", "download", "split", "classify", "mean_image_in_order", "one_vs_rest", "claims", "report")
REPRO = [sys.executable, "-m", "dvc", "repro", "--quiet", "--single-item", "--force"]


def main(base: str = "main") -> None:
    """Rebuild the cheap stages that differ from the revision `base`, and one more; record which gave the same."""
    with Repo() as repo, revision(base) as version:
        old, stages = locked(version), {stage.name: stage for stage in repo.index.stages}
        makers = {str(out): stage for stage in stages.values() for out in stage.outs if out.use_cache}
        plans = {name: plan for name, stage in stages.items() if (plan := _plan(stage, makers))}
        committed = {name: _hashes(stage) for name, stage in stages.items()}
    chosen = [name for name in plans if not committed[name].items() <= old.items()]
    if others := sorted(plans.keys() - chosen):
        chosen.append(secrets.choice(others))
    rebuilt = _rebuild(list(dict.fromkeys(name for one in chosen for name in plans[one])))
    same = {name: rebuilt.get(name) == committed[name] for name in chosen}
    RECORD.write_text(json.dumps({"commit": find_commit("HEAD"), "same": same}, indent=2) + "\n")
    print(RECORD.read_text(), end="")


def _plan(stage: Stage, makers: dict[str, Stage]) -> list[str]:
    """A cheap stage and, before it, those that it needs; nothing if one of them is not cheap."""
    needed = [maker for dep in stage.deps for path, maker in makers.items() if overlaps(str(dep), path)]
    plans = [_plan(maker, makers) for maker in needed] if stage.name.startswith(CHEAP) else [[]]
    return [*(name for plan in plans for name in plan), stage.name] if all(plans) else []


def _hashes(stage: Stage) -> dict[str, str]:
    return {out.def_path: out.hash_info.value for out in stage.outs}


def _rebuild(names: list[str]) -> dict[str, dict[str, str]]:
    """Run stages of HEAD in a clone with its own cache; hash the outputs of those that do not fail."""
    with TemporaryDirectory() as folder:
        git("clone", "--quiet", "--shared", ".", f"{folder}/clone")
        ran = [name for name in names if not subprocess.run([*REPRO, name], cwd=f"{folder}/clone").returncode]
        with Repo(f"{folder}/clone") as repo:
            return {stage.name: _hashes(stage) for stage in repo.index.stages if stage.name in ran}


def read_rebuilt() -> dict[str, bool]:
    """Whether each stage gave the same outputs, where this commit was rebuilt."""
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return record["same"] if record.get("commit") == find_commit("HEAD") else {}


if __name__ == "__main__":
    main(*sys.argv[1:])
