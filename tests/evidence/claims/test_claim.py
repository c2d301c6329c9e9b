"""Claims are well-formed, get the right verdict, and name only what the pipeline makes."""

import math
import re
from pathlib import Path

import pytest
import yaml

import stages.claims
from tests.evidence.claims.conftest import NET
from tests.parameters import changed
from tests.scratch import ROOT
from vision.evidence.claims.claim import NOT_MEASURED, RULES, SUBSTITUTES, TRUE, Claim, evaluate_claim, read_claims
from vision.evidence.claims.claim import describe_interval as interval_text
from vision.evidence.claims.sources import Sources
from vision.evidence.documents import DOCUMENTS, read_document
from vision.pipeline.errors import UserError
from vision.pipeline.params import load_params, parse_params
from vision.pipeline.tables import read_table
from vision.scores.equivalence import INCONCLUSIVE, REFUTED, SUPPORTED
from vision.scores.estimate import Estimate

CLAIMS = {name: read_claims(read_document(ROOT / f"documents/{name}.yaml"), name) for name in DOCUMENTS}
ALL = [(name, claim) for name, claims in CLAIMS.items() for claim in claims]
VALUES = {
    "id": "C1.test", "quote": "it is so", "claim": "It is so.", "rule": "number", "of": "net.test.accuracy",
    "unit": "percent", "interval": [0.5, None], "rationale": "most is more than half",
}  # fmt: skip
NO_RULE = {"rule": None, "of": None, "interval": None}
DONE = {"same_data": True, "substitutes": ()}


def claim(**changes):
    return Claim.model_validate(VALUES | changes)


@pytest.fixture
def accuracy(write):
    return lambda value, half: write(NET, {"test": {"accuracy": Estimate(value, value - half, value + half, 100)}})


@pytest.mark.parametrize(
    ("value", "half", "expected"), [(0.8, 0.1, SUPPORTED), (0.2, 0.1, REFUTED), (0.6, 0.35, INCONCLUSIVE)]
)
def test_claim_gets_verdict_and_sample_from_its_interval(value, half, expected, sources, accuracy):
    accuracy(value, half)
    row = evaluate_claim(claim(), sources, **DONE)
    assert (row["row"], row["verdict"], row["value"]) == ("C1", expected, value)
    assert row["interval"] == "at least 50.00 %"
    assert row["required_sample_size"] == ("13 times the sample, about 1,300" if expected == INCONCLUSIVE else "")
    other_data = evaluate_claim(claim(), sources, same_data=False, substitutes=())
    assert (other_data["verdict"], other_data["value"]) == (NOT_MEASURED, value)


def test_other_choices_are_reported_beside_the_verdict_of_the_first(sources, accuracy):
    accuracy(0.8, 0.1)
    over = {"first": {"split": "test"}, "same": {"split": "test"}, "unmade": {"split": "valid"}}
    row = evaluate_claim(claim(of="net.{split}.accuracy", over=over), sources, **DONE)
    assert row["verdict"] == SUPPORTED
    assert row["other_choices"] == "same: supported, 80.00 % (70.00 to 90.00)"
    assert evaluate_claim(claim(), sources, **DONE)["other_choices"] == ""


def test_measurement_of_a_substitute_is_shown_and_inconclusive(sources, accuracy):
    accuracy(0.8, 0.1)
    about = claim(substitutes=["vgg16", "pixels"])
    verdicts = {}
    for used in ((), ("resnet18",), ("vgg16", "pixels"), ("pixels",)):
        row = evaluate_claim(about, sources, same_data=True, substitutes=used)
        assert row["value"] == 0.8
        verdicts[used] = row["verdict"], row["reason"]
    assert verdicts[()] == verdicts["resnet18",] == (SUPPORTED, "")
    assert verdicts["vgg16", "pixels"] == (INCONCLUSIVE, SUBSTITUTES["vgg16"])
    assert verdicts["pixels",] == (INCONCLUSIVE, SUBSTITUTES["pixels"])


def test_entry_with_each_is_a_claim_for_each_of_its_values():
    entry = VALUES | {"id": "C1.", "quote": "{name}: {share} %", "of": "net.{name}", "interval": ["{share}", None]}
    claims = read_claims(
        {"claims": [entry | {"each": {"a": {"name": "A", "share": 0.5}, "b": {"name": "B", "share": 1}}}]}, "0"
    )
    assert [(one.id, one.quote, one.of, one.interval) for one in claims] == [
        ("C1.a", "A: 0.5 %", "net.A", (0.5, None)), ("C1.b", "B: 1 %", "net.B", (1, None))
    ]  # fmt: skip


def test_claim_without_a_measurement(sources, write, accuracy):
    accuracy(0.8, 0.1)
    write("a.csv", [{"x": 1}])
    for changes, expected in (
        ({"of": "net.test.nothing"}, NOT_MEASURED),
        (NO_RULE | {"reason": "people"}, NOT_MEASURED),
        (NO_RULE | {"reason": "unreported"}, INCONCLUSIVE),
        (NO_RULE | {"definition": True}, TRUE),
        ({"rule": "share", "of": {"table": "a.csv", "where": "y > 0"}}, NOT_MEASURED),  # a column of another search
    ):
        row = evaluate_claim(claim(**changes), sources, **DONE)
        assert (row["verdict"], row["measured"], row["value"]) == (expected, None, None)


def test_wrong_entry_is_refused_with_its_place(sources, write):
    for changes, words in (
        ({"interval": None}, "rule, of and interval"),
        ({"definition": True}, "one of rule"),
        (NO_RULE, "one of"),
    ):
        with pytest.raises(UserError, match=rf"^documents/000\.yaml: claims\.0.*{words}"):
            read_claims({"claims": [VALUES | changes]}, "000")
    write("a.csv", [{"x": 1}])
    with pytest.raises(UserError, match=r"C1.test: invalid syntax"):
        evaluate_claim(claim(rule="share", of={"table": "a.csv", "where": "x >"}), sources, **DONE)


def test_intervals_as_text():
    intervals = {(0.5, 0.6): "50.00 to 60.00 %", (None, 0): "at most 0 %", (0.5, 0.5): "50.00 %"}
    assert {interval: interval_text(claim(interval=interval)) for interval in intervals} == intervals


def test_claims_of_documents_are_well_formed():
    """Ids are of their document and unique, each rule is used, and acceptance intervals have a bound."""
    prefixes = {"000": "C", "001": "P", "002": "H", "003": "L", "004": "F"}
    assert [one.id for name, one in ALL if not one.id.startswith(prefixes[name])] == []
    assert len({one.id for _, one in ALL}) == len(ALL)
    assert {one.rule for _, one in ALL} - {None} == set(RULES)
    for _, one in ALL:
        assert one.rationale, one.id
        if one.rule:
            low, high = (-math.inf if one.interval[0] is None else one.interval[0], one.interval[1])
            assert low <= (math.inf if high is None else high), one.id
            assert one.interval != (None, None), one.id


def results_of(of):
    """The folders under plots/ and the models that the argument of a rule names."""
    match of:
        case {"table": table}:
            yield table.rpartition("/")[0]
        case {"model": name} | {"reproduced": name}:
            yield from results_of(name)
        case list():
            for item in of:
                yield from results_of(item)
        case str():
            yield of.partition(".")[0]


def has_results(results):
    """Whether git has a folder or a model's results; those of a new entry come with the next complete run."""
    return any((ROOT / "plots").glob(results)) or any((ROOT / "plots/models").glob(f"*/{results}"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_stage_declares_every_result_that_its_claims_name(name):
    deps = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"][f"claims_{name}"]["deps"]
    models = load_params(ROOT / "params.yaml").models_of("handwriting") if "plots/models/handwriting" in deps else []
    for results in {results for one in CLAIMS[name] for results in results_of(one.of)}:
        folder = Path("plots") / results
        folders = {str(path) for path in (folder, *folder.parents, folder / "evaluation")}
        named = results in models or any(re.fullmatch(rf"plots/models/\w+/{results}", dep) for dep in deps)
        assert named or folders & set(deps), results


def test_stage_names_what_is_a_substitute_with_the_weights_at_hand(tmp_path):
    reasons = {}
    for weights in ("cifar10", "imagenet"):
        params = parse_params(changed("backbones.vgg16.weights", weights))
        outputs = {"plots": ROOT / "plots", "tables": tmp_path, "metrics": tmp_path / "metrics.json"}
        stages.claims.main(params, document="004", claims=ROOT / "documents/004.yaml", **outputs)
        rows = read_table(tmp_path / "claims.csv").set_index("id")
        reasons[weights] = set(rows.reason[[one.id for one in CLAIMS["004"] if one.substitutes]])
    assert reasons == {"cifar10": {SUBSTITUTES["vgg16"]}, "imagenet": {SUBSTITUTES["pixels"]}}


AWAITED = {  # measured first by the next complete run
    "F6.better_relu_100", "F6.better_relu_50", "F6.better_sigmoid_100", "F6.better_sigmoid_50",
    "F6.better_tanh_100", "F6.better_tanh_50", "F6.equal_relu", "F6.equal_sigmoid", "F6.equal_tanh", "F6.relu_100",
    "F6.relu_50", "F6.sigmoid_100", "F6.sigmoid_50", "F6.sklearn_diverges", "F6.tanh_100", "F6.tanh_50", "F7.slow",
    "H10.hidden_at_documents_rates", "H11.normalised_at_documents_rates", "H12.clearer_at_documents_rates",
    "H12.information_at_documents_rates", "H12.output_at_documents_rates", "H12.poor_at_documents_rates",
    "H12.projection_at_documents_rates", "H13.gap_at_documents_rates", "H13.noise_at_documents_rates",
    "H14.blank_at_documents_rates", "H3.clusters_at_documents_rates", "H3.clusters_drawn_at_documents_rates",
}  # fmt: skip


def test_results_in_git_measure_every_claim_that_has_a_rule():
    sources = Sources(ROOT / "plots", 100, 0)
    if not (ROOT / "plots/kernels").is_dir():
        pytest.skip("the results in git have the layout of an earlier revision")
    rows = [evaluate_claim(one, sources, **DONE) for _, one in ALL if one.rule]
    assert {row["id"] for row in rows if row["verdict"] == NOT_MEASURED} == AWAITED
