"""Which claims of a document do the results support?

Reads the document's claims, and the scores and tables that their rules name. Writes one row for each claim: quotation,
claim, measured value, acceptance interval, rationale, verdict, why an open one is
open, and the sample that would end it.
"""

from pathlib import Path

from vision.evidence.claims.claim import count_verdicts, evaluate_claim, read_claims
from vision.evidence.claims.sources import Sources
from vision.evidence.documents import read_document
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics, write_table


def main(params: Params, *, document: str, claims: Path, plots: Path, tables: Path, metrics: Path) -> None:
    content, datasets = read_document(claims), params.datasets.model_dump().items()
    sources = Sources(plots, params.evaluation.resamples, params.seed)
    default = {content["role"]: content["dataset"]}
    substitutes = {"pixels"} | {name for name, backbone in params.backbones.items() if backbone.weights != "imagenet"}
    rows = [
        evaluate_claim(claim, sources, same_data=(claim.about or default).items() <= datasets, substitutes=substitutes)
        for claim in read_claims(content, document)
    ]
    write_table(tables / "claims.csv", rows)
    write_metrics(metrics, count_verdicts([row["verdict"] for row in rows]))


if __name__ == "__main__":
    run(main)
