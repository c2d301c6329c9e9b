"""Is every value of params.yaml one that the stages can work with?

Reads params.yaml before DVC removes any output. Writes one line that is always the same, so that a changed parameter
reruns this stage and not the stages after it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from vision.pipeline.files import atomic_write
from vision.pipeline.numerics import has_bfloat16, why_not_portable
from vision.pipeline.runner import run
from vision.pipeline.schema import Params


def main(params: Params, *, checked: Path) -> None:
    for line in warnings(params):
        print(line, file=sys.stderr, flush=True)
    with atomic_write(checked) as temporary:
        temporary.write_text("params.yaml keeps to its schema\n")


def warnings(params: Params) -> Iterator[str]:
    """The settings of params.yaml that this machine does not support, a line for each."""
    if params.numerics == "portable" and (reason := why_not_portable(params.device)):
        yield f"numerics: portable does not hold here ({reason}): results may differ in their last digits"
    recipes = [params, params.defaults, *params.models.values(), *params.pretrained.values()]
    if any(recipe.precision == "bfloat16" for recipe in recipes) and not has_bfloat16(params.device):
        yield "precision: this processor has no bfloat16, and float32 is used instead"


if __name__ == "__main__":
    run(main)
