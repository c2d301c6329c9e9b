"""Figures that are drawn but not rendered."""

import pytest
from matplotlib import pyplot as plt
from PIL import Image


@pytest.fixture
def canvas_of(tmp_path, monkeypatch):
    """Call a function that draws into a path, and give its figure without rendering it, which takes seconds."""
    monkeypatch.setattr("vision.figures.style.render", lambda canvas: Image.new("RGB", (1, 1)))
    monkeypatch.setattr(plt, "close", lambda canvas: None)

    def draw(function, *arguments, **options):
        function(tmp_path / "figure.png", *arguments, **options)
        return plt.gcf()

    yield draw
    monkeypatch.undo()
    plt.close("all")
