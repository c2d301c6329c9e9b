"""Where a reader sees the figures of two versions: addresses that GitHub shows, at commits that do not move."""

import os
import re
from collections.abc import Mapping
from urllib.parse import quote

from vision.evidence.change.changes import file_changes
from vision.evidence.change.comparison import Comparison
from vision.evidence.change.markdown import ROOM, fold, table, text
from vision.evidence.change.versions import Version

GITHUB = re.compile(r"(?:https://(?:[^@/]*@)?|(?:ssh://)?git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?")
MOST = 8
FIRST = ("plots/comparison/", "plots/convnet/", "plots/")  # what says most comes first: all models, then studies


def repository_address(environment: Mapping[str, str], origin: str) -> str | None:
    """The repository on GitHub: what a workflow is told, or where the clone came from; None elsewhere."""
    server, name = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_REPOSITORY", "")
    if re.fullmatch(r"https://[\w.:-]+", server) and re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        return f"{server}/{name}"
    match = GITHUB.fullmatch(origin)
    return f"https://github.com/{match[1]}" if match else None


def figures(found: Comparison, address: str | None) -> str:
    """Figures before and after, folded."""
    changed = changed_figures(file_changes(found.base, found.here, found.locks), [pair.name for pair in found.models])
    if not changed:
        return ""
    rows = [
        [text(path), *(picture(version, path, address) for version in (found.base, found.here))] for path in changed
    ]
    head = ["figure", found.title, "here"]
    shown = f", {MOST} of them here" if len(rows) > MOST else ""
    return fold(f"Changed figures: {len(rows)}{shown}", table(head, rows[:MOST], ROOM["figures"]))


def changed_figures(files: dict[str, str], models: list[str]) -> list[str]:
    """Paths of the figures among these files, those that say most first.

    Args:
        models: those whose predictions changed; their figures come before the other models'
    """

    def order(path: str) -> tuple:
        folder, _, model = os.path.dirname(path).rpartition("/")
        if folder != "plots/models":
            return 0, next(place for place, start in enumerate(FIRST) if path.startswith(start)), path
        return 1, models.index(model) if model in models else len(models), path

    return sorted((path for path in files if path.startswith("plots/") and path.endswith(".png")), key=order)


def picture(version: Version, path: str, address: str | None) -> str:
    """A figure of a version as markdown: itself if GitHub has it, else how to see it."""
    if path not in version.blobs:
        return ""
    commit = version.commit(path)
    if commit is None:
        return "not committed"
    if address is None:
        return text(f"git show {commit[:10]}:{path}")
    return f"![{text(version.name)}]({address}/blob/{commit}/{quote(os.fsencode(path), safe='/')}?raw=true)"
