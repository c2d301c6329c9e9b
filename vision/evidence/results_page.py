"""The tables of docs/results.md, written anew from the results by `make results`.

A table stands between two comments, `<!-- table: NAME -->` and `<!-- end -->`; the names are the keys of TABLES.
"""

import re
import sys
from pathlib import Path

from vision.evidence.tables import TABLES, Results, markdown
from vision.pipeline.errors import UserError
from vision.pipeline.params import load_params

PAGE = Path("docs/results.md")


def main() -> None:
    """Write the tables."""
    try:
        page = fill(PAGE.read_text(encoding="utf-8"), Path())
    except UserError as error:
        sys.exit(f"error: {error}")
    PAGE.write_text(page, encoding="utf-8")


def fill(page: str, root: Path) -> str:
    """The page with every table made from the results below `root`."""
    results = Results(load_params(root / "params.yaml"), root / "plots", root / "documents")

    def replaced(found: re.Match) -> str:
        return f"{found[1]}\n{markdown(TABLES[found[2]](results))}\n{found[3]}"

    return re.sub(r"(<!-- table: (\w+) -->)\n.*?(<!-- end -->)", replaced, page, flags=re.DOTALL)


if __name__ == "__main__":
    main()
