"""How long did the stages take on this machine, document by document?

Prints a table from timings.csv, to which every stage that ran here has added a line: for each document the stages that
it alone needs, then those that several need and those of no document. With --save, the times by stage are written too.
"""

import os
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import click
import networkx
import pandas as pd
from dvc.repo import Repo

from vision.pipeline.runner import TIMINGS

TARGETS = re.compile(r"(?:plot|claims|document_errors)_(\d{3})")  # what the Makefile builds for a document
SEVERAL, NONE = "several", "none"
LONGEST = 3  # stages that the table names


def document_of_stages() -> dict[str, str]:
    """The document that needs each stage of dvc.yaml: its number, SEVERAL or NONE."""
    needed = defaultdict(set)
    with Repo() as repo:
        graph = repo.index.graph  # from a stage to what it depends on
        for stage in graph:
            needed[stage.addressing] |= set()
            if found := TARGETS.fullmatch(stage.addressing):
                for one in {stage, *networkx.descendants(graph, stage)}:
                    needed[one.addressing].add(found[1])
    return {name: min(some) if len(some) == 1 else SEVERAL if some else NONE for name, some in needed.items()}


def by_stage(timings: pd.DataFrame, documents: dict[str, str]) -> pd.DataFrame:
    """The last run of each stage: its document, seconds and peak memory."""
    last = timings.groupby("stage", sort=False).last().reset_index()
    last = last[last.stage.isin(documents)]
    last.insert(1, "document", last.stage.map(documents))
    return last.rename(columns={"wall_seconds": "seconds"}).sort_values(["document", "stage"], ignore_index=True)


def by_document(stages: pd.DataFrame) -> pd.DataFrame:
    """The time of each document's stages, and the longest of them."""

    def row(some: pd.DataFrame) -> dict[str, object]:
        longest = some.set_index("stage").seconds.nlargest(LONGEST)
        names = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in longest.items())
        minutes, memory = f"{some.seconds.sum() / 60:.1f}", f"{some.peak_mebibytes.max():.0f}"
        return {"stages": len(some), "minutes": minutes, "MiB at most": memory, "the longest": names}

    rows = {document: row(some) for document, some in stages.groupby("document")}
    return pd.DataFrame(rows | {"all": row(stages)}).T.rename_axis("document")


def machine() -> str:
    """The processor, the number of cores and the date."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    found = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return f"{found[1] if found else 'unknown processor'}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}"


@click.command(help=__doc__)
@click.option("--save", type=click.Path(path_type=Path), help="where to write the times by stage")
def main(save: Path | None) -> None:  # noqa: D103
    if not TIMINGS.exists():
        raise click.ClickException(f"{TIMINGS}: no stage has run here; run `make repro`")
    stages = by_stage(pd.read_csv(TIMINGS), document_of_stages())
    print(f"{machine()}\n{by_document(stages).to_string()}")
    if save:
        save.write_text(f"# {machine()}\n{stages.to_csv(index=False)}", encoding="utf-8")


if __name__ == "__main__":
    main()
