"""What to measure in a generator's samples: modes where they are known, classes where there are
labels, and the distance between samples and data where there is neither. `report` has it all."""

from .bins import BinStatistics, ndb
from .classifier import Classifier, SampleReport, digit_classifier, sample_report
from .comparison import Report, report
from .distances import energy_distance, median_distance, mmd, wasserstein2
from .features import classifier_score, frechet_distance
from .labelled import GanTrainTest, gan_train_test
from .lenet import LeNet, fit_lenet, mnist_lenet
from .modes import ModeStatistics, mode_statistics
from .neighbours import DensityCoverage, PrecisionRecall, density_coverage, precision_recall
from .parzen import Likelihood, best_bandwidth, parzen_log_likelihood

__all__ = ["BinStatistics", "Classifier", "DensityCoverage", "GanTrainTest", "LeNet", "Likelihood",
           "ModeStatistics", "PrecisionRecall", "Report", "SampleReport", "best_bandwidth",
           "classifier_score", "density_coverage", "digit_classifier", "energy_distance",
           "fit_lenet", "frechet_distance", "gan_train_test", "median_distance", "mmd",
           "mnist_lenet", "mode_statistics", "ndb", "parzen_log_likelihood", "precision_recall",
           "report", "sample_report", "wasserstein2"]
