"""The tables of the report and of README.md, made from the saved results; one template a format renders them."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from vision.evidence.documents import DOCUMENTS, read_document, reported_table
from vision.evidence.entropy import EXAMPLES, cross_entropy, divergence, entropy, minimisers
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_records, read_table
from vision.scores.estimate import Estimate, Scores, read_scores
from vision.scores.intervals import seed_estimate

UNITS = {"accuracy": "percent", "loss": "nats"}
KINDS = {"pixels": "pixels", "scattering": "scattering", "backbone": "ResNet-18", "finetuned": "ResNet-18, fine-tuned"}
CLASSIFIERS = {
    "mean_image": "mean image", "knn": "nearest neighbours", "random_forest": "random forest",
    "linear_discriminant": "linear discriminant", "softmax": "softmax regression",
}  # fmt: skip


class Table(NamedTuple):
    """A table of texts, of which the first `texts` columns are words and not numbers."""

    caption: str
    columns: list[str]
    rows: list[list[str]]
    texts: int = 1


class Results(NamedTuple):
    """Folders of results, and the parameters that they were made with."""

    params: Params
    plots: Path
    documents: Path

    def scores(self, folder: str) -> Scores:
        """The scores of a folder of plots/."""
        return read_scores(self.plots / folder / "scores.csv")

    def model(self, key: str) -> Scores:
        """The scores of a model."""
        return self.scores(f"{self.folder(key)}/evaluation")

    def folder(self, key: str) -> str:
        """The folder of a model's tables."""
        role = next(role for role in ("handwriting", "fashion", "colour") if key in self.params.models_of(role))
        return f"models/{role}/{key}"

    def title(self, row: dict[str, Any]) -> str:
        """The title of a row's model, and whether it diverged."""
        return self.params.title(row["model"]) + (" (diverged)" if row["diverged"] else "")

    def records(self, path: str) -> list[dict[str, Any]]:
        """The rows of a table of plots/."""
        return read_records(self.plots / path)

    def document(self, name: str) -> dict[str, Any]:
        """What a document reports and claims."""
        return read_document(self.documents / f"{name}.yaml")

    def reported(self, name: str, table: str) -> list[dict[str, Any]]:
        """The rows of a table of a document, none where the images here are not the document's."""
        document = self.document(name)
        same = getattr(self.params.datasets, document["role"]) == document["dataset"]
        return reported_table(document, table) if same else []


def show(number: Estimate | float | None, unit: str) -> str:
    """A number as text; an empty text where there is none."""
    score = number if isinstance(number, Estimate) else Estimate(number)
    return "" if score.value is None else str(score._replace(unit=unit))


def estimate(row: dict[str, Any], name: str, unit: str) -> str:
    """A number of a table's row with its interval."""
    return show(Estimate(*(row.get(name + end) for end in ("", "_low", "_high"))), unit)


def mean(row: dict[str, Any], unit: str, prefix: str = "") -> str:
    """The mean over seeds of a table's row with its interval."""
    return show(Estimate(*(row.get(prefix + name) for name in ("mean", "low", "high"))), unit)


def merged(caption: str, rows: Iterable[dict[str, str]], texts: int = 1) -> Table:
    """A table of cells by column: one row for each different start of `texts` cells, without columns that are empty."""
    by_start: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        by_start.setdefault(tuple(row.values())[:texts], {}).update(row)
    columns = dict.fromkeys(column for row in by_start.values() for column in row)
    columns = [column for column in columns if any(row.get(column) for row in by_start.values())]
    cells = [[row.get(column, "") for column in columns] for row in by_start.values()]
    return Table(caption, columns, cells, texts)


def comparison(results: Results, role: str) -> Table:
    """Every model of a role, the most accurate first."""
    head = ["model", "test accuracy", "document", "published", "loss", "temperature-scaled", "calibration error"]
    head += ["if calibrated", "temperature-scaled", "temperature", "parameters"]
    rows = [
        [
            results.title(row), estimate(row, "accuracy", "percent"),
            show(row["document_accuracy"], "percent"), show(row["published_accuracy"], "percent"),
            estimate(row, "loss", "nats"), estimate(row, "scaled_loss", "nats"),
            estimate(row, "ece", "percent"), f"{100 * row['ece_null_low']:.2f} to {100 * row['ece_null_high']:.2f} %",
            estimate(row, "scaled_ece", "percent"), f"{row['scaled_temperature']:.2f}", f"{row['parameters']:,}",
        ]
        for row in by_accuracy(results, role)
    ]  # fmt: skip
    return Table(f"Models of {role} ({getattr(results.params.datasets, role)})", head, rows)


def by_accuracy(results: Results, role: str) -> list[dict[str, Any]]:
    """The rows of the compared models of a role, the most accurate first."""
    return sorted(results.records(f"comparison/{role}/models.csv"), key=lambda row: -row["accuracy"])


def splits(results: Results, *keys: str) -> Table:
    """Scores of models on the training, validation and test images."""
    rows = [
        [results.params.title(key), name,
         *(f"{scores[f'{split}.{count}'].value:,.0f}" for count in ("images", "correct")),
         *(show(scores[f"{split}.{measure}"], unit) for measure, unit in UNITS.items())]
        for key, scores in ((key, results.model(key)) for key in keys)
        for split, name in (("train", "training"), ("valid", "validation"), ("test", "test"))
    ]  # fmt: skip
    return Table("Scores by split", ["model", "split", "images", "correct", "accuracy", "loss"], rows, 2)


def subsets(results: Results, measure: str) -> Table:
    """Mean scores over seeds by the number of training images, and those that document 000 reports.

    Its training scores are of all training images, most of which the smaller parts leave out: ours of all are the mean,
    weighted by the fraction, of the score of the images trained on and that of the validation images.
    """
    reported = {row["fraction"]: row for row in results.reported("000", "subsets")}
    largest, unit, rows = 1.0 if measure == "accuracy" else float("inf"), UNITS[measure], []
    table = read_table(results.plots / "subsets/evaluation/subsets.csv")
    for (fraction, images), runs in table.groupby(["fraction", "images"]):
        subset, valid, test = (runs[f"{split}_{measure}"].to_numpy() for split in ("subset", "valid", "test"))
        columns = [fraction * subset + (1 - fraction) * valid, subset, test]
        cells = [show(seed_estimate(values, largest=largest), unit) for values in columns]
        train_there, test_there = (
            show(reported.get(fraction, {}).get(f"{split}_{measure}"), unit) for split in ("train", "test")
        )
        rows.append([f"{fraction:g}", f"{images:,}", train_there, *cells[:2], test_there, cells[2]])
    head = ["fraction", "images", "reported, training", "all training images", "images trained on"]
    return Table(f"Mean {measure} over seeds by training images", [*head, "reported, test", "test"], rows, 0)


def classes(results: Results, key: str) -> Table:
    """Precision, recall and F1 of each class."""
    head = ["class", "images", "correct", "precision", "recall", "F1"]
    rows = [
        [str(row["class"]), *(f"{row[name]:,}" for name in ("images", "correct")),
         *(estimate(row, name.lower(), "percent") for name in head[3:])]
        for row in results.records(f"{results.folder(key)}/evaluation/classes.csv")
    ]  # fmt: skip
    return Table(f"{results.params.title(key)}, test images", head, rows)


def misclassified(results: Results, key: str) -> Table:
    """How many images of each class a model misclassifies."""
    rows = (
        {"class": str(row["class"]), f"{row['split']}: images": f"{row['images']:,}",
         f"{row['split']}: errors": f"{row['misclassified']:,}",
         f"{row['split']}: share": estimate(row, "share", "percent")}
        for row in results.records(f"{results.folder(key)}/evaluation/misclassified.csv")
    )  # fmt: skip
    return merged(f"{results.params.title(key)}: errors by class", rows)


def searches(results: Results) -> Table:
    """The rounds of both searches with their winners and the margins over the runners-up."""
    rows = []
    for key in ("softmax", "tanh_mlp"):
        scores = results.model(key)
        searched = dict.fromkeys(name for grid in results.params.models[key].search.rounds for name in grid)
        for number, runs in read_table(results.plots / results.folder(key) / "training/runs.csv").groupby("round"):
            winner = runs[runs.winner].iloc[0]
            values = ", ".join(f"{name.replace('_', ' ')} {winner[name]}" for name in searched)
            margin = show(scores.get(f"search.margin_of_round_{number}"), "points")
            rows.append([f"{results.params.title(key)}, round {number}", values, str(len(runs)), margin])
    head = ["search", "winner", "runs", "margin over the runner-up, over seeds and validation images"]
    return Table("Searches by validation accuracy", head, rows, 2)


QUALITY = {
    "knn_accuracy_embedding": ("neighbours' accuracy, embedding", "percent"),
    "knn_accuracy_features": ("neighbours' accuracy, layer", "percent"),
    "trustworthiness": ("trustworthiness", "silhouette"),
    "knn_recall": ("neighbours kept", "percent"),
    "silhouette": ("silhouette", "silhouette"),
    "kl_divergence": ("KL divergence", "nats"),
}


def layers(results: Results, entry: str) -> Table:
    """The quality of the embeddings of a network's layers."""
    found = results.scores(f"embeddings/{entry}")
    rows = []
    for layer in results.params.embeddings[entry].layers:
        for way, title in (("pca", "principal components"), ("tsne", "t-SNE")):
            cells = [show(found.get(f"{layer}.{way}.{key}"), unit) for key, (_, unit) in QUALITY.items()]
            rows.append([layer.replace("_", " "), title, *cells])
    return Table("Layers in two dimensions", ["layer", "embedding", *(title for title, _ in QUALITY.values())], rows, 2)


def embeddings(results: Results) -> Table:
    """How the classes lie in each representation and in its embedding."""
    rows = []
    for key, entry in results.params.embeddings.items():
        if not entry.training_images:
            continue
        found = results.scores(f"embeddings/{key}")
        for layer in entry.layers or ["features"]:
            cells = [f"{found[f'{layer}.n_features'].value:,.0f}", f"{found['images'].value:,.0f}"]
            for name, unit in (
                ("tsne.knn_accuracy_features", "percent"), ("tsne.knn_accuracy_embedding", "percent"),
                ("features.silhouette", "silhouette"), ("tsne.silhouette", "silhouette"),
                ("tsne.trustworthiness", "silhouette"), ("collapse.nc1", "number"), ("collapse.nc4", "percent"),
            ):  # fmt: skip
                cells.append(show(found[f"{layer}.{name}"].value, unit))
            rows.append([f"{key.replace('_', ' ')}{f', {layer}' if entry.layers else ''}".replace("_", " "), *cells])
    head = ["representation", "features", "images", "neighbours' accuracy", "in two dimensions", "silhouette"]
    return Table("Representations", [*head, "in two dimensions", "trustworthiness", "NC1", "NC4"], rows)


def benchmark(results: Results, losses: bool = False) -> Table:
    """Five classifiers on each representation: their accuracy, or what they lose from handwriting to colour."""
    path, *number = ("losses.csv", "loss", "points") if losses else ("accuracy.csv", "accuracy", "percent")
    rows = (
        {**({} if losses else {"images": row["role"]}), "representation": KINDS[row["kind"]],
         title: estimate(row, *number)}
        for classifier, title in CLASSIFIERS.items()
        for row in results.records(f"benchmark/{path}")
        if row["classifier"] == classifier
    )  # fmt: skip
    return merged("Accuracy lost from handwriting to colour" if losses else "Test accuracy", rows, 1 if losses else 2)


def finetuning(results: Results, key: str) -> Table:
    """The epochs of a fine-tuning, and those that document 002 reports."""
    curves = read_table(results.plots / results.folder(key) / "training/curves.csv")
    reported = [row for name in ("body_frozen", "whole_network") for row in results.reported("002", name)]
    rows = []
    for epoch, row in curves.pivot(index="epoch", columns=["split", "measure"], values="value").iterrows():
        losses = (f"{row[split, 'loss']:.4f}" for split in ("augmented_train", "valid"))
        rows.append([f"{epoch}", *losses, show(1 - row["valid", "accuracy"], "percent")])
    head = ["epoch", "training loss", "validation loss", "validation error"]
    if len(reported) == len(rows):
        head += [f"reported: {name}" for name in head[1:]]
        for row, there in zip(rows, reported, strict=True):
            row += [f"{there['train_loss']:.4f}", f"{there['valid_loss']:.4f}", show(there["error"], "percent")]
    return Table(results.params.title(key), head, rows, 0)


def from_scratch(results: Results) -> Table:
    """Test accuracy of each network at every checkpoint, and what document 004 reports."""

    def cells(row: dict[str, Any]) -> dict[str, str]:
        kept = row["kept"].replace("_", " ")
        ended = "" if kept in ("best", f"epoch {row['epochs']}") else f", ended after {row['epochs']}"
        return {
            "network": results.title(row), "layers": row["layers"].replace("layers_", "").replace("_", "-"),
            "learning rate": f"{row['lr']:g}", "seeds": f"{row['seeds']}",
            kept: estimate(row, "accuracy", "percent") + ended,
            f"{kept}, reported": show(row["reported"], "percent"),
        }  # fmt: skip

    rows = map(cells, results.records("from_scratch/evaluation/accuracies.csv"))
    return merged("Test accuracy of the networks from scratch", rows, 4)


def from_scratch_pairs(results: Results) -> Table:
    """Paired differences of two networks."""
    rows = [
        [*(results.params.title(row[side]) for side in ("first", "second")),
         row["layers"].replace("layers_", "").replace("_", "-"), row["kept"].replace("_", " "), f"{row['seeds']}",
         estimate(row, "difference", "points")]
        for row in results.records("from_scratch/evaluation/pairs.csv")
    ]  # fmt: skip
    return Table("First less second", ["first", "second", "layers", "weights", "seeds", "difference"], rows, 3)


def one_vs_rest(results: Results) -> Table:
    """The accuracy of each class, and what document 004 reports."""
    rows = (
        {"class": str(row["class"]), results.params.title(row["model"]): estimate(row, "accuracy", "percent"),
         "reported": show(row.get("reported_accuracy"), "percent")}
        for row in results.records("one_vs_rest/one_vs_rest.csv")
    )  # fmt: skip
    return merged("Accuracy by class", rows)


def plain(results: Results, path: str, caption: str) -> Table:
    """A table as it is saved, each number with its interval."""

    def cell(row: dict[str, Any], name: str) -> str:
        if isinstance(row[name], str):
            return row[name].replace("_", " ")
        return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.4g}", estimate(row, name, "number"))

    rows = results.records(path)
    columns = [name for name in (rows[0] if rows else {}) if not name.endswith(("_low", "_high"))]
    cells = [[cell(row, name) for name in columns] for row in rows]
    return Table(caption, [name.replace("_", " ") for name in columns], cells)


def sanity(results: Results) -> Table:
    """How similar explanations stay when the network's weights are drawn anew, or its input changes a little."""
    rows = [
        [*name.replace("_", " ").split(".")[1:], show(score, "silhouette")]
        for name, score in results.scores("explanations").items()
        if name.startswith("sanity.")
    ]
    return Table("Mean correlation of explanations", ["method", "compared with", "correlation"], rows, 2)


def divergences(results: Results) -> Table:
    """Cross-entropy, divergence and entropy of examples, in nats."""
    rows = [
        [text, *(", ".join(f"{share:.2f}" for share in shares) for shares in (p, q)),
         *(f"{number:.4f}" for number in (cross_entropy(p, q), divergence(p, q), entropy(p)))]
        for text, p, q in EXAMPLES
    ]  # fmt: skip
    return Table("Examples, in nats", ["example", "p", "q", "H(p, q)", "KL(p‖q)", "S(p)"], rows, 3)


def least(results: Results) -> Table:
    """Where cross-entropy and divergence are least, with the labels first and second."""
    rows = [[row["way"], f"{row['cross_entropy']:.2f}", f"{row['divergence']:.2f}"] for row in minimisers()]
    head = ["arguments", "t where H is least", "t where KL is least"]
    return Table("For labels (0.7, 0.3) over predictions (t, 1 − t)", head, rows)


def replications(results: Results, reported_only: bool = False) -> Table:
    """Every reported score of a replicated network, the scores of its settings over seeds, and our recipes' scores."""
    rows = []
    for key, entry in results.params.replications.items():
        path = f"replications/{key}/evaluation/reported.csv"
        for row in results.records(path) if (results.plots / path).is_file() else []:
            if row["reported"] is None and (reported_only or row["split"] != "test"):
                continue
            unit = UNITS[row["measure"]]
            name = f"{row['split']}.{row['measure']}"
            recipes = [
                f"{results.params.title(model)} {show(results.model(model)[name].value, unit)}"
                for model in entry.baselines
            ]
            rows.append([
                entry.document, results.params.title(key), f"{row['split']} {row['measure']}", reported(row, unit),
                mean(row, unit), " to ".join(show(row[f"prediction_{end}"], unit) for end in ("low", "high")),
                "; ".join(recipes),
            ])  # fmt: skip
    head = ["document", "network", "score", "reported", "mean over seeds", "prediction interval", "our recipes"]
    return Table("Replications", head, rows, 3)


def reported(row: dict[str, Any], unit: str) -> str:
    """A reported number, with a star where it lies outside the prediction interval of one more run."""
    inside = row["reported"] is None or row["prediction_low"] <= row["reported"] <= row["prediction_high"]
    return show(row["reported"], unit) + ("" if inside else " *")


def replicated_epochs(results: Results, key: str) -> Table:
    """The scores of a replication by epoch, over seeds, and the reported ones."""
    rows = (
        {"epoch": str(row["epoch"]),
         f"{row['split']} {row['measure']}, reported": reported(row, UNITS[row["measure"]]),
         f"{row['split']} {row['measure']}": mean(row, UNITS[row["measure"]])}
        for row in results.records(f"replications/{key}/evaluation/epochs.csv")
    )  # fmt: skip
    return merged(f"{results.params.title(key)}: epochs", rows)


def replicated_classes(results: Results, key: str) -> Table:
    """The misclassified share of each class over seeds, and the reported one."""
    rows = (
        {"class": str(row["class"]), f"{row['split']}, reported": reported(row, "percent"),
         row["split"]: mean(row, "percent")}
        for row in results.records(f"replications/{key}/evaluation/misclassified.csv")
    )  # fmt: skip
    return merged(f"{results.params.title(key)}: misclassified share", rows)


def lambdas(results: Results) -> Table:
    """Validation accuracy of document 003's settings with each of its lambdas."""
    rows = (
        {"lambda": f"{row['weight_decay']:f}".rstrip("0").rstrip("."), "last epoch": mean(row, "percent", "final_"),
         "converged": mean(row, "percent", "converged_"),
         "gain over the lambda above": mean(row, "points", "gain_"),
         "gained after convergence": mean(row, "points", "later_gain_"),
         "fluctuation": mean(row, "points", "fluctuation_")}
        for row in results.records("replications/softmax_lambdas/evaluation/lambdas.csv")
    )  # fmt: skip
    return merged("Validation accuracy by lambda", rows)


def errors(results: Results, document: str) -> Iterator[tuple[str, Table]]:
    """Of each measured error of a document, what it is, and each quantity the wrong way and the right way."""
    found: dict[tuple[str, str], list[list[str]]] = {}
    table = f"document_errors/{document}/errors.csv"
    for row in results.records(table) if (results.plots / table).exists() else []:
        cells = [row["wrong_text"], row["right_text"], row["change_text"]]
        cells = [row["left_out"], "", ""] if row["left_out"] else cells
        cells = [row["quantity"], *cells, "yes" if row["significant"] else ""]
        found.setdefault((row["bug"], row["error"]), []).append(cells)
    head = ["quantity", "the document's way", "the right way", "difference", "beyond chance"]
    for (bug, done), rows in found.items():
        yield f"{bug}: {done}", Table("", head, rows)


def unmeasured_errors(results: Results, document: str) -> Table:
    """The other errors of a document, and why they are not measured."""
    described = results.document("errors").items()
    others = [(bug, entry) for bug, entry in described if "unmeasured" in entry and bug[1] == document[2]]
    rows = [[f"{bug}: {entry['error']}", entry["unmeasured"]] for bug, entry in others]
    return Table("", ["error", "why it is not measured"], rows, 2)


def first_errors(results: Results) -> Table:
    """Of each error whose effect is beyond chance, the first quantity."""
    rows = []
    for document in DOCUMENTS:
        for title, table in errors(results, document):
            shown = [row for row in table.rows if row[-1]]
            rows += [[title, *row[:-1]] for row in shown[:1]]
    return Table("", ["error", "quantity", "the document's way", "the right way", "difference"], rows, 2)


TABLES: dict[str, Callable[[Results], Table]] = {  # of README.md by name
    **{role: partial(comparison, role=role) for role in ("handwriting", "fashion", "colour")},
    "subsets": partial(subsets, measure="accuracy"),
    "from_scratch": from_scratch,
    "panel": benchmark,
    "replications": partial(replications, reported_only=True),
    "errors": first_errors,
}


def markdown(table: Table) -> str:
    """A table as Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [table.columns, ["---"] * len(table.columns), *table.rows])
