"""What do the test embeddings look like in two dimensions, and how far may the picture be trusted?

Reads the embeddings and the predictions. Writes the t-SNE coordinates, what they are worth, and how near the
classes lie to each other before and after, and how many of one lie among the other. Row C10, bug B0.4.
"""

from pathlib import Path

from vision.data.dataset import assert_same_samples
from vision.embedding.neighbours import nearest, vote
from vision.embedding.quality import centroid_distances, embedding_quality, strays
from vision.embedding.tsne import tsne
from vision.pipeline.files import load_arrays, save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics, write_table
from vision.scores.intervals import proportion


def main(
    params: Params, *, embeddings: Path, predictions: Path, coordinates: Path, distances: Path, metrics: Path
) -> None:
    embedded, predicted = load_arrays(embeddings), load_arrays(predictions)
    assert_same_samples(embedded["test_indices"], predicted["test_indices"])
    features, labels = embedded["test_features"], embedded["test_labels"]
    names = embedded["class_names"].tolist()
    options, k = params.tsne, params.tsne.quality_neighbours
    points, divergence = tsne(
        features, perplexity=options.perplexity, pca_components=options.pca_components, iterations=options.iterations,
        seed=params.seed, threads=params.threads,
    )  # fmt: skip
    guesses = predicted["test_logits"].argmax(1)
    wrong = guesses != labels

    save_arrays(coordinates, points=points, labels=labels, indices=embedded["test_indices"], wrong=wrong)
    draws = params.evaluation.resamples, params.seed
    votes, rows = {}, []
    for space, places in (("features", features), ("embedding", points)):
        votes[space] = vote(nearest(places, k), labels)
        for rank, (pair, distance) in enumerate(centroid_distances(places, labels, *draws).items(), start=1):
            row = {"space": space, "rank": rank, "first": names[pair[0]], "second": names[pair[1]]}
            rows.append(row | distance | strays(votes[space], labels, *pair))
    write_table(distances, rows)
    write_metrics(
        metrics,
        {
            "kl_divergence": divergence,
            **embedding_quality(features, points, labels, k),
            "errors_among_predicted_class": proportion(votes["embedding"][wrong] == guesses[wrong]),
        },
    )


if __name__ == "__main__":
    run(main)
