"""What each document claims, how it is measured, and the acceptance interval: the claims of documents/*.yaml."""

import math
from collections import Counter
from collections.abc import Container
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
        training.margin_of_point, training.curve, training.gain, training.significant_falls, training.trend,
        training.opposite_changes, training.reported_epoch, numbers.smallest_rise,
    )
}  # fmt: skip
TRUE, FALSE, NOT_MEASURED = "by definition: true", "by definition: false", "not measured"
VERDICTS = (SUPPORTED, REFUTED, INCONCLUSIVE, TRUE, FALSE, NOT_MEASURED)
OPEN = {  # why no rule measures a claim, by the word in documents/
    "unreported": "the document does not report what it depends on",
    "untried": "no run here tests it",
    "undefined": "the sentence names nothing that can be measured",
    "people": "people would have to judge",  # the only reason for "not measured"
}
SUBSTITUTES = {  # what is measured in place of what a document used
    "resnet18": "a substitute: its backbone was not trained on ImageNet",
    "vgg16": "a substitute: its backbone was not trained on ImageNet",
    "pixels": "a substitute: its images have 28 pixels, not 224",
}
TOO_FEW, ON_EDGE = "the sample is too small", "the estimate lies on an edge of the acceptance interval"
OTHER_DATA, ABSENT = "the results are of other data", "the results lack it"


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
    reason: Literal[tuple(OPEN)] | None = None  # why no rule measures it
    substitutes: list[Literal[tuple(SUBSTITUTES)]] = Field(default_factory=list)  # unless the weights are ImageNet's
    about: dict[str, str] = Field(default_factory=dict)  # the dataset of each role; empty for the document's dataset
    over: dict[str, dict[str, Any]] = Field(default_factory=dict)  # choices: values of the {placeholders} of `of`; the
    # first gives the verdict, and the others are reported beside it
    figure: str = ""  # the section of the report, the folder or the figure of plots/ that shows it

    @model_validator(mode="after")
    def _check_rule(self) -> "Claim":
        if len({self.rule is None, self.of is None, self.interval is None}) > 1:
            raise ValueError("needs rule, of and interval, or none of them")
        if [bool(self.rule), self.definition is not None, bool(self.reason)].count(True) != 1:
            raise ValueError("needs one of rule, definition and reason")
        return self


def read_claims(document: dict[str, Any], name: str) -> list[Claim]:
    """The claims of a document; a UserError with the place of the first mistake.

    An entry with `each` stands for several claims: it maps what follows `id` to the values of the {placeholders}.
    """
    claims = []
    for entry in document.get("claims", []):
        template = {key: value for key, value in entry.items() if key != "each"}
        for word, values in entry.get("each", {"": {}}).items():
            claims.append(_filled(template | {"id": template.get("id", "") + word}, values))
    return validate(list[Claim], claims, f"documents/{name}.yaml: claims.")


def _filled(part: Any, values: dict[str, Any]) -> Any:
    """A part of an entry with values in place of its {placeholders}; what is one placeholder becomes the value."""
    if isinstance(part, dict):
        return {key: _filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    if not isinstance(part, str):
        return part
    if part[1:-1] in values and part == f"{{{part[1:-1]}}}":
        return values[part[1:-1]]
    for key, value in values.items():
        part = part.replace(f"{{{key}}}", str(value))
    return part


def evaluate_claim(claim: Claim, sources: Sources, *, same_data: bool, substitutes: Container[str]) -> dict[str, Any]:
    """One row of claims.csv: quotation, claim, measurement, acceptance interval, verdict and its reason.

    Args:
        same_data: whether the results are of the data that the claim is about; if not, it gets no verdict
        substitutes: the keys of SUBSTITUTES that the results are of
    """
    estimate = measure(claim, sources)
    used = [SUBSTITUTES[name] for name in claim.substitutes if name in substitutes]
    doubts = used if same_data else [OTHER_DATA]
    word, reason, needed = _conclude(claim, estimate, doubts)
    value, low, high = estimate[:3] if estimate else (None, None, None)
    return {
        "row": claim.id.partition(".")[0], "id": claim.id, "quote": claim.quote, "claim": claim.claim,
        "measured": estimate and str(estimate._replace(unit=claim.unit)), "value": value, "low": low, "high": high,
        "interval": describe_interval(claim), "rationale": claim.rationale, "verdict": word, "reason": reason,
        "required_sample_size": needed, "other_choices": _other_choices(claim, sources, doubts), "figure": claim.figure,
    }  # fmt: skip


def _other_choices(claim: Claim, sources: Sources, doubts: list[str]) -> str:
    """The verdict and measurement for each choice but the first, where the results have it."""
    texts = []
    for name, values in list(claim.over.items())[1:]:
        if estimate := measure(claim, sources, values):
            word = _conclude(claim, estimate, doubts)[0]
            texts.append(f"{name}: {word}, {estimate._replace(unit=claim.unit)}")
    return "; ".join(texts)


def _conclude(claim: Claim, estimate: Estimate | None, doubts: list[str]) -> tuple[str, str, str]:
    """The verdict, its reason where it is open, and the sample that would end it."""
    if claim.definition is not None:
        return TRUE if claim.definition else FALSE, "", ""
    if claim.reason:
        return NOT_MEASURED if claim.reason == "people" else INCONCLUSIVE, OPEN[claim.reason], ""
    if not estimate or OTHER_DATA in doubts:
        return NOT_MEASURED, OTHER_DATA if estimate else ABSENT, ""
    if doubts:
        return INCONCLUSIVE, doubts[0], ""
    if (word := verdict(estimate, claim.interval)) != INCONCLUSIVE:
        return word, "", ""
    needed = describe_sample(required_factor(estimate, claim.interval), estimate.n)
    return word, TOO_FEW if needed else ON_EDGE, needed


def measure(claim: Claim, sources: Sources, choice: dict[str, Any] | None = None) -> Estimate | None:
    """Measure a claim for a choice of `over`, by default the first.

    None where no rule does, or the results lack what the rule needs, as for other settings.
    """
    if claim.rule is None:
        return None
    try:
        return RULES[claim.rule](sources, _filled(claim.of, choice or next(iter(claim.over.values()), {})))
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
