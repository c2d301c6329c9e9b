"""What a change did, as markdown for a pull request: only what differs from another revision.

`python -m vision.evidence.change.pull_request main` compares the working tree with main, from what git holds of both.
"""

import os
import signal
import sys

from vision.evidence.change.changes import nothing_changed
from vision.evidence.change.comparison import Comparison, compare
from vision.evidence.change.drawing import newly_wrong
from vision.evidence.change.judgement import BETTER, NOT_JUDGED, SAME, UNDECIDED, WORSE
from vision.evidence.change.markdown import ROOM, fit, plain, text
from vision.evidence.change.pictures import figures, repository_address
from vision.evidence.change.sections import costs, metrics, models, outdated, outputs, parameters, statements
from vision.evidence.change.versions import origin
from vision.pipeline.errors import UserError

MOST_NAMES = 5  # of judged metrics in the first line


def main(base: str) -> None:
    """Print the report against the revision `base`."""
    sys.stdout.reconfigure(errors="xmlcharrefreplace")  # where the terminal cannot show a letter, markdown can
    try:
        print(render(compare(base), repository_address(os.environ, origin())))
    except UserError as error:
        sys.exit(f"error: {plain(error, 1000)}")


def render(found: Comparison, address: str | None) -> str:
    """The report as markdown; below the first line, a section for each kind of thing that changed.

    Args:
        address: of the repository on GitHub, where it is there
    """
    if nothing_changed(found.base, found.here, found.locks) and not found.stale:
        return "Nothing changed."
    sections = [
        _first_line(found),
        parameters(found),
        outdated(found),
        models(found),
        statements(found),
        figures(found, address),
        newly_wrong(found),
        outputs(found),
        costs(found),
        metrics(found),
    ]
    return "\n\n".join(section for section in sections if section)


def _first_line(found: Comparison) -> str:
    worse, better = (_names(found.judged(word)) for word in (WORSE, BETTER))
    lost = [NOT_JUDGED] if found.judged(NOT_JUDGED) else []
    counts = ", ".join(f"{len(found.judged(word))} {word}" for word in (UNDECIDED, SAME, *lost))
    if not worse and not better:
        verdict = f"**Nothing is surely better or worse** (of the metrics that changed: {counts})"
    else:
        parts = [f"**Surely {word}:** {names}" for word, names in ((WORSE, worse), (BETTER, better)) if names]
        verdict = f"{'. '.join(parts)} ({counts})"
    return f"{verdict}; here against {found.title}, by margins.yaml."


def _names(names: list[str]) -> str:
    shown = fit(list(map(text, names[:MOST_NAMES])), ROOM["names"])
    more = [f"{len(names) - len(shown)} more"] if len(names) > len(shown) else []
    return ", ".join([*shown, *more])


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make pr-report | head` then ends without a traceback
    main(sys.argv[1] if len(sys.argv) > 1 else "main")
