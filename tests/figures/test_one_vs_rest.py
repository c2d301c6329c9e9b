"""Two-by-two tables are drawn for any number of classes, with a document's counts or without."""

import pytest

from tests.figures.test_transfer import twice
from vision.figures.one_vs_rest import draw_one_vs_rest


@pytest.mark.parametrize(("classes", "printed"), [(10, True), (7, False), (2, False)])
def test_tables_are_drawn_of_any_classes(classes, printed, tmp_path):
    counts = [[90 + place, place, 0, 900] for place in range(classes)]
    models = {"one": counts, "the other": counts}
    names = [f"class {place}" for place in range(classes)]
    drawn = twice(lambda path: draw_one_vs_rest(path, names, models, counts if printed else []), tmp_path)
    assert drawn.width == 1050


def test_no_mistake_at_all_is_drawn(tmp_path):
    twice(lambda path: draw_one_vs_rest(path, ["a", "b"], {"one": [[5, 0, 0, 5]] * 2}, []), tmp_path)
