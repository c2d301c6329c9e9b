"""The tables of README.md: written anew from the committed results and documents/ by `make readme`.

A table stands between two comments, `<!-- table: NAME -->` and `<!-- end -->`; the names are the keys of TABLES.
"""

import math
import re
import sys
from collections.abc import Callable
from pathlib import Path

from vision.evidence.documents import printed_table, read_document
from vision.evidence.fashion import network_rows
from vision.evidence.replicated import score_rows
from vision.pipeline.errors import UserError
from vision.pipeline.params import load_params
from vision.pipeline.tables import read_metrics, read_table

README = Path("README.md")


def main() -> None:
    """Write the tables anew."""
    try:
        page = fill(README.read_text(encoding="utf-8"), Path())
    except UserError as error:
        sys.exit(f"error: {error}")
    README.write_text(page, encoding="utf-8")


def fill(page: str, root: Path) -> str:
    """The page with every table made anew from the results below `root`."""

    def replaced(found: re.Match) -> str:
        return f"{found[1]}\n{TABLES[found[2]](root)}\n{found[3]}"

    return re.sub(r"(<!-- table: (\w+) -->)\n.*?(<!-- end -->)", replaced, page, flags=re.DOTALL)


def _comparison(role: str) -> Callable[[Path], str]:
    def table(root: Path) -> str:
        params = load_params(root / "params.yaml")
        models = read_table(root / f"plots/comparison/{role}/models.csv")
        models = models.sort_values("accuracy", ascending=False, kind="stable")
        head = ["model", "test accuracy, %", "documents", "published", "test loss, nats", "scaled"]
        head += ["calibration error", "if calibrated", "scaled"]
        rows = [
            [
                params.title(model.model),
                _interval(100 * model.accuracy, 100 * model.accuracy_low, 100 * model.accuracy_high, 2),
                _percent(model.document_accuracy), _percent(model.published_accuracy),
                _interval(model.loss, model.loss_low, model.loss_high, 4),
                _interval(model.scaled_loss, model.scaled_loss_low, model.scaled_loss_high, 4),
                _interval(model.ece, model.ece_low, model.ece_high, 4),
                f"{model.ece_null_low:.4f} to {model.ece_null_high:.4f}",
                _interval(model.scaled_ece, model.scaled_ece_low, model.scaled_ece_high, 4),
            ]
            for model in models.itertuples()
        ]  # fmt: skip
        return _markdown(head, rows)

    return table


def _subsets(root: Path) -> str:
    printed = {row["fraction"]: row for row in printed_table(read_document(root / "documents/000.yaml"), "subsets")}
    sizes = read_metrics(root / "metrics/convnet_subsets.json")["sizes"]
    runs = read_table(root / "plots/convnet/subsets.csv").groupby("images").fraction.first()
    rows = []
    for images, fraction in runs.items():
        accuracy, loss = (sizes[f"images_{images}"][f"test_{name}"] for name in ("accuracy", "loss"))
        document = printed.get(fraction, {"test_accuracy": math.nan, "test_loss": math.nan})
        share = [100 * accuracy[name] for name in ("mean", "std", "low", "high")]
        row = [f"1/{round(1 / fraction)}" if fraction < 1 else "all", f"{images:,}"]
        row += ["{:.2f} ± {:.2f} ({:.2f} to {:.2f})".format(*share), _percent(document["test_accuracy"])]
        rows.append([*row, f"{loss['mean']:.4f} ± {loss['std']:.4f}", f"{document['test_loss']:.4f}"])
    head = ["part", "training images", "test accuracy, %", "document", "test loss, nats", "document"]
    return _markdown(head, rows)


def _from_scratch(root: Path) -> str:
    """Test accuracy of each network at every checkpoint, and what document 004 printed of it."""
    accuracies, metrics = root / "plots/from_scratch/accuracies.csv", root / "metrics/from_scratch.json"
    networks = network_rows(accuracies, read_metrics(metrics), load_params(root / "params.yaml").title)
    checkpoints = list(dict.fromkeys(name for network in networks for name in network["kept"]))
    printed = [name for name in checkpoints if name != "best"]  # of the best epoch no document says anything
    head = ["network", "learning rate"]
    for name in checkpoints:
        head += [f"{name.replace('_', ' ')}, %", *(["document"] if name in printed else [])]
    rows = []
    for network in networks:
        row = [network["name"] + (" (diverged)" if network["diverged"] else ""), f"{network['lr']:g}"]
        for name in checkpoints:
            found = network["kept"].get(name)
            row.append(_interval(*(100 * found[f"accuracy{end}"] for end in ("", "_low", "_high")), 2) if found else "")
            theirs = found and found["printed"]
            row += [_percent(math.nan if theirs is None else theirs)] if name in printed else []
        rows.append(row)
    return _markdown(head, rows)


def _panel(root: Path) -> str:
    found = read_table(root / "plots/panel/accuracy.csv")
    kinds = {
        "pixels": "pixels",
        "scattering": "scattering",
        "backbone": "ResNet-18",
        "finetuned": "ResNet-18, fine-tuned",
    }
    names = {"mean_image": "mean image", "knn": "nearest neighbours", "random_forest": "random forest"}
    names |= {"linear_discriminant": "linear discriminant", "softmax": "softmax regression"}
    rows = []
    for role, kind in ((role, kind) for role in ("handwriting", "colour") for kind in kinds):
        cells = found[(found.role == role) & (found.kind == kind)].set_index("classifier")
        shares = [100 * cells.loc[list(names), f"accuracy{end}"] for end in ("", "_low", "_high")]
        rows.append([role, kinds[kind], *(_interval(*share, 2) for share in zip(*shares, strict=True))])
    return _markdown(["images", "description", *names.values()], rows)


def _replications(root: Path) -> str:
    """Every printed score of a network that is replicated, what its settings give, and our own recipe."""
    params, rows = load_params(root / "params.yaml"), []
    for row in score_rows(params, root / "plots/replications", root / "metrics"):
        if row["printed"] is None:
            continue
        scale, digits = (100, 2) if row["measure"] == "accuracy" else (1, 4)
        ours = _interval(*(scale * row[name] for name in ("mean", "low", "high")), digits)
        another = " to ".join(f"{scale * row[f'another_{end}']:.{digits}f}" for end in ("low", "high"))
        own = ", ".join(f"{one['title']} {scale * one['value']:.{digits}f}" for one in row["beside"])
        score = f"{row['split']} {row['measure']}" + (", %" if scale == 100 else ", nats")
        rows.append([params.title(row["name"]), score, f"{scale * row['printed']:.{digits}f}", ours, another, own])
    return _markdown(["network", "score", "printed", "its settings", "one more run", "our recipes"], rows)


def _errors(root: Path) -> str:
    """Of each error that shows, the first quantity."""
    found = read_table(root / "plots/documents/errors.csv")
    first = found[found.shows].groupby("bug", sort=False).head(1)
    rows = [
        [row.bug, row.done, row.what, row.wrong_shown, row.right_shown, row.change_shown] for row in first.itertuples()
    ]
    return _markdown(["error", "what was done", "quantity", "the document's way", "the right way", "difference"], rows)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def _interval(value: float, low: float, high: float, digits: int) -> str:
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}" if share == share else ""  # an empty cell is read as NaN


TABLES = {role: _comparison(role) for role in ("handwriting", "fashion", "colour")}
TABLES |= {"from_scratch": _from_scratch, "panel": _panel, "subsets": _subsets}
TABLES |= {"replications": _replications, "errors": _errors}

if __name__ == "__main__":
    main()
