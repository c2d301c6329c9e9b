"""The ledger: what each document states, how that is measured, and for which values it would be true.

It stands in documents/, so that a reader can disagree with a region or its reason without reading code.
"""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from vision.evidence.claims import counts, curves, numbers
from vision.evidence.claims.rule import OPEN, Quantity, Region
from vision.evidence.claims.sources import Sources
from vision.pipeline.errors import UserError
from vision.pipeline.parsing import one_line
from vision.pipeline.schema.types import Float, StrictModel

RULES = {
    "number": numbers.number,
    "exact": numbers.exact,
    "printed_accuracy": numbers.printed_accuracy,
    "difference": numbers.difference,
    "ratio": numbers.ratio,
    "paired": numbers.paired,
    "row": numbers.row,
    "share": numbers.share,
    "smallest": numbers.smallest,
    "leader": numbers.leader,
    "confusions": counts.confusions,
    "taken_for": counts.taken_for,
    "most_errors": counts.most_errors,
    "worst_classes": counts.worst_classes,
    "best_classes": counts.best_classes,
    "least_of_classes": counts.least_of_classes,
    "ratio_of_worst": counts.ratio_of_worst,
    "runs": counts.runs,
    "lead": counts.lead,
    "curve": curves.curve,
    "gain": curves.gain,
}
FORMATS = {
    "percent": (100, ".2f", " %"), "points": (100, "+.2f", " points"), "times": (1, ".2f", " times"),
    "nats": (1, ".4f", " nats"), "images": (1, ",.0f", " images"),
    "epochs": (1, ",.0f", " epochs"), "number": (1, ".6g", ""), "silhouette": (1, ".3f", ""),
}  # fmt: skip


class Statement(StrictModel):
    """One checkable sentence of a document.

    Attributes:
        id: its row, a dot, and a word
        says: a short quotation
        states: what is checked of it, in our words
        rule, of: how it is measured: a name of RULES, and what that rule asks for; none where nothing measures it
        unit: of the quantity and of the region
        region: the values for which it is true; null for no edge
        because: why these edges; or why nothing measures it
        about: the published dataset of each role that it is about; where it says nothing, the document's
        see: the figure of plots/, or the folder of a model, or the section, that shows it in the report
    """

    id: Annotated[str, Field(pattern=r"^[CPHLF]\d+\.[a-z0-9_]+$")]
    says: str
    states: str
    rule: Literal[tuple(RULES)] | None = None
    of: Any = None
    unit: Literal[tuple(FORMATS)] = "number"
    region: tuple[Float | None, Float | None] | None = None
    because: str
    about: dict[str, str] = Field(default_factory=dict)
    see: str = ""

    @model_validator(mode="after")
    def _check_rule(self) -> "Statement":
        if len({self.rule is None, self.of is None, self.region is None}) > 1:
            raise ValueError("needs rule, of and region, or none of them")
        return self

    @property
    def row(self) -> str:
        """The row of the document that it is from."""
        return self.id.partition(".")[0]

    @property
    def edges(self) -> Region:
        """The region of a statement that is measured."""
        low, high = self.region
        return Region(-math.inf if low is None else low, math.inf if high is None else high)


def read_statements(document: dict[str, Any], name: str) -> list[Statement]:
    """Check the statements of a document.

    Raises:
        UserError: one line for the first mistake, naming the statement's place and what is wrong
    """
    try:
        return TypeAdapter(list[Statement]).validate_python(document.get("statements", []))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(one_line(f"documents/{name}.yaml: statements.{place}: {first['msg']}")) from None


def judge(statement: Statement, sources: Sources, *, own_images: bool) -> dict[str, Any]:
    """Hold a statement against the results: one row of a table.

    Args:
        own_images: whether the results are of the images that the document is about; of others nothing can be said
    """
    row = {"row": statement.row, "id": statement.id, "says": statement.says, "statement": statement.states}
    quantity = measure(statement, sources)
    row |= {"measured": describe(quantity, statement.unit) if quantity else "not measured"}
    row |= {"true_for": describe_region(statement) if statement.rule else "", "because": statement.because}
    verdict, settled = OPEN, ""
    if quantity and own_images:
        verdict = statement.edges.judge(quantity)
        settled = describe_sample(statement.edges.settled_by(quantity), quantity)
    numbers = dict(zip(("value", "low", "high"), quantity[:3], strict=True)) if quantity else {}
    empty = dict.fromkeys(("value", "low", "high"))
    return row | {"verdict": verdict, "settled_by": settled, **empty, **numbers, "see": statement.see}


def measure(statement: Statement, sources: Sources) -> Quantity | None:
    """Measure a statement; None where no rule does, or the results do not hold what it asks for, as of other data."""
    if statement.rule is None:
        return None
    try:
        return RULES[statement.rule](sources, statement.of)
    except (KeyError, ValueError, NameError):  # the last of a column that a table lacks, as of a search without it
        return None
    except SyntaxError as error:  # in a condition on a table's columns
        raise UserError(one_line(f"the ledger: {statement.id}: {error}")) from None


def describe(quantity: Quantity, unit: str) -> str:
    """A number with its interval, as text."""
    low, high = quantity.interval
    value = show(quantity.value, unit)
    return value if low == high else f"{value} ({show(low, unit, bare=True)} to {show(high, unit, bare=True)})"


def describe_region(statement: Statement) -> str:
    """A region as text."""
    low, high = (edge is not None and show(edge, statement.unit) for edge in statement.region)
    if low and high:
        return low if low == high else f"{show(statement.region[0], statement.unit, bare=True)} to {high}"
    return f"at least {low}" if low else f"at most {high}"


def describe_sample(factor: float | None, quantity: Quantity) -> str:
    """What would settle a statement, as text; empty where nothing would."""
    if factor is None:
        return ""
    if quantity.size is None:
        return f"about {_rounded(factor)} times as many {quantity.sample}"
    return f"about {_rounded(factor * quantity.size)} {quantity.sample}"


def show(value: float, unit: str, *, bare: bool = False) -> str:
    """A number in its unit, as text."""
    scale, form, name = FORMATS[unit]
    return (f"{scale * value:{form}}" if value else "0") + ("" if bare else name)


def _rounded(number: float) -> str:
    """A number up to two digits, as text: it is a guess."""
    digits = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return f"{math.ceil(number / digits - 1e-6) * digits:,}"
