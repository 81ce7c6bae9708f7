"""What the server answers: fields as attributes, `.df`, `.url`, a card in notebooks, and `plot()`."""

from .forecast import (
    Advised,
    Answer,
    Batch,
    Caution,
    Chart,
    Complexity,
    Costs,
    Evaluation,
    Fit,
    Forecast,
    Interval,
    Layer,
    Listing,
    Measured,
    Model,
    Models,
    Nearest,
    Net,
    Next,
    Platform,
    Platforms,
    Prediction,
    Ratios,
    Release,
    RowError,
    Scaled,
    Score,
    Share,
    Strategies,
    Upload,
)  # fmt: skip
from .timings import Measurement, Measurements
from .ways import Comparison, Explanation, Plan

__all__ = [
    "Advised", "Answer", "Batch", "Caution", "Chart", "Comparison", "Complexity", "Costs", "Evaluation", "Explanation",
    "Fit", "Forecast", "Interval", "Layer", "Listing", "Measured", "Measurement", "Measurements", "Model", "Models",
    "Nearest", "Net", "Next", "Plan", "Platform", "Platforms", "Prediction", "Ratios", "Release", "RowError", "Scaled",
    "Score", "Share", "Strategies", "Upload",
]  # fmt: skip
