"""The names of the study's networks in files and tables, by layers and seed."""

from vision.pipeline.schema.models import FromScratch

CHOSEN = "chosen"  # the choice of layers that most numbers of the study are of


def layers_name(hidden: list[int]) -> str:
    """The name of a choice of hidden layers in files and tables, as layers_128_64_32."""
    return "_".join(["layers", *map(str, hidden)])


def file_name(study: FromScratch, chosen: str, layers: str, name: str, seed: int) -> str:
    """Where the network is saved: its name alone with the chosen layers and the first seed."""
    if layers != chosen:
        return f"{name}_{layers}"
    return name if seed == study.seeds[0] else f"{name}_seed_{seed}"


def saved_names(study: FromScratch, hidden: list[int]) -> dict[str, dict[str, list[str]]]:
    """The file names of each network, one for each seed: with the chosen layers, and in NumPy with the others."""
    chosen, first = layers_name(hidden), study.seeds[:1]
    seeds = {CHOSEN: {name: study.seeds_of(name) for name in study.runs}}
    seeds |= {
        layers: {name: first for name, run in study.runs.items() if run.trainer == "numpy"}
        for layers in map(layers_name, study.layers) if layers != chosen
    }  # fmt: skip
    return {
        key: {name: [file_name(study, chosen, chosen if key == CHOSEN else key, name, seed) for seed in of_name]
              for name, of_name in runs.items()}
        for key, runs in seeds.items()
    }  # fmt: skip
