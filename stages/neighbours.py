"""Are images that lie close in the embedding alike?

Reads the embeddings and the test images. Writes the nearest neighbours of the queries, and over all test images how
often neighbours share the label and how near their pixels are. Row C11, bug B0.2.
"""

from pathlib import Path

from vision.datasets import Dataset
from vision.errors import UserError
from vision.features import nearest, pixel_distance_ratio
from vision.files import load_arrays
from vision.params import Params
from vision.results import write_metrics, write_table
from vision.scores import check_joined, mean_with_interval, proportion
from vision.stage import run


def main(params: Params, *, test: Path, embeddings: Path, metrics: Path, table: Path) -> None:
    split, embedded = Dataset.load(test).splits["test"], load_arrays(embeddings)
    check_joined(split.indices, embedded["test_indices"])
    queries, count = params.neighbours.queries, params.neighbours.count
    if max(queries) >= len(split):
        raise UserError(f"neighbours.queries holds {max(queries)}: must be below {len(split)}, the test images")
    near = nearest(embedded["test_features"], count)
    same = split.labels[near] == split.labels[:, None]
    ratio = pixel_distance_ratio(split.images, split.labels, near, params.seed)

    rows = [
        {"query": query, "rank": rank, "neighbour": position, "label": split.labels[position]}
        for query in queries
        for rank, position in enumerate(near[query], start=1)
    ]
    write_table(table, rows)
    write_metrics(
        metrics,
        {
            **mean_with_interval("same_label_share", same.mean(1)),
            "all_same_label": proportion(same.all(1)),
            **mean_with_interval("pixel_distance_ratio", ratio),
        },
    )


if __name__ == "__main__":
    run(main)
