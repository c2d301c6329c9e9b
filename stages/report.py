"""What are the results, on one page?

Reads the tables and figures of all studies. Writes one HTML file that needs no network and no other file.
"""

import base64
from collections import Counter
from functools import partial
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vision.evidence import tables
from vision.evidence.documents import DOCUMENTS
from vision.pipeline.files import atomic_write
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_records

TEMPLATES = Path(__file__).parent / "templates"
ROLES = ("handwriting", "fashion", "colour")


def main(params: Params, *, documents: Path, plots: Path, report: Path) -> None:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    macros = environment.get_template("table.html.jinja").module
    results = tables.Results(params, plots, documents)
    environment.filters |= {"words": lambda name: name.replace("_", " "), "anchor": _anchor}
    environment.globals |= {"title": params.title, "figure": partial(_figure, plots / "figures", set())}
    environment.globals["table"] = lambda name, *words: macros.table(getattr(tables, name)(results, *words))
    claims = {
        name: read_records(plots / f"claims/{name}/claims.csv")
        for name in DOCUMENTS
        if (plots / "claims" / name).exists()
    }
    page = environment.get_template("report.html.jinja").render(
        params=params,
        results=results,
        roles=ROLES,
        has=lambda part: (plots / part).exists(),
        show=tables.show,
        convnet=results.model("convnet"),
        digits="digits" in params.datasets.model_dump().values(),
        versions={name: version(name).split("+")[0] for name in ("torch", "scikit-learn", "numpy")},
        claims={name: {"title": results.document(name)["title"], "rows": rows} for name, rows in claims.items()},
        tally=Counter(row["verdict"] for rows in claims.values() for row in rows),
        reasons=Counter(row["reason"] for rows in claims.values() for row in rows if row["verdict"] == "inconclusive"),
        errors={name: found for name in DOCUMENTS if (found := list(tables.errors(results, name)))},
        described=results.document("errors"),
        render=macros.table,
        models={
            role: [row["model"] for row in tables.by_accuracy(results, role) if row["model"] in names]
            for role, names in params.compared
        },
    )
    with atomic_write(report) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _anchor(path: str) -> str:
    """The id of a figure or a model."""
    return path.removesuffix(".png").removeprefix("figures/").replace("/", "-")


def _figure(folder: Path, drawn: set[str], path: str, caption: str) -> Markup:
    """A figure of the page with its picture inside; its id stands where it is shown first."""
    picture = base64.b64encode((folder / path).read_bytes()).decode()
    anchor = Markup("") if path in drawn else Markup(' id="{}"').format(_anchor(path))
    drawn.add(path)
    html = '<figure{}><img src="data:image/png;base64,{}" alt="{}"><figcaption>{}</figcaption></figure>'
    return Markup(html).format(anchor, picture, caption, caption)


if __name__ == "__main__":
    run(main)
