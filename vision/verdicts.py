"""How statements are judged, in the same words everywhere."""

from vision.results import Metrics

HOLDS, IN_PART, FAILS, OPEN = "holds", "holds in part", "does not hold", "cannot be said"


def verdict(tests: list[bool]) -> str:
    """Holds if every test does, in part if any does; open without any."""
    if not tests:
        return OPEN
    return HOLDS if all(tests) else IN_PART if any(tests) else FAILS


def share(proportion: Metrics) -> str:
    """A share with its interval as text, from what vision.scores.proportion gives."""
    return f"{proportion['share']:.1%} ({proportion['low']:.1%} to {proportion['high']:.1%})"
