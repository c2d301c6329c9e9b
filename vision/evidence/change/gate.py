"""Whether a change may pass: not if a metric is surely worse by more than its margin in margins.yaml.

`python -m vision.evidence.change.gate main` compares the working tree with main. It exits with 1 where a metric is
surely worse, with 2 where that cannot be told (no such revision, a file that cannot be read, results that are not of
these parameters or this code, a metric that lost its interval or its images), and with 0 otherwise. What is undecided
is printed and does not fail; nor does a model that is gone.
"""

import signal
import sys

from vision.evidence.change.comparison import Comparison, compare
from vision.evidence.change.judgement import NOT_JUDGED, UNDECIDED, WORSE
from vision.evidence.change.markdown import plain
from vision.pipeline.errors import UserError

PASSES, FAILS, UNKNOWN = 0, 1, 2


def main(base: str) -> int:
    """Print what is worse or undecided against the revision `base`; return the exit status."""
    try:
        found = compare(base)
    except UserError as error:
        print(f"error: {plain(error, 1000)}", file=sys.stderr)
        return UNKNOWN
    for line in lines(found):
        print(line)
    return status(found)


def status(found: Comparison) -> int:
    """Whether the change passes."""
    if found.judged(WORSE):
        return FAILS
    return UNKNOWN if found.stale or found.judged(NOT_JUDGED) else PASSES


def lines(found: Comparison) -> list[str]:
    """What is worse, undecided, gone or not rebuilt, and a last line that says whether the change passes."""
    worse = found.judged(WORSE)
    rows = [f"{word}: {name}" for word in (WORSE, NOT_JUDGED, UNDECIDED) for name in found.judged(word)]
    rows += [f"gone, and so not judged: {name}" for name in found.gone]
    rows += [f"not rebuilt: {name} has changed since" for name in found.stale]
    last = {
        FAILS: f"fails: {len(worse)} surely worse by more than the margin",
        UNKNOWN: "cannot be told: not all results are here, or not of what is here; run `dvc repro`",
        PASSES: "passes: nothing is surely worse",
    }[status(found)]
    return [plain(line, 1000) for line in [*rows, last]]


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make gate | head` then ends without a traceback
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "main"))
