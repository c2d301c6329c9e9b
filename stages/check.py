"""Is every value of params.yaml one that the stages can work with?

Reads params.yaml, all of it; each stage does so again before it works, but only after DVC removed what it had written.
Writes one line that is always the same, so that a changed parameter reruns this stage and not what comes after it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from vision.pipeline.files import atomic_write
from vision.pipeline.numerics import has_bfloat16, why_not_portable
from vision.pipeline.runner import run
from vision.pipeline.schema import Params


def main(params: Params, *, checked: Path) -> None:
    for line in _warnings(params):
        print(line, file=sys.stderr, flush=True)
    with atomic_write(checked) as temporary:
        temporary.write_text("params.yaml keeps to its schema\n")


def _warnings(params: Params) -> Iterator[str]:
    """What this machine does otherwise than params.yaml says."""
    if params.numerics == "portable" and (why := why_not_portable(params.device)):
        yield f"numerics: portable does not hold here ({why}): results may differ in their last digits"
    precisions = {params.precision, *(model.precision for model in params.models.values())}
    if "bfloat16" in precisions and not has_bfloat16(params.device):
        yield "precision: this processor has no bfloat16, and float32 takes its place"


if __name__ == "__main__":
    run(main)
