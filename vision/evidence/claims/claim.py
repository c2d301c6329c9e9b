"""What each document claims, how it is measured, and the acceptance interval: the claims of documents/*.yaml."""

import math
from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from vision.evidence.claims import counts, numbers, training
from vision.evidence.claims.sources import Sources
from vision.pipeline.errors import UserError
from vision.pipeline.params import validate
from vision.pipeline.parsing import one_line
from vision.pipeline.schema.types import Float, StrictModel
from vision.scores.equivalence import INCONCLUSIVE, REFUTED, SUPPORTED, required_factor, verdict
from vision.scores.estimate import UNITS, Estimate

RULES = {"number": Sources.estimate} | {
    rule.__name__: rule
    for rule in (
        numbers.exact, numbers.reported_accuracy, numbers.difference, numbers.ratio, numbers.paired,
        numbers.row, numbers.share, numbers.smallest, numbers.margin_of_model, counts.confused_pair,
        counts.confused_with, counts.most_errors, counts.worst_classes, counts.best_classes,
        counts.smallest_error_rate, counts.ratio_of_worst_classes, training.difference_of_runs,
        training.margin_of_point, training.curve, training.gain,
    )
}  # fmt: skip
TRUE, FALSE, NOT_MEASURED = "by definition: true", "by definition: false", "not measured"
VERDICTS = (SUPPORTED, REFUTED, INCONCLUSIVE, TRUE, FALSE, NOT_MEASURED)


class Claim(StrictModel):
    """One verifiable sentence of a document."""

    id: Annotated[str, Field(pattern=r"^[CPHLF]\d+\.[a-z0-9_]+$")]  # its row, a dot, and a word
    quote: str
    claim: str  # what is checked of the quotation
    rule: Literal[tuple(RULES)] | None = None  # how it is measured; none where nothing measures it
    of: Any = None  # the argument of the rule
    unit: Literal[tuple(UNITS)] = "number"  # of the estimate and of the interval
    interval: tuple[Float | None, Float | None] | None = None  # where it is true; null for no bound
    definition: bool | None = None  # whether it is true, where words, arithmetic or a proof decide
    rationale: str  # why these bounds; or why no rule measures it
    about: dict[str, str] = Field(default_factory=dict)  # the dataset of each role; empty for the document's dataset
    figure: str = ""  # the section of the report, the folder or the figure of plots/ that shows it

    @model_validator(mode="after")
    def _check_rule(self) -> "Claim":
        if len({self.rule is None, self.of is None, self.interval is None}) > 1:
            raise ValueError("needs rule, of and interval, or none of them")
        if self.rule and self.definition is not None:
            raise ValueError("needs a rule or a definition, not both")
        return self


def read_claims(document: dict[str, Any], name: str) -> list[Claim]:
    """The claims of a document; a UserError with the place of the first mistake."""
    return validate(list[Claim], document.get("claims", []), f"documents/{name}.yaml: claims.")


def evaluate_claim(claim: Claim, sources: Sources, *, same_data: bool) -> dict[str, Any]:
    """One row of claims.csv, without a verdict unless the results are of the data that the claim is about."""
    row = {"row": claim.id.partition(".")[0], "id": claim.id, "quote": claim.quote, "claim": claim.claim}
    row |= dict.fromkeys(("measured", "value", "low", "high"))
    row |= {"interval": describe_interval(claim), "rationale": claim.rationale, "verdict": NOT_MEASURED}
    row |= {"required_sample_size": "", "figure": claim.figure}
    if claim.definition is not None:
        row["verdict"] = TRUE if claim.definition else FALSE
    elif estimate := measure(claim, sources):
        row["measured"] = str(estimate._replace(unit=claim.unit))
        row["value"], row["low"], row["high"], n, _ = estimate
        if same_data:
            row["verdict"] = verdict(estimate, claim.interval)
            row["required_sample_size"] = describe_sample(required_factor(estimate, claim.interval), n)
    return row


def measure(claim: Claim, sources: Sources) -> Estimate | None:
    """Measure a claim; None where no rule does, or the results lack what the rule needs, as for other settings."""
    if claim.rule is None:
        return None
    try:
        return RULES[claim.rule](sources, claim.of)
    except (KeyError, ValueError, NameError):  # the last of a column that a table lacks
        return None
    except SyntaxError as error:  # in a condition on a table's columns
        raise UserError(one_line(f"documents: claim {claim.id}: {error}")) from None


def describe_interval(claim: Claim) -> str:
    """The acceptance interval as text; empty if there is none."""
    if claim.interval is None:
        return ""
    factor, form, ending = UNITS[claim.unit]
    low, high = (None if bound is None else f"{factor * bound:{form}}" if bound else "0" for bound in claim.interval)
    if low and high:
        return f"{low}{ending}" if low == high else f"{low} to {high}{ending}"
    return f"at least {low}{ending}" if low else f"at most {high}{ending}"


def describe_sample(factor: float | None, n: int | None) -> str:
    """The sample that would end an inconclusive verdict, rounded up to two digits; empty where none would."""

    def rounded(number: float) -> str:
        unit = 10 ** max(0, math.floor(math.log10(number)) - 1)
        return f"{math.ceil(number / unit - 1e-6) * unit:,}"

    if factor is None:
        return ""
    return f"{rounded(factor)} times the sample" + ("" if n is None else f", about {rounded(factor * n)}")


def count_verdicts(verdicts: list[str]) -> dict[str, int]:
    """How many claims have each verdict, by the verdict's name in metrics."""
    counted = Counter(verdicts)
    return {verdict.replace(": ", "_").replace(" ", "_"): counted[verdict] for verdict in VERDICTS}
