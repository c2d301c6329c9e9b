"""Values of params.yaml: each has a type and a range, and what is outside is one line with the key and the value."""

import math

import pytest

from tests.parameters import changed, mistake
from vision.pipeline.schema.hyper import ESTIMATORS, NETS, REPRESENTATIONS

HUGE = 10**30


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lr", -1),
        ("lr", 0),
        ("lr", "abc"),
        ("lr", ""),
        ("lr", "line\nbreak"),
        ("lr", math.nan),
        ("lr", math.inf),
        ("lr", True),
        ("lr", None),
        ("epochs", 0),
        ("epochs", 2.5),
        ("epochs", True),
        ("batch_size", "abc"),
        ("batch_size", "64"),
        ("momentum", 1),
        ("dropout", 1),
        ("dropout", "nan"),
        ("seed", -1),
        ("seed", 2**32),
        ("device", "tpu"),
        ("precision", "float16"),
        ("datasets.handwriting", "imagenet"),
        ("subsets", 3),
        ("subsets.fractions", [0.5, 0.5, 1]),
        ("subsets.fractions", [0.5, 1]),
        ("subsets.seeds", [0]),
        ("split.valid_one_in", 1),
        ("kernels", None),
        ("tsne.perplexity", 1),
        ("tsne.iterations", 250),
        ("defaults.momentum", 1),
        ("defaults.search", 3),
        ("defaults.search.repeats", 1),
        ("features.handwriting_pca.representation", "pca"),
        ("features.handwriting_pca.hyper", None),
        ("features.handwriting_pca.role", "speech"),
        ("models", 3),
        ("models.relu_mlp", None),
        ("models.relu_mlp.lr", -1),
        ("models.relu_mlp.epochs", 0),
        ("models.relu_mlp.net", "mpl"),
        ("models.relu_mlp.inputs", 3),
        ("models.relu_mlp.optimizer", "rmsprop"),
        ("models.relu_mlp.optimizer", None),
        ("models.relu_mlp.schedule", "cosine"),
        ("models.relu_mlp.crop_padding_pixels", -1),
        ("models.relu_mlp.crop_padding_pixels", 1.5),
        ("models.relu_mlp.hyper", 3),
        ("models.softmax.search", 3),
        ("neighbours.queries", [0, 0, 1]),
        ("models.softmax.search.contenders", 1),
        ("models.softmax.search.repeats", 1),
        ("models.softmax.search.repeats", "two"),
        ("models.softmax.search.score_epochs", 0),
        ("models.softmax.search.rounds", None),
        ("classifiers.knn.estimator", 3),
        ("classifiers.knn.estimator", "nearest"),
        ("classifiers.knn", []),
        ("representations.images", 1),
        ("maximisation.batches", 0),
        ("maximisation.lr", 0),
        ("titles", None),
    ],
    ids=str,
)
def test_a_bad_value_is_one_line_with_the_key_and_the_value(key, value):
    assert mistake(changed(key, value)).startswith(f"{key} is {value!r}: ")


# What these once ended in: a traceback of torch, NumPy or the operating system, or no end.
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lr", 1e308),
        ("lr", 10**400),
        ("weight_decay", 1e308),
        ("shift_pixels", 1e308),
        ("epochs", HUGE),
        ("batch_size", HUGE),
        ("crop_padding_pixels", HUGE),
        ("threads", 1024),
        ("split.valid_one_in", HUGE),
        ("evaluation.calibration_bins", HUGE),
        ("evaluation.resamples", HUGE),
        ("tsne.perplexity", HUGE),
        ("tsne.pca_components", HUGE),
        ("tsne.iterations", HUGE),
        ("tsne.quality_neighbours", HUGE),
        ("neighbours.count", HUGE),
        ("kernels.images", HUGE),
        ("representations.images", HUGE),
        ("maximisation.batches", HUGE),
        ("maximisation.batch_size", HUGE),
        ("maximisation.steps", HUGE),
        ("maximisation.lr", 1e308),
        ("defaults.weight_decay", HUGE),
        ("defaults.crop_padding_pixels", HUGE),
        ("defaults.search.contenders", HUGE),
        ("models.relu_mlp.lr", 1e308),
        ("models.relu_mlp.batch_size", HUGE),
        ("models.softmax.search.contenders", HUGE),
        ("models.softmax.search.repeats", HUGE),
        ("models.softmax.search.score_epochs", HUGE),
        ("classifiers.knn.hyper.neighbours", HUGE),
        ("classifiers.random_forest.hyper.trees", HUGE),
        ("classifiers.logistic_regression.hyper.iterations", HUGE),
        ("classifiers.svm.hyper.penalty", 1e308),
        ("features.handwriting_pca.hyper.components", HUGE),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{min(value, HUGE):g}",
)
def test_a_value_that_no_machine_can_work_with_is_told_the_largest_that_is_allowed(key, value):
    message = mistake(changed(key, value))
    assert message.startswith(f"{key} is {value!r}"[:300])
    assert "less than or equal to" in message or value == 10**400


@pytest.mark.parametrize(
    ("key", "value", "item"),
    [
        ("models.relu_mlp.hyper.hidden", [5, 10**12], 1),
        ("neighbours.queries", [HUGE], 0),
        ("subsets.seeds", [0, -1], 1),
    ],
    ids=str,
)
def test_an_item_that_is_out_of_range_is_named_by_its_place(key, value, item):
    assert mistake(changed(key, value)).startswith(f"{key}.{item} is {value[item]}: ")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("subsets.fractions", [1 / number for number in range(1, 1002)]),
        ("subsets.seeds", list(range(1001))),
        ("neighbours.queries", list(range(101))),
        ("models.relu_mlp.hyper.hidden", [5] * 101),
    ],
    ids=["subsets.fractions", "subsets.seeds", "neighbours.queries", "hidden"],
)
def test_a_list_that_is_too_long_is_told_how_long_it_may_be(key, value):
    message = mistake(changed(key, value))
    assert message.startswith(f"{key} is [")
    assert f"at most {len(value) - 1} items" in message


@pytest.mark.parametrize("bad", [0, 1.5, True, "half"])
def test_a_bad_item_of_a_list_is_named_by_its_place(bad):
    assert mistake(changed("subsets.fractions", [0.5, bad, 1])).startswith(f"subsets.fractions.1 is {bad!r}: ")


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("device", ("cpu", "cuda", "mps")),
        ("models.relu_mlp.net", tuple(NETS)),
        ("classifiers.knn.estimator", tuple(ESTIMATORS)),
        ("features.handwriting_pca.representation", tuple(REPRESENTATIONS)),
        ("models.relu_mlp.role", ("handwriting", "fashion", "colour")),
    ],
)
def test_a_value_outside_a_choice_is_told_the_choices(key, names):
    message = mistake(changed(key, "zzz"))
    assert message.startswith(f"{key} is 'zzz': ")
    assert all(f"'{name}'" in message for name in names)
