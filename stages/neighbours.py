"""Are images that are close in feature space alike?

Writes the nearest neighbours of the queries and, over all test images, how often neighbours share the label and how
close their pixels are.
"""

from pathlib import Path

from vision.data.dataset import Dataset, assert_same_samples
from vision.embedding.neighbours import nearest, pixel_distance_ratio
from vision.pipeline.errors import UserError
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.scores.estimate import write_scores
from vision.scores.intervals import mean_estimate, share_estimate


def main(params: Params, *, data: Path, features: Path, tables: Path) -> None:
    images, embedded = (Dataset.load(folder / "test.npz").splits["test"] for folder in (data, features))
    assert_same_samples(images.indices, embedded.indices)
    queries = params.neighbours.queries
    if max(queries) >= len(images):
        raise UserError(f"neighbours.queries holds {max(queries)}: must be below {len(images)}, the test images")
    near = nearest(embedded.inputs, params.neighbours.count)
    same = images.labels[near] == images.labels[:, None]
    rows = [
        {"query": query, "rank": rank, "neighbour": position, "label": images.labels[position]}
        for query in queries
        for rank, position in enumerate(near[query], start=1)
    ]
    write_table(tables / "neighbours.csv", rows)
    scores = {
        "same_label_share": mean_estimate(same.mean(1)),
        "all_same_label": share_estimate(same.all(1)),
        "pixel_distance_ratio": mean_estimate(pixel_distance_ratio(images.inputs, images.labels, near, params.seed)),
    }
    write_scores(tables / "scores.csv", scores)


if __name__ == "__main__":
    run(main)
