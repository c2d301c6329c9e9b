"""Whether a change may pass: not if a number is significantly worse by more than its margin in margins.yaml.

`python -m vision.evidence.change.gate main` compares the working tree with main. It exits with 1 where a number is
significantly worse; with 2 where numbers cannot be compared (a result that is not as dvc.lock records, results that are
out of date, other test images, a number without its interval, a file that cannot be read, no such revision); and with 0
otherwise. What is undecided is printed and passes; so does a removed model.
"""

import signal
import sys

from vision.evidence.change.comparison import Comparison, compare, plain
from vision.evidence.change.numbers import NOT_COMPARABLE, UNDECIDED, WORSE
from vision.pipeline.errors import UserError

PASSES, FAILS, UNKNOWN = 0, 1, 2


def main(base: str = "main") -> int:
    """Print what is worse or undecided against the revision `base`; return the exit status."""
    try:
        status, lines = conclude(compare(base))
    except UserError as error:
        print(f"error: {plain(error)}", file=sys.stderr)
        return UNKNOWN
    for line in lines:
        print(plain(line))
    return status


def conclude(comparison: Comparison) -> tuple[int, list[str]]:
    """The exit status, and why."""
    if doubts := comparison.doubts():
        return UNKNOWN, [*doubts, "cannot tell: no number is compared"]
    rows = [f"{word}: {name}" for word in (WORSE, NOT_COMPARABLE, UNDECIDED) for name in comparison.with_verdict(word)]
    rows += [f"removed, and so not compared: {name}" for name in comparison.gone]
    if worse := comparison.with_verdict(WORSE):
        return FAILS, [*rows, f"fails: {len(worse)} significantly worse by more than the margin"]
    if comparison.with_verdict(NOT_COMPARABLE):
        return UNKNOWN, [*rows, "cannot tell: not all numbers can be compared"]
    return PASSES, [*rows, "passes: nothing is significantly worse"]


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make gate | head` then ends without a traceback
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(*sys.argv[1:]))
