"""The working tree compared with a revision: what the report and the gate share."""

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

from dvc.utils.diff import diff, format_dict

from vision.evidence.change.integrity import Integrity, check_integrity
from vision.evidence.change.numbers import MARGINS, SCORES, NumberChange, compare_numbers, results
from vision.evidence.change.pairing import Pair, other_images, pairs
from vision.evidence.change.rebuilt import read_rebuilt
from vision.evidence.change.versions import find_commit, git, listed, revision, tables, working_tree
from vision.pipeline.parsing import read_yaml
from vision.pipeline.tables import read_table

RESULTS = ("--", "metrics", "plots")  # that git holds
LONGEST_VALUE = 1000  # characters


class Comparison(NamedTuple):
    """What differs between the revision `base` and the working tree."""

    base: str
    integrity: Integrity
    rebuilt: dict[str, bool]  # whether each stage that ran again gave the same outputs
    params: dict[str, dict[str, Any]]  # changed values by file and dotted name, as DVC gives them: `old` and `new`
    metrics: dict[str, dict[str, Any]]
    models: dict[str, Pair]  # those that predict otherwise, by their table of scores
    numbers: list[NumberChange]
    new: list[str]  # models and studies
    gone: list[str]
    claims: dict[str, list[str]]  # verdict and acceptance interval of each claim, before and now, where they differ
    files: list[str]  # results in git that differ
    missing: int  # commits of the base that are not here

    def with_verdict(self, verdict: str) -> list[str]:
        """The numbers with this verdict, as `model metric`."""
        return [str(number) for number in self.numbers if number.verdict == verdict]

    def doubts(self) -> list[str]:
        """Why no number may be compared: first results that are not as recorded, then those that are out of date."""
        lines = []
        for path, how in self.integrity.inconsistent.items():
            changed = [os.path.relpath(file, path) for file in self.files if file.startswith(f"{path}/")]
            lines.append(f"{path}: {how}" + (f"; changed since {self.base}: {first_few(changed)}" if changed else ""))
        differ = [stage for stage, same in self.rebuilt.items() if not same]
        lines += [f"{stage}: gives other outputs when it runs again" for stage in differ]
        if names := self.integrity.outdated:
            lines.append(f"Results are out of date: {first_few(names)} changed. Run `dvc repro`.")
        return lines


def first_few(names: list[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def plain(value: object) -> str:
    """A value on one line, cut where it is long, with escapes for what cannot be printed."""
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    shown = shown if len(shown) <= LONGEST_VALUE else shown[:LONGEST_VALUE] + "..."
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)


def changed_results(base: str) -> list[str]:
    """The results in git that differ between a revision and the working tree."""
    differ = listed("diff", "--name-only", "--no-renames", find_commit(base), *RESULTS)
    return sorted([*differ, *listed("ls-files", "--others", "--exclude-standard", *RESULTS)])


def compare(name: str) -> Comparison:
    """Compare the working tree with a revision; a UserError, if there is none or a file of either cannot be read."""
    here = Path()
    with revision(name) as base:
        with working_tree() as repo:
            integrity, roles = check_integrity(repo), other_images(base, here)
            inputs = re.compile(rf"data/(raw|prepared)/({'|'.join(roles) or '(?!)'})\b")
            readers = [stage for stage in repo.index.stages if any(inputs.match(str(dep)) for dep in stage.deps)]
            outs = {str(out) for stage in readers for out in stage.outs}
        models, old, new = pairs(base, here, roles), _claims(base), _claims(here)
        scores = [tables(version, SCORES) for version in (base, here)]
        params, metrics = (
            diff(_values(base, *patterns), _values(here, *patterns))
            for patterns in (("params.yaml", MARGINS), ("metrics/**/*.json",))
        )
        return Comparison(
            name, integrity, read_rebuilt(), params, metrics, models,
            list(compare_numbers(base, here, models, outs)),
            sorted(map(results, scores[1] - scores[0])), sorted(map(results, scores[0] - scores[1])),
            {key: [old.get(key, ""), new.get(key, "")] for key in sorted(old | new) if old.get(key) != new.get(key)},
            changed_results(name), int(git("rev-list", "--count", f"HEAD..{find_commit(name)}")),
        )  # fmt: skip


def _values(version: Path, *patterns: str) -> dict[str, Any]:
    """The content of files, YAML or its subset JSON, as DVC compares it."""
    paths = [path for pattern in patterns for path in tables(version, pattern)]
    return {path: {"data": format_dict(read_yaml(version / path))} for path in paths}


def _claims(version: Path) -> dict[str, str]:
    """The verdict on each claim, with its acceptance interval, by document, id and text."""
    columns = ["id", "claim", "interval", "verdict"]
    return {
        f"{path.split('/')[2]} {id_}: {claim}": f"{word} ({interval})" if interval else word
        for path in sorted(tables(version, "plots/claims/*/claims.csv"))
        for id_, claim, interval, word in read_table(version / path, usecols=columns)[columns].fillna("").to_numpy()
    }
