"""The section of params.yaml for the documents' mistakes, made again beside the right way."""

from vision.pipeline.schema.types import Seeds, StrictModel


class Mistakes(StrictModel):
    """What has to be trained for them.

    Attributes:
        seeds: of the softmax regressions of bug B3.1, both of the one that goes through all lambdas and of fresh ones
    """

    seeds: Seeds
