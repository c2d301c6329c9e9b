"""The page of what changed: only what differs, both revisions, and no network."""

import shutil
from pathlib import Path

from tests.scratch import ROOT
from tests.study import MODELS, commit, write_data, write_lock, write_model
from vision.evidence.change import plots


def test_page_draws_what_differs_of_both_revisions_without_a_network(study, capsys):
    for name in ("config", "plots_page.html"):
        shutil.copy(ROOT / ".dvc" / name, study / ".dvc" / name)
    commit(study)
    plots.main("main")
    assert capsys.readouterr().out == "No table or figure of a model differs from main.\n"
    write_model(study, "svm", range(20))
    write_data(Path("plots/figures/handwriting/convnet/tsne.png"), "another picture")
    write_lock(study)
    plots.main("main")
    page = Path("dvc_plots/index.html").read_text()
    assert f'"{MODELS}/svm/evaluation/classes.csv"' in page
    assert '"rev": "main"' in page
    assert '"rev": "workspace"' in page
    assert "convnet/evaluation" not in page
    assert sorted(path.name for path in Path("dvc_plots/static").iterdir()) == [
        f"{rev}_plots_figures_handwriting_convnet_tsne.png" for rev in ("main", "workspace")
    ]
    assert "cdn." not in page.partition("<body>")[2]
    assert len(page) < 2e6
