"""A new model, features and dataset need what README says, and no other entry runs again."""

import csv
import shutil

import pytest
import yaml

from tests.repositories import dvc, ran
from tests.running import change

pytestmark = pytest.mark.slow

NUMPY_NET = '''"""Softmax regression in NumPy: a network that is not torch's and brings its trainer."""

from vision.nets.numpy_mlp import NumpyMLP
from vision.training.numpy_loop import SGDTrainer


class Plain(NumpyMLP):
    """Its initial weights are scaled by a factor."""

    def __init__(self, *, scale, **data):
        super().__init__(**data, hidden=[], activation="linear")
        self.scale = scale

    def trainer(self, train, recipe, *, seed):
        trainer = SGDTrainer(self, train, recipe, seed=seed)
        for weights, _ in self.layers:
            weights *= self.scale
        return trainer
'''
POOLED = '''"""Means of patches of pixels."""


class Pooled:
    """Nothing is fitted."""

    n_parameters = 0

    def __init__(self, *, pixels, **options):
        self.pixels = pixels

    def transform(self, samples):
        n, channels, height, width = samples.inputs.shape
        side = self.pixels
        patches = samples.rows.reshape(n, channels, height // side, side, width // side, side)
        return patches.mean((3, 5)).reshape(n, -1)

    fit_transform = transform

    def summary(self):
        return {}
'''
STRIPES = '''

def _stripes(datasets: ModuleType, folder: str, bases: list[str]) -> Dataset:
    """Bright rows, a class for each position."""
    images = np.repeat(255 * np.eye(16, dtype=np.uint8)[:, None, :, None], 16, axis=3).repeat(30, axis=0)
    labels = np.arange(16).repeat(30)
    return Dataset({name: _samples(images, labels) for name in ("train", "test")}, [str(i) for i in range(16)])


PUBLISHED["stripes"] = ("stripes", _stripes)
'''
MODEL = {"role": "handwriting", "inputs": "handwriting", "batch_size": 32, "epochs": 4}


@pytest.fixture
def folder(miniature, tmp_path):
    """A copy of the miniature pipeline, whose stages run its own code."""
    return shutil.copytree(miniature, tmp_path.resolve() / "copy", symlinks=True)


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def compared(folder):
    """The rows of the comparison on handwriting by model."""
    with (folder / "plots/comparison/handwriting/models.csv").open() as table:
        return {row["model"]: row for row in csv.DictReader(table)}


def compare(folder, *names):
    """Put models beside the others of handwriting."""
    known = yaml.safe_load((folder / "params.yaml").read_text())["compared"]["handwriting"]
    change(folder, compared={"handwriting": [*known, *names]})


def test_new_network_needs_a_module_a_line_of_the_schema_and_an_entry(folder):
    (folder / "vision/nets/plain.py").write_text(NUMPY_NET)
    schema = folder / "vision/pipeline/schema/hyper.py"
    replace(schema, '"mlp": section(', '"plain": section("Plain", scale=Rate),\n    "mlp": section(')
    compare(folder, "plain")
    change(folder, models={"plain": {**MODEL, "net": "plain", "hyper": {"scale": 1}, "lr": 0.5}})
    own = {f"{stage}@plain" for stage in ("train", "evaluate")}
    others = {"check", "compare@handwriting", "plot_models@handwriting", "claims_002", "report"}  # all of a role
    assert set(ran(dvc(folder, "repro"))) == own | others
    row = compared(folder)["plain"]
    assert int(row["parameters"]) == 10 * (28 * 28 + 1)
    assert float(row["accuracy"]) > 0.5
    assert (folder / "plots/figures/handwriting/plain/curves.png").exists()


def test_new_features_can_be_the_inputs_of_any_model(folder):
    (folder / "vision/features/pooled.py").write_text(POOLED)
    schema = folder / "vision/pipeline/schema/hyper.py"
    replace(schema, '"scattering": section(', '"pooled": section("Pooled", pixels=Count),\n    "scattering": section(')
    entry = {"role": "handwriting", "inputs": "handwriting", "representation": "pooled", "hyper": {"pixels": 4}}
    perceptron = {"net": "mlp", "hyper": {"hidden": [20], "activation": "relu"}, "lr": 0.5}
    neighbours = {"role": "handwriting", "inputs": "pooled", "estimator": "knn", "hyper": {"neighbours": 3}}
    compare(folder, "pooled_mlp", "pooled_knn")
    change(
        folder,
        features={"pooled": entry},
        models={"pooled_mlp": {**MODEL, **perceptron, "inputs": "pooled"}},
        classifiers={"pooled_knn": neighbours},
    )
    fitted = ["train@pooled_mlp", "evaluate@pooled_mlp", "classify@pooled_knn", "compare@handwriting"]
    assert set(ran(dvc(folder, "repro", *fitted))) == {"check", "represent@pooled", *fitted}
    rows = compared(folder)
    assert int(rows["pooled_mlp"]["parameters"]) == (49 + 1) * 20 + (20 + 1) * 10
    assert min(float(rows[name]["accuracy"]) for name in ("pooled_mlp", "pooled_knn")) > 0.5


def test_new_dataset_can_take_any_role(folder):
    fetching = folder / "vision/data/fetching.py"
    fetching.write_text(fetching.read_text() + STRIPES)
    replace(folder / "vision/pipeline/schema/__init__.py", "SOURCES = {", 'SOURCES = {"stripes": "Stripes", ')
    change(folder, datasets={"fashion": "stripes"})
    ended = set(ran(dvc(folder, "repro", "classify@fashion_knn")))
    assert ended >= {"download@fashion", "split@fashion", "classify@fashion_knn"}
    table = folder / "plots/models/fashion/fashion_knn/evaluation/classes.csv"
    assert len(table.read_text().splitlines()) == 1 + 16
