"""The page for a pull request: what changed and nothing else, sorted, each change with its worth."""

import sys

import pytest
import yaml
from markdown_it import MarkdownIt

from tests.repositories import dvc, git
from tests.running import end, start
from tests.scratch import ROOT
from vision.evidence.pull_request import judge, render


def change(old, new):
    return {"old": old, "new": new}


METRICS = {
    "metrics/b.json": {
        "test.loss": change(0.5, 0.25),
        "test.accuracy": change(0.9, 0.8),
        "test.accuracy_low": change(0.85, 0.75),
        "test.accuracy_high": change(0.95, 0.95),
        "test.images": change(10, 10),
        "again.accuracy": change(0.5, 0.5),
        "share.share": change(0.5, 0.75),
        "share.low": change(0.4, 0.7),
        "share.high": change(0.6, 0.8),
    },
    "metrics/a.json": {"kept": change(1, 1), "gone": change(3, None), "arrived": {"new": 4.0}},
}
PARAMS = {"params.yaml": {"lr": change(0.1, 0.05), "epochs": change(8, 8), "batch_size": change(64, 128)}}


def rows(page):
    """The cells of each row below a header."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    rules = [number for number, line in enumerate(lines) if line.startswith("|---")]
    return [
        tuple(cell.strip() for cell in line[1:-1].split("|"))
        for number, line in enumerate(lines)
        if number not in rules and number + 1 not in rules
    ]


def test_only_what_changed_sorted_by_file_and_name():
    assert rows(render(PARAMS, METRICS, "main")) == [
        ("batch_size", "64", "128"),
        ("lr", "0.1", "0.05"),
        ("a: arrived", "", "4", "", "new"),
        ("a: gone", "3", "", "", "gone"),
        ("b: share.share", "0.5", "0.75", "+0.25", "better"),
        ("b: test.accuracy", "0.9", "0.8", "-0.1", "worse, within its 95 % interval"),
        ("b: test.loss", "0.5", "0.25", "-0.25", "better"),
    ]


def test_the_order_of_the_input_does_not_matter():
    mixed = {file: dict(reversed(changes.items())) for file, changes in reversed(METRICS.items())}
    assert render(PARAMS, mixed, "main") == render(PARAMS, METRICS, "main")


@pytest.mark.parametrize("same", [{}, {"params.yaml": {"lr": change(0.1, 0.1)}}])
def test_nothing_changed_is_said(same):
    page = render(same, same, "v1")
    assert page.count("None changed.") == 2
    assert rows(page) == []
    assert "against v1" in page


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("test.accuracy", "up"),
        ("macro_f1", "up"),
        ("trustworthiness", "up"),
        ("knn_recall", "up"),
        ("all_same_label.share", "up"),
        ("sizes.images_100.test_accuracy.mean", "up"),
        ("errors.true_class_second.share", "up"),
        ("test.loss", "down"),
        ("test.ece", "down"),
        ("kl_divergence", "down"),
        ("sizes.images_100.test_loss.mean", "down"),
        ("sizes.images_100.test_loss.std", ""),
        ("errors_among_predicted_class.share", ""),  # says where the mistakes lie, not how many there are
        ("parameters", ""),
        ("best_epoch", ""),
        ("images.train", ""),
        ("channel_0.mean", ""),
    ],
)
def test_better_and_worse_by_name(name, better):
    assert judge(name, 0.5, 0.6, None) == {"up": "better", "down": "worse", "": ""}[better]
    assert judge(name, 0.6, 0.5, None) == {"up": "worse", "down": "better", "": ""}[better]


def test_within_the_interval_is_where_the_old_value_lies_in_the_new_one():
    assert judge("test.accuracy", 0.90, 0.91, (0.89, 0.93)) == "better, within its 95 % interval"
    assert judge("test.accuracy", 0.90, 0.95, (0.93, 0.97)) == "better"
    assert judge("test.loss", 0.90, 0.95, (0.90, 0.97)) == "worse, within its 95 % interval"


def test_a_metric_need_be_no_number_and_no_interval_whole():
    odd = {
        "mean": change(0.1, 0.2),
        "word": change("low", "high"),
        "huge": change(10**400, 1),
        "loss": change(0.5, 0.4),
        "loss_low": change(0.4, 0.3),
        "ece": change(0.5, 0.4),
        "ece_low": change(0.4, "none"),
        "ece_high": change(0.4, 0.6),
    }
    words = {name: word for name, *_, word in rows(render({}, {"m": odd}, "main"))}
    assert words == {"m: mean": "", "m: word": "", "m: huge": "", "m: loss": "better", "m: ece": "better"}


NASTY = [
    "a|b",
    "\\|",
    "a\\",
    "lr | 0.1 | 0.2 |\n| forged",
    "\n\n## All tests passed\r\n\n",
    "\u2028- [x] forged",
    "`code`",
    "```",
    "<img src=x onerror=alert(1)>",
    "</table><h2>forged</h2>",
    "<!-- hidden",
    "&lt;b&gt; &#124;",
    "[link](https://example.org)",
    "![picture](https://example.org/x.png)",
    "<https://example.org>",
    "https://example.org",
    "www.example.org",
    "*bold* **bold** _bold_ __bold__ ~~gone~~",
    "$\\sqrt{2}$",
    "@someone #1 :tada:",
    "\u202egnp.exe",
    "\ud800",
    "größe",
    "::error::forged",
    "x" * 10_000,
]
PLAIN = ["models.relu_mlp.lr", "test.accuracy_low", "[0.1, 0.3]", "-0.5", "1e-05", "data/raw, 95 % + 1", "raw.x", "{}"]


def shown(text):
    """What a reader should see of a text: all of it but for its length, with marks for what has no shape."""
    visible = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text[:200])
    return visible + "..." * (len(text) > 200)


def read(page):
    """The kinds of a page's parts, as a markdown parser finds them, and the texts of its headings and cells."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)
    texts = [token.children for token in tokens if token.type == "inline"]
    kinds = [token.type for token in tokens] + [part.type for parts in texts for part in parts]
    return kinds, ["".join(part.content for part in parts) for parts in texts]


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_names_and_values_stay_text(nasty):
    """One heading, row or cell too many, or a link, would be another page than the one with plain words."""
    pages = [
        render({"p": {word: change(word, [word])}}, {f"metrics/{word}.json": {word: change(word, 1.0)}}, word)
        for word in ("plain", nasty)
    ]
    (kinds, plain), (nasty_kinds, texts) = map(read, pages)
    assert set(nasty_kinds) - {"text_special"} == set(kinds)
    assert [kind for kind in nasty_kinds if kind not in ("text", "text_special")] == [
        kind for kind in kinds if kind != "text"
    ]
    expected = [text.replace("['plain']", shown(str([nasty]))).replace("plain", shown(nasty)) for text in plain]
    assert [text.split() for text in texts] == [text.split() for text in expected]
    assert "https:" not in pages[1]  # which GitHub links, without any mark
    assert "www." not in pages[1]


@pytest.mark.parametrize("plain", PLAIN)
def test_plain_names_and_values_are_printed_as_they_are(plain):
    assert rows(render({"p": {plain: change(plain, 1)}}, {}, "main")) == [(plain, plain, "1")]


def test_a_long_report_fits_into_a_job_summary():
    many = {f"{'|' * 150}{number}": change("ß" * 300, "|" * 300) for number in range(2000)}
    page = render({"params.yaml": many}, {"metrics/a.json": many}, "main")
    assert len(page.encode("ascii", "xmlcharrefreplace")) < 2**20
    shown_rows = len(rows(page))
    left_out = [int(line.split()[0]) for line in page.splitlines() if line.endswith("more have no room here.")]
    assert shown_rows > 100
    assert shown_rows + sum(left_out) == 4000
    assert len(left_out) == 2


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "--quiet")
    dvc(tmp_path, "init", "--quiet")
    (tmp_path / "params.yaml").write_text("lr: 0.1\n")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--message", "first")
    return tmp_path


def report(repository, *words, **environment):
    command = [sys.executable, "-m", "vision.evidence.pull_request", *words]
    return end(start(command, repository, env={"PYTHONPATH": str(ROOT), **environment}))


@pytest.mark.parametrize("base", ["no-such-branch", "-h", "--help", "", "main; touch X", "a\n::error::forged"])
def test_a_base_that_is_none_is_one_line(base, repository):
    status, out, errors = report(repository, base)
    assert (status, out, errors.count("\n")) == (1, "", 1), errors
    assert repr(base) in errors
    assert "BASE=" in errors


def test_nasty_names_through_dvc_and_an_ascii_terminal(repository):
    nasty = "größe|\n## forged <b>"
    (repository / "params.yaml").write_text(yaml.safe_dump({"lr": 0.1, nasty: nasty}))
    status, out, errors = report(repository, "HEAD", PYTHONIOENCODING="ascii")
    assert (status, errors) == (0, "")
    assert out.isascii()
    assert [text for text in read(out)[1] if "forged" in text] == [shown(nasty)] * 2
