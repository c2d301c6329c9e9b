"""A backbone's weights: those of a trained network, random ones, or torchvision's, and what claims make of these."""

import pytest
import torch
import yaml

from stages import claims
from stages.backbone import IMAGENET, main
from tests.mirrors import write_weights
from tests.parameters import changed
from tests.scratch import ROOT
from tests.trainings import same
from vision.data import weights as published
from vision.data.fetching import import_torchvision_datasets
from vision.evidence.claims.claim import SUBSTITUTES
from vision.evidence.documents import read_document
from vision.nets import build, load_net, save_net
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params
from vision.pipeline.tables import read_records
from vision.scores.equivalence import INCONCLUSIVE, REFUTED, SUPPORTED
from vision.scores.estimate import Estimate, write_scores

DATA = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.3], "shape": [3, 8, 8], "n_classes": 10}
HYPER = {
    "resnet18": {"head": "linear"},
    "vgg16": {"norms": False, "head": "linear", "dense_units": 0},
    "vgg16_bn": {"norms": True, "head": "dense", "dense_units": 6},
}
BOTH = pytest.mark.parametrize("name", HYPER)


@pytest.fixture
def trained(tmp_path):
    """Write a network's weights; gives them."""

    def save(name):
        net = build(name.removesuffix("_bn"), **DATA, **HYPER[name])
        save_net(tmp_path / "pretrained.pt", name.removesuffix("_bn"), {**DATA, **HYPER[name]}, net.state_dict(), {})
        return net.state_dict()

    return save


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Put a network of torchvision's, whose tensors each repeat a random number, on a mirror; gives them and the path.

    In place of a published file of half a gigabyte it has one number for each tensor.
    """

    def put(name):
        import_torchvision_datasets()
        from torchvision.models import get_model

        with torch.device("meta"):
            state = get_model(name).state_dict()
        numbers = torch.randperm(len(state), generator=torch.Generator().manual_seed(0)) + 1
        values = {
            key: number.to(value.dtype).expand(value.shape)
            for number, (key, value) in zip(numbers, state.items(), strict=True)
        }
        path = write_weights(tmp_path / "mirror", name, values)
        monkeypatch.setitem(published.PUBLISHED, name, path.name)
        return values, path

    monkeypatch.setenv("DATA_MIRROR", str(tmp_path / "mirror"))
    return put


def backbone(folder, name, weights, seed=0):
    """What the stage writes."""
    net = name.removesuffix("_bn")
    params = parse_params(changed(f"backbones.{net}.weights", weights, changed("seed", seed)))
    main(params, backbone=net, pretrained=folder / "pretrained.pt", weights=folder / "backbone.pt")
    return load_net(folder / "backbone.pt")


@BOTH
def test_weights_of_a_trained_network_are_taken_and_random_ones_depend_on_the_seed(name, trained, tmp_path):
    state = trained(name)
    found = backbone(tmp_path, name, "cifar10")
    assert same(found.net.state_dict(), state)
    assert (found.hyper, found.history) == ({**DATA, **HYPER[name]}, {"weights": "cifar10"})
    first, again, other = (backbone(tmp_path, name, "none", seed).net.state_dict() for seed in (1, 1, 2))
    assert same(first, again)
    assert not same(first, other)


@BOTH
def test_published_weights_are_torchvisions_below_the_head(name, trained, publish, tmp_path):
    trained(name)
    values, _ = publish(name)
    found = backbone(tmp_path, name, "imagenet")
    state = {key: value for key, value in found.net.state_dict().items() if not key.startswith("standardise.")}
    drawn = {key for key, value in state.items() if key not in values or not torch.equal(value, values[key])}
    assert drawn == ({key for key in state if key.startswith("classifier.")} if name != "resnet18" else set())
    assert found.hyper == {**DATA, **HYPER[name], **IMAGENET}
    assert same(found.net.state_dict(), backbone(tmp_path, name, "imagenet").net.state_dict())  # also what is drawn


def test_claims_about_published_weights_get_verdicts_by_their_rules_where_these_are_at_hand(trained, publish, tmp_path):
    trained("resnet18")
    values, _ = publish("resnet18")
    state = backbone(tmp_path, "resnet18", "imagenet").net.state_dict()
    assert same({key: state[key] for key in values}, values)

    document = read_document(ROOT / "documents/002.yaml")
    document["claims"] = [claim for claim in document["claims"] if claim.get("id") in ("H6.accuracy", "H6.loss")]
    (tmp_path / "002.yaml").write_text(yaml.safe_dump(document))
    scores = {"accuracy": Estimate(0.9795, 0.9765, 0.9821, 10_000), "loss": Estimate(0.9, 0.8, 1, 10_000)}
    write_scores(tmp_path / "models/handwriting/resnet18_document/evaluation/scores.csv", {"test": scores})
    verdicts = {}
    for weights in ("imagenet", "cifar10"):
        params, tables = parse_params(changed("backbones.resnet18.weights", weights)), tmp_path / weights
        paths = {"claims": tmp_path / "002.yaml", "plots": tmp_path, "tables": tables}
        claims.main(params, document="002", **paths, metrics=tables / "metrics.json")
        verdicts[weights] = [(row["verdict"], row["reason"]) for row in read_records(tables / "claims.csv")]
    assert verdicts == {
        "imagenet": [(SUPPORTED, None), (REFUTED, None)], "cifar10": [(INCONCLUSIVE, SUBSTITUTES["resnet18"])] * 2
    }  # fmt: skip


def test_a_damaged_file_is_refused_by_its_name_with_another_choice(trained, publish, tmp_path):
    trained("vgg16_bn")
    _, path = publish("vgg16_bn")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match="differs from its published checksum") as caught:
        backbone(tmp_path, "vgg16_bn", "imagenet")
    for part in (path.name, f"SHA-256 begins with {path.stem[-8:]}", "-S backbones.vgg16.weights=cifar10"):
        assert part in str(caught.value)
