"""The stage of the training-set-size study: what it refuses before any of its runs trains."""

from tests.running import change, command, end, make_small, start


def test_a_fraction_that_is_too_small_is_told_before_the_longer_runs_train(tmp_path):
    folder = make_small(tmp_path / "scratch")
    # The longer runs would last for hours.
    change(folder, epochs=100_000, subsets={"fractions": [0.001, 0.5, 1]})
    assert end(start(command("split@handwriting"), folder))[0] == 0
    status, out, errors = end(start(command("train_subsets"), folder))
    assert (status, out) == (1, "")
    assert errors.startswith("error in stage train_subsets")
    assert errors.endswith(": subsets.fractions holds 0.001: gives 0 images, fewer than the classes\n")
    assert errors.count("\n") == 1
