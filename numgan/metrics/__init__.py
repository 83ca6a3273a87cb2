"""What to measure of a generator's samples: modes where they are known, classes where not."""

from .classifier import Classifier, SampleReport, digit_classifier, sample_report
from .modes import ModeStatistics, mode_statistics

__all__ = ["Classifier", "ModeStatistics", "SampleReport", "digit_classifier", "mode_statistics",
           "sample_report"]
