"""Is a network from scratch as accurate as scikit-learn's, and how do the activations compare?

Trains the networks in NumPy with each choice of layers, and chooses the layers by validation accuracy. With them it
trains the networks of the other seeds and those of scikit-learn. Writes the weights of each network's most accurate
epoch on the validation images and of the study's checkpoints, the curves, and the scores that chose the layers.
"""

from pathlib import Path

from vision.nets import save_net
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.studies.from_scratch.jobs import best_layers, layer_rows, other_jobs, tried_jobs
from vision.studies.from_scratch.names import file_name, layers_name
from vision.training.jobs import curves_table, train_all


def main(params: Params, *, data: Path, weights: Path, tables: Path) -> None:
    study, options = params.from_scratch, {"data": data / "train.npz", "device": "cpu"}
    tried = train_all(tried_jobs(study), **options)
    rows = layer_rows(study, tried)
    chosen = best_layers(study, rows)
    print(f"chosen by validation: {chosen}", flush=True)
    by_name = {}
    for trained in [*tried, *train_all(other_jobs(study, chosen), **options)]:
        job = trained.job
        name = file_name(study, layers_name(chosen), job.labels["layers"], job.name, job.seed)
        history = trained.training.history() | {"checkpoints": trained.training.checkpoints}
        save_net(weights / f"{name}.pt", job.net, trained.hyper, trained.weights, history)
        by_name[name] = trained
    write_table(tables / "layers.csv", rows)
    write_table(tables / "curves.csv", curves_table([by_name[name] for name in study.runs]))


if __name__ == "__main__":
    run(main)
