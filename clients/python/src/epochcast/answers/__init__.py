"""What the server answers: fields as attributes, `.df`, `.url`, a card in notebooks, and `plot()`."""

from .answer import Answer, Listing
from .explanation import Explained, Explanation
from .forecast import Batch, Caution, Fit, Forecast, Interval, Nearest, Prediction, Share
from .nets import Complexity, Costs, Layer, Net, Ratios, Scaled
from .platforms import Advised, Measured, Next, Platform, Platforms
from .server import Chart, Evaluation, Model, Models, Release, Score, Strategies
from .timings import Measurement, Measurements, RowError, Upload
from .trust import Audit, AuditEntry, Calibrated, Calibration, PlatformCalibration, Ruled, TrackRecord
from .ways import Comparison, Plan

__all__ = [
    "Advised", "Answer", "Audit", "AuditEntry", "Batch", "Calibrated", "Calibration", "Caution", "Chart", "Comparison",
    "Complexity", "Costs", "Evaluation", "Explained", "Explanation", "Fit", "Forecast", "Interval", "Layer", "Listing",
    "Measured", "Measurement", "Measurements", "Model", "Models", "Nearest", "Net", "Next", "Plan", "Platform",
    "PlatformCalibration", "Platforms", "Prediction", "Ratios", "Release", "RowError", "Ruled", "Scaled", "Score",
    "Share", "Strategies", "TrackRecord", "Upload",
]  # fmt: skip
