"""Which statements of a document do our numbers support?

Reads the ledger of a document, and the metrics and tables that its rules name. Writes one row per statement: what
was said, what is checked of it, what we measured, for which values it is true and why, the verdict, and how many images
or seeds would settle what cannot be said. Row C12 and what the other documents conclude.
"""

from pathlib import Path

from vision.evidence.claims.ledger import judge, read_statements
from vision.evidence.claims.sources import Sources
from vision.evidence.documents import read_document
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table


def main(params: Params, *, document: str, ledger: Path, metrics: Path, plots: Path, statements: Path) -> None:
    about = read_document(ledger)
    sources = Sources(metrics, plots, params.evaluation.resamples, params.seed)
    own, images = {about["role"]: about["dataset"]}, params.datasets.model_dump()
    found = [
        judge(one, sources, own_images=(one.about or own).items() <= images.items())
        for one in read_statements(about, document)
    ]
    write_table(statements, found)


if __name__ == "__main__":
    run(main)
