"""Is every value of params.yaml one that the stages can work with?

Reads params.yaml, all of it; each stage does so again before it works, but only after DVC removed what it had written.
Writes one line that is always the same, so that a changed parameter reruns this stage and not what comes after it.
"""

from pathlib import Path

from vision.pipeline.files import replacing
from vision.pipeline.runner import run
from vision.pipeline.schema import Params


def main(params: Params, *, checked: Path) -> None:
    with replacing(checked) as temporary:
        temporary.write_text("params.yaml keeps to its schema\n")


if __name__ == "__main__":
    run(main)
