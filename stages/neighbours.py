"""Are images that lie close in the embedding alike?

Reads the embeddings and the test images. Writes the nearest neighbours of the queries, and over all test images how
often neighbours share the label and how near their pixels are. Row C11, bug B0.2.
"""

from pathlib import Path

from vision.data.dataset import Dataset, assert_same_samples
from vision.embedding.neighbours import nearest, pixel_distance_ratio
from vision.pipeline.errors import UserError
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics, write_table
from vision.scores.intervals import mean_with_interval, proportion


def main(params: Params, *, test: Path, embeddings: Path, metrics: Path, table: Path) -> None:
    split, embedded = Dataset.load(test).splits["test"], load_arrays(embeddings)
    assert_same_samples(split.indices, embedded["test_indices"])
    queries, count = params.neighbours.queries, params.neighbours.count
    if max(queries) >= len(split):
        raise UserError(f"neighbours.queries holds {max(queries)}: must be below {len(split)}, the test images")
    near = nearest(embedded["test_features"], count)
    same = split.labels[near] == split.labels[:, None]
    ratio = pixel_distance_ratio(split.inputs, split.labels, near, params.seed)

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
