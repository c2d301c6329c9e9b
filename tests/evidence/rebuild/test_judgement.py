"""What one output is said to be follows from what hangs together with it."""

import json

import pytest

from vision.evidence.rebuild.judgement import DIFFERENT, IDENTICAL, TOLERANCE, UNCOMPARED, UNJUDGED, judge_all
from vision.evidence.rebuild.records import checksum
from vision.evidence.recorded import Entry

OUTPUTS = {"split": ["data.txt"], "train": ["net.txt", "curves.csv"], "evaluate": ["net.json"], "apart": ["apart.txt"]}
READ = {"split": [], "train": ["data.txt"], "evaluate": ["net.txt"], "apart": []}
CONTENT = {
    "data.txt": "images",
    "net.txt": "weights",
    "curves.csv": "epoch,loss\n1,0.5\n",
    "net.json": json.dumps({"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 1.0}),
    "apart.txt": "of its own",
}
OTHER = {path: text + "x" for path, text in CONTENT.items()} | {
    "curves.csv": "epoch,loss\n1,0.6\n",
    "net.json": CONTENT["net.json"].replace("0.9", "0.91"),
}


def judged(folder, *changed, absent=(), failed=()):
    """The words of all but identical outputs; some came out otherwise, are not committed, or are of a failed stage."""
    for place in ("committed", "rebuilt"):
        (folder / place).mkdir()
        for path, text in CONTENT.items():
            if place == "rebuilt" or path not in absent:
                (folder / place / path).write_text(OTHER[path] if place == "rebuilt" and path in changed else text)
    records = [
        {
            stage: Entry(
                "", {}, dict.fromkeys(READ[stage], ""), {path: checksum(folder / place / path) for path in paths}
            )
            for stage, paths in OUTPUTS.items()
            if not (set(paths) & set(absent) or (place == "rebuilt" and stage in failed))
        }
        for place in ("committed", "rebuilt")
    ]
    if absent:
        records[1] = {stage: Entry("", {}, {}, dict.fromkeys(paths, "")) for stage, paths in OUTPUTS.items()}
    found = judge_all(OUTPUTS, *records, dict.fromkeys(failed, "for want of luck"), folder / "none", folder)
    return {path: one.word for path, one in found.items() if one.word != IDENTICAL}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ([], {}),
        (["net.txt"], {"net.txt": DIFFERENT}),
        (["curves.csv"], {"curves.csv": DIFFERENT}),
        (["net.json"], {"net.json": DIFFERENT}),  # within its interval; but the weights are the same
        (["apart.txt"], {"apart.txt": DIFFERENT}),
        (["net.txt", "apart.txt"], {"net.txt": DIFFERENT, "apart.txt": DIFFERENT}),
        (["net.txt", "net.json"], {"net.txt": UNJUDGED, "net.json": TOLERANCE}),
        (["net.txt", "curves.csv", "net.json"], {"net.txt": UNJUDGED, "curves.csv": UNJUDGED, "net.json": TOLERANCE}),
        (["net.txt", "curves.csv"], {"net.txt": UNCOMPARED, "curves.csv": UNCOMPARED}),  # no interval anywhere
    ],
)
def test_what_differs_alone_is_no_rounding(changed, words, tmp_path):
    assert judged(tmp_path, *changed) == words


def test_a_stage_that_failed_leaves_nothing_to_compare(tmp_path):
    assert judged(tmp_path, failed=["evaluate"]) == {"net.json": UNCOMPARED}


def test_what_was_never_committed_cannot_be_compared(tmp_path):
    assert judged(tmp_path, absent=["net.json"]) == {"net.json": UNCOMPARED}
