"""The documents' mistakes in words: what each did wrongly, what was measured of it, and how the numbers read."""

from typing import Any, NamedTuple

import pandas as pd


class Mistake(NamedTuple):
    """One bug: what the document did, in one sentence, and the quantities that show what it changes, by name."""

    done: str
    measures: dict[str, str]


MISTAKES = {
    "B0.1": Mistake(
        "The loop that collects the features of the training images goes over the test images.",
        {"nearest_training_image": "test images whose nearest neighbour among the “training” images shows their class"},
    ),
    "B0.2": Mistake(
        "The figure of the nearest neighbours leaves the nearest ones out and begins where it should end.",
        {
            "all_neighbours_share_label": "test images all of whose neighbours show their class",
            "same_label_share": "neighbours that show the image's class",
            "pixel_distance_ratio": "distance of a neighbour's pixels, over that of a random image of the class",
        },
    ),
    "B0.3": Mistake(
        "The features that enter the last layer are taken before their ReLU, where that layer never sees them.",
        {
            "last_layer_accuracy": "test images that the last layer names rightly by these features",
            "same_label_share": "nearest neighbours that show the image's class",
        },
    ),
    "B0.5": Mistake(
        "The training scores of a network that saw a part of the images are those of all training images.",
        {
            "train_loss": "training loss",
            "train_accuracy": "training accuracy",
            "train_loss_factor": "training loss of the largest part over that of the smallest",
        },
    ),
    "B0.6": Mistake(
        "The fall of the test loss from a sixteenth of the images to all is taken for that of ten times the images.",
        {"test_loss_per_decade": "what ten times the images multiply the test loss by"},
    ),
    "B1.1": Mistake(
        "Accuracy and loss are means of the batches' means, though the last batch is smaller.",
        {"test_accuracy": "test accuracy of the ReLU network", "test_loss": "its test loss"},
    ),
    "B1.2": Mistake(
        "The training accuracy is counted on augmented images while the weights still change.",
        {
            "train_accuracy": "training accuracy of the epoch that was kept",
            "train_less_valid_accuracy": "training accuracy less validation accuracy",
        },
    ),
    "B1.3": Mistake(
        "The layers are drawn of augmented training images, to which the network was fitted.",
        {
            "neighbours_accuracy": "images whose class their nearest neighbours name",
            "silhouette": "silhouette of the classes",
        },
    ),
    "B1.4": Mistake(
        "The pixel statistics that normalise the images are taken over the validation images too.",
        {"mean_pixel": "mean pixel"},
    ),
    "B1.6": Mistake(
        "An image that maximises an output is looked for among images of noise.",
        {"least_found_probability": "highest probability that was found, of the class where it is lowest"},
    ),
    "B1.7": Mistake(
        "A loss is computed from a probability that was rounded to four decimals.",
        {"example_loss": "loss of the document's example"},
    ),
    "B2.1": Mistake(
        "The loader shuffles anew, so that the features of one pass stand beside the labels of another.",
        {"neighbours_accuracy": "colour images whose class their nearest neighbours name"},
    ),
    "B2.3": Mistake(
        "Images enter the network as they are, though it learned from normalised ones.",
        {"test_accuracy": "test accuracy of ResNet-18"},
    ),
    "B2.5": Mistake(
        "The maximum and the mean of a map of one pixel count as two features.",
        {"pooled_features": "features that enter the head"},
    ),
    "B2.6": Mistake(
        "The output is drawn after its softmax.",
        {
            "neighbours_accuracy": "test images whose class their nearest neighbours name",
            "silhouette": "silhouette of the classes",
        },
    ),
    "B2.8": Mistake(
        "The baseline is judged on the end of the training file, the network on the test images.",
        {"lead_over_baseline": "accuracy of ResNet-18 less that of the mean images"},
    ),
    "B3.1": Mistake(
        "One network is trained on and on through all lambdas.",
        {
            "valid_accuracy": "validation accuracy of softmax regression",
            "settled_epoch": "first epoch within a tenth of a point of its last accuracy",
        },
    ),
    "B3.4": Mistake(
        "The index into the grid's results lacks a factor.",
        {
            "misnamed_curves": "curves of the figure under a name that is not theirs",
            "mean_of_curves": "mean validation accuracy of the curves with the name",
        },
    ),
    "B3.6": Mistake(
        "The tanh network is compared with softmax regression at one lambda, which is the best of neither.",
        {"network_lead": "test accuracy of the tanh network less that of softmax regression"},
    ),
    "B3.7": Mistake(
        "The misclassified images of a figure are drawn with replacement.",
        {"repeated_image": "probability that an image stands in the figure twice"},
    ),
    "B3.10": Mistake(
        "The best of many single runs is believed, and batch sizes are compared after equally many epochs.",
        {
            "best_point_accuracy": "validation accuracy of the best point of the grid",
            "best_point_lead": "its lead over the second",
            "smaller_batch_lead": "validation accuracy of the smaller batches less that of the larger",
        },
    ),
}
FORMATS = {
    "percent": (100, "z.2f", " %"), "points": (100, "+z.2f", " points"), "nats": (1, "z.4f", " nats"),
    "times": (1, ".3g", " times"), "epochs": (1, "z.1f", " epochs"), "curves": (1, ".0f", " curves"),
    "features": (1, ".0f", " features"), "number": (1, "z.4f", ""),
}  # fmt: skip
UNITS_OF_CHANGE = {"percent": "points"}
NO_CHANGE = {"times": 1}  # of other units 0


def tell(rows: pd.DataFrame) -> pd.DataFrame:
    """Put words to measured rows of vision.document_errors.rows, and into the order of the documents' bugs.

    Returns:
        the rows with document, done and what; whether the change's interval leaves out that there is none, as `shows`;
        and wrong, right and change as text, as `..._shown`

    Raises:
        KeyError: a bug or a measure has no words here
    """
    filled = rows.astype({"at": object, "sample": object, "left_out": object}).fillna(
        {"at": "", "sample": "", "left_out": ""}
    )
    told = [_told(record) for record in filled.to_dict("records")]
    places = {bug: place for place, bug in enumerate(MISTAKES)}
    return pd.DataFrame(sorted(told, key=lambda record: places[record["bug"]]))


def _told(record: dict[str, Any]) -> dict[str, Any]:
    mistake, at, unit = MISTAKES[record["bug"]], record.pop("at"), record["unit"]
    about = {"document": f"00{record['bug'][1]}", "bug": record.pop("bug"), "done": mistake.done}
    about["what"] = ", ".join(filter(None, (mistake.measures[record["measure"]], at)))
    if record["left_out"]:
        return about | record | {"shows": False, "wrong_shown": "", "right_shown": "", "change_shown": ""}
    units = {"wrong": unit, "right": unit, "change": UNITS_OF_CHANGE.get(unit, unit)}
    ways = {way: [record[f"{way}{end}"] for end in ("", "_low", "_high")] for way in units}
    nothing, (_, low, high) = NO_CHANGE.get(unit, 0), ways["change"]
    texts = {f"{way}_shown": show(*ways[way], name) for way, name in units.items()}
    return about | record | {"shows": not low <= nothing <= high, **texts}


def show(value: float, low: float, high: float, unit: str) -> str:
    """A number in its unit with its interval, as text; without it where chance has no part in the number."""
    scale, form, name = FORMATS[unit]
    texts = [f"{scale * one:{form}}" for one in (value, low, high)]
    return texts[0] + name + (f" ({texts[1]} to {texts[2]})" if low < high else "")
