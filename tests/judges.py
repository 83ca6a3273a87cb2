"""In the place of the classifier of digits, which takes seconds to train."""

import numpy as np


class Seven:
    """Takes every image for a seven."""

    classes = np.arange(10)

    def predict_proba(self, images):
        return np.tile(np.eye(10)[7], (len(images), 1))

    def accuracy(self, images, labels):
        return 0.1
