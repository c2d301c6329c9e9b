"""Move the results of revision 2be3315 to the paths, columns and names of today: no value is computed.

`python -m tests.conversion.convert ROOT` works in place on a folder that holds metrics/ and plots/ of that revision.
To be deleted after the next complete run, which makes all results anew.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from vision.scores.estimate import Estimate, read_scores, write_scores

# Networks whose entries are gone: those at document 003's lambda, which the replications answer; scikit-learn's copies.
DROPPED = ("softmax_document", "tanh_mlp_document", "sklearn_relu", "sklearn_sigmoid", "sklearn_tanh")
HEADLINES = ("accuracy", "accuracy_low", "accuracy_high", "loss", "ece")
EVALUATION = ("confusion", "classes", "calibration", "misclassified", "errors")
FOLDERS = {  # tables and figures by old and new path in plots/
    "convnet/subset_curves.csv": "subsets/training/curves.csv",
    "convnet/subsets.csv": "subsets/evaluation/subsets.csv",
    "convnet/class_distances.csv": "embeddings/convnet/distances.csv",
    "convnet/neighbours.csv": "neighbours/neighbours.csv",
    "convnet/kernels.csv": "kernels/kernels.csv",
    **{f"convnet/{name}.png": f"figures/000/{name}.png" for name in ("kernels", "tsne", "neighbours", "subsets")},
    **{
        f"relu_mlp/{name}.png": f"figures/001/{name}.png"
        for name in ("inputs", "weights", "representations", "maximisation")
    },
    "panel/accuracy.csv": "benchmark/accuracy.csv",
    "panel/pairs.csv": "benchmark/pairs.csv",
    "panel/losses.csv": "benchmark/losses.csv",
    "panel/accuracy.png": "figures/002/benchmark.png",
    "from_scratch/curves.csv": "from_scratch/training/curves.csv",
    "from_scratch/accuracies.csv": "from_scratch/evaluation/accuracies.csv",
    "from_scratch/pairs.csv": "from_scratch/evaluation/pairs.csv",
    **{f"from_scratch/{name}.png": f"figures/004/{name}.png" for name in ("curves", "losses", "accuracies")},
    "vgg16/one_vs_rest.csv": "one_vs_rest/one_vs_rest.csv",
    "vgg16/strangers.csv": "explanations/ood.csv",
    "vgg16/sanity.csv": "explanations/sanity.csv",
    **{f"vgg16/{name}.png": f"figures/004/{name}.png" for name in ("maximised", "saliency", "layers", "one_vs_rest")},
    **{
        f"searches/{name}.png": f"figures/003/{name}.png"
        for name in ("softmax_lambda", "softmax_weights", "grid_curves", "grid", "tanh_lambda", "tanh_weights")
    },
    **{
        f"resnet18/{name}.png": f"figures/002/{name}.png"
        for name in (
            "training",
            "top_losses",
            "activations",
            "activations_of_an_error",
            "activations_colour",
            "layers",
            "separation",
        )
    },
    **{
        f"comparison/{role}/{name}.png": f"figures/{role}/{name}.png"
        for role in ("handwriting", "fashion", "colour")
        for name in ("models", "pairs")
    },
    "replicated_sweep/lambdas.csv": "replications/softmax_lambdas/evaluation/lambdas.csv",
    "replicated_sweep/curves.csv": "replications/softmax_lambdas/training/curves.csv",
    "replicated_sweep/validation.png": "figures/003/lambda_sweep.png",
    "documents/replications.png": "figures/003/replications.png",
    "models/mean_image/means.png": "figures/002/means.png",
}
REPLICATIONS = ("relu_mlp", "softmax", "softmax_document", "tanh_mlp_document")
for _name in REPLICATIONS:
    FOLDERS |= {
        f"replications/{_name}/scores.csv": f"replications/{_name}/evaluation/reported.csv",
        f"replications/{_name}/curves.csv": f"replications/{_name}/training/curves.csv",
        f"replications/{_name}/epochs.csv": f"replications/{_name}/evaluation/epochs.csv",
        f"replications/{_name}/misclassified.csv": f"replications/{_name}/evaluation/misclassified.csv",
    }
RESULTS = {  # metrics files by old name, and the folder in plots/ that holds their scores
    "convnet_subsets": "subsets/evaluation",
    "convnet_neighbours": "neighbours",
    "relu_mlp_maximisation": "maximisation",
    "panel": "benchmark",
    "mean_image_in_order": "mean_image_in_order",
    "from_scratch": "from_scratch/evaluation",
    "explanations": "explanations",
    "replicated_sweep": "replications/softmax_lambdas/evaluation",
    **{f"replications/{name}": f"replications/{name}/evaluation" for name in REPLICATIONS},
    **{f"comparison_{role}": f"comparison/{role}" for role in ("handwriting", "fashion", "colour")},
    **{role: f"splits/{role}" for role in ("handwriting", "fashion", "colour")},
}  # fmt: skip
COLUMNS = (  # of tables, old and new
    (r"^fresh$", "new_seed"), (r"^settled_epoch$", "convergence_epoch"), (r"^settled_", "converged_"),
    (r"^printed", "reported"), (r"^another_", "prediction_"), (r"^guess$", "predicted"),
    (r"^against$", "compared_with"),
    (r"^stranger_images$", "n"), (r"^stranger_(low|high)$", r"ood_share_\1"), (r"^stranger_share$", "ood_share"),
    (r"^space$", "points"),
)  # fmt: skip
CELLS = {  # of some tables
    "benchmark": (("trunk", "backbone"),),
    "explanations": (("redrawn", "randomised_weights"), ("jittered", "perturbed"), ("stranger_", "ood_")),
    "embeddings": (("embedding,", "tsne,"),),
    "from_scratch": tuple((f"{one}_defaults", f"{one}_batch_32") for one in ("relu", "sigmoid", "tanh", "linear")),
}
ADDED = ("layers", "seeds")  # columns of the networks from scratch: those results are of one choice and one seed
VERDICTS = {"holds": "supported", "does not hold": "refuted", "cannot be said": "inconclusive"}


EMBEDDINGS = {  # metrics files of spaces by old name: the entry of today and the layer
    "convnet_tsne": ("convnet", "features.tsne."),
    "relu_mlp_representations": ("relu_mlp", ""),
    **{f"spaces/handwriting_{layer}": ("resnet18_head", f"{layer}.") for layer in
       ("pooled", "hidden", "hidden_norm", "logits")},
    **{f"spaces/{old}": (new, "features.") for old, new in {
        "handwriting_scattering": "handwriting_scattering",
        "handwriting_trunk": "handwriting_backbone",
        "handwriting_finetuned": "handwriting_finetuned",
        "colour_components": "colour_components",
        "colour_trunk": "colour_backbone",
    }.items()},
}  # fmt: skip
NAMES = [  # of scores
    (r"\btrunk\b", "backbone"),
    (r"^(sklearn_\w+)_defaults\b", r"\1_batch_32"),  # their batches were not those of scikit-learn
    (r"^(layers|steps)\.", ""),
    (r"^last_hidden_and_logits\.", "hidden_2_to_logits."),
    (r"\.features$", ".n_features"),  # how many, of a space
    (r"\.features_of_test\.", ".features."),
    (r"^stranger_images$", "ood_images"),
    (r"^(auroc\.\w+)\.auroc$", r"\1"),
    (r"\.guess$", ".predicted"),
    (r"_another_", "_prediction_"),
    (r"\.settled", ".converged"),
    (r"\.lead_of_", ".margin_of_"),
    (r"^per_decade_by_seed", "per_decade_by_seed"),
    (r"\.stranger_(\d)", r".ood_\1"),
    (r"\.stranger_by_(\w+)$", r".ood_share.\1"),
    (r"\.redrawn\.correlation$", ".randomised_weights"),
    (r"\.jittered\.correlation$", ".perturbed"),
]
COMMON = re.compile(r"\w+\.((?:training_)?images)")  # of all layers of an embedding


def convert(root: Path, params: dict[str, Any]) -> None:
    """Move and rewrite everything below metrics/ and plots/ of a folder.

    Args:
        params: today's, which say the role of each model
    """
    plots, metrics = root / "plots", root / "metrics"
    roles = model_roles(params)
    for old, new in FOLDERS.items():
        move(plots / old, plots / new)
    for name in DROPPED:
        shutil.rmtree(plots / "models" / name, ignore_errors=True)
        (metrics / f"{name}.json").unlink(missing_ok=True)
    for name, role in roles.items():
        study = next((study for study, names in params["studies"].items() if name in names), "")
        move_model(root, name, role, study)
    for old, new in RESULTS.items():
        write(metrics / f"{old}.json", plots / new)
    for entry in dict.fromkeys(entry for entry, _ in EMBEDDINGS.values()):
        files = {metrics / f"{old}.json": prefix for old, (to, prefix) in EMBEDDINGS.items() if to == entry}
        found = [(new_name(f"{prefix}{name}"), one) for file, prefix in files.items() for name, one in numbers(file)]
        found = [(COMMON.sub(r"\1", name) if COMMON.fullmatch(name) else name, one) for name, one in found]
        for old, (to, prefix) in EMBEDDINGS.items():
            layer = "" if prefix == "features." else f"_{prefix[:-1]}"
            for figure in ("tsne", "thumbnails") if to == entry and old.startswith("spaces/") else ():
                move(plots / old / f"{figure}.png", plots / f"figures/002/{entry}{layer}_{figure}.png")
        if found:
            write_scores(plots / "embeddings" / entry / "scores.csv", dict(found))
            for file in files:
                file.unlink(missing_ok=True)
    if (plots / "subsets").is_dir():
        write_headline_of_subsets(plots, metrics)
    for layer in ("pooled", "hidden", "hidden_norm", "logits"):  # how many features: resnet18_head says so too
        (metrics / f"handwriting_{layer}.json").unlink(missing_ok=True)
    for folder in ("replications", "spaces"):
        if (metrics / folder).is_dir():
            (metrics / folder).rmdir()
    split_errors(plots)
    shutil.rmtree(plots / "statements", ignore_errors=True)  # stages.claims makes them from the rest
    for name in (*params["features"], *params["layers"]):
        old = metrics / f"{name.replace('backbone', 'trunk')}.json"
        write(old, plots / "features" / name)


def write_headline_of_subsets(plots: Path, metrics: Path) -> None:
    """The few numbers of the subsets that DVC compares, from their scores."""
    found = read_scores(plots / "subsets/evaluation/scores.csv")
    largest = max(int(name.split(".")[1].removeprefix("images_")) for name in found if name.startswith("sizes."))
    headline = {key: found[f"sizes.images_{largest}.{key}"].value for key in ("test_loss", "test_accuracy")}
    headline["loss_per_decade"] = found["power_law.test_loss.per_decade"].value
    (metrics / "subsets.json").write_text(json.dumps(headline, indent=2) + "\n")


def split_errors(plots: Path) -> None:
    """Give the rows of each document's errors a table of their own."""
    old = plots / "documents/errors.csv"
    if not old.is_file():
        return
    head, *rows = old.read_text().splitlines(keepends=True)
    for before, after in (("done", "error"), ("what", "quantity"), ("shows", "significant"), ("_shown", "_text")):
        head = head.replace(before, after)
    for document in sorted({row[:3] for row in rows}):
        new = plots / "document_errors" / document / "errors.csv"
        new.parent.mkdir(parents=True)
        new.write_text(head + "".join(row for row in rows if row.startswith(document)))
    old.unlink()


def model_roles(params: dict[str, Any]) -> dict[str, str]:
    """The role of every model, by key."""
    sections = [params[name] for name in ("models", "pretrained", "classifiers", "finetuned")]
    sections.append(params["from_scratch"]["models"])
    return {"convnet": "handwriting"} | {key: entry["role"] for section in sections for key, entry in section.items()}


def move_model(root: Path, name: str, role: str, study: str) -> None:
    """Give a model's tables, figures and metrics their places."""
    old, new = root / "plots/models" / name, root / "plots/models" / role / name
    for table in ("curves", "runs"):
        move(old / f"{table}.csv", new / f"training/{table}.csv")
    for table in EVALUATION:
        move(old / f"{table}.csv", new / f"evaluation/{table}.csv")
    for figure in sorted(old.glob("*.png")):
        move(figure, root / "plots/figures" / (study or role) / name / figure.name)
    file = root / f"metrics/{name}.json"
    if file.is_file():
        found = json.loads(file.read_text())
        write(file, new / "evaluation")
        headline = {"test": {key: found["test"][key] for key in HEADLINES}}
        headline["valid"] = {"accuracy": found["valid"]["accuracy"]}
        file.write_text(json.dumps(headline, indent=2) + "\n")
    if old.is_dir():
        old.rmdir()


def move(old: Path, new: Path) -> None:
    """Move one file if it is there; a table gets today's columns."""
    if not old.is_file():
        return
    new.parent.mkdir(parents=True, exist_ok=True)
    old.rename(new)
    if new.suffix == ".csv":
        head, _, rows = new.read_text().partition("\n")
        columns = [renamed(column, COLUMNS) for column in head.split(",")]
        for place, cells in CELLS.items():
            for before, after in cells if place in new.parts else ():
                rows = rows.replace(before, after)
        if "points" in columns:
            columns, rows = ["layer", *columns], re.sub(r"^(?=.)", "features,", rows, flags=re.MULTILINE)
        if new.parent.name == "evaluation" and new.parent.parent.name == "from_scratch":
            columns, rows = ["layers", "seeds", *columns], re.sub(r"^(?=.)", "chosen,1,", rows, flags=re.MULTILINE)
            columns = ["epochs" if column == "epoch" else column for column in columns]
        new.write_text(",".join(columns) + "\n" + rows)


def renamed(name: str, rules: Iterable[tuple[str, str]]) -> str:
    """A name after all of some rules."""
    for old, new in rules:
        name = re.sub(old, new, name)
    return name


def write(file: Path, folder: Path) -> None:
    """Write the numbers of a metrics file as scores.csv, and delete it."""
    if file.is_file():
        found = dict(numbers(file))
        write_scores(folder / "scores.csv", {"chosen": found} if file.stem == "from_scratch" else found)
        file.unlink()


def numbers(file: Path) -> list[tuple[str, Estimate]]:
    """The numbers of a metrics file by today's names."""
    if not file.is_file():
        return []
    return [(new_name(name), one) for name, one in estimates(json.loads(file.read_text()))]


def new_name(name: str) -> str:
    """Today's name of a score."""
    return renamed(name, NAMES)


def estimates(section: dict[str, Any], prefix: str = "") -> list[tuple[str, Estimate]]:
    """The numbers of nested metrics; one with bounds beside it, a mean and a share are each an estimate."""
    found = []
    for key, value in section.items():
        name, ends = f"{prefix}{key}", (f"{key}_low", f"{key}_high")
        if isinstance(value, dict):
            whole = next((word for word in ("mean", "share") if word in value and "low" in value), None)
            if whole is None:
                found += estimates(value, f"{name}.")
                continue
            found.append((name, Estimate(value[whole], value["low"], value["high"], value.get("images"))))
            others = {k: v for k, v in value.items() if k not in (whole, "low", "high", "images")}
            found += [(f"{name}_{k}", Estimate(v)) for k, v in others.items()]
        elif not (key.endswith(("_low", "_high")) and key.rpartition("_")[0] in section):
            found.append((name, Estimate(value, *(section.get(end) for end in ends))))
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    convert(folder, yaml.safe_load((folder / "params.yaml").read_text()))
