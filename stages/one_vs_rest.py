"""Which classes does the VGG-16 miss, and which does it name too often, each class against all others?

Reads the confusion matrices of the VGG-16 that is fine-tuned whole and of the one whose backbone is frozen, as document
004's is, and what that document printed. Writes the two-by-two table of every class, beside the document's where the
images are of its dataset, and draws them. Rows F11 to F13.
"""

from pathlib import Path

from vision.evidence.documents import read_document
from vision.evidence.one_vs_rest import COUNTS, class_rows, printed_classes
from vision.figures.one_vs_rest import draw_one_vs_rest
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table, write_table


def main(params: Params, *, document: Path, vgg16: Path, vgg16_frozen: Path, table: Path, figure: Path) -> None:
    about = read_document(document)
    printed = printed_classes(about) if params.datasets.fashion == about["dataset"] else {}
    found = {name: class_rows(read_table(path)) for name, path in (("vgg16", vgg16), ("vgg16_frozen", vgg16_frozen))}
    write_table(
        table,
        [{"model": name, **row, **printed.get(row["class"], {})} for name, rows in found.items() for row in rows],
    )
    drawn = {params.title(name): [[row[count] for count in COUNTS] for row in rows] for name, rows in found.items()}
    names = [row["class"] for row in found["vgg16"]]
    theirs = [[printed[name][f"printed_{count}"] for count in COUNTS] for name in names if printed]
    draw_one_vs_rest(figure, names, drawn, theirs)


if __name__ == "__main__":
    run(main)
