"""The presets: each trains, from its seed alone, and changes with time what it says."""

import dataclasses

import numpy as np
import pytest

from numgan import data, presets
from numgan.presets import METHODS, VARIANTS, preset

ALL = [(dataset, method) for dataset in METHODS
       for method in (*METHODS[dataset], *VARIANTS[dataset])]


def test_both_data_sets_have_the_same_methods():
    assert list(METHODS["ring"]) == list(METHODS["grid"])
    assert len({p.title for p in METHODS["ring"].values()}) == len(METHODS["ring"])


@pytest.mark.parametrize("dataset, method", ALL)
def test_a_seed_gives_the_same_bits(dataset, method):
    def run():
        training = preset(method, dataset).start(data.toy(dataset), 3, steps=3, batch_size=8)
        records = list(training)
        return records, training.sampled.theta, training.discriminator.theta
    first, second = run(), run()
    assert first[0] == second[0] and len(first[0]) == 3
    assert all(np.array_equal(a, b) for a, b in zip(first[1:], second[1:]))
    assert np.isfinite(first[1]).all()


def test_the_penalty_fades_by_a_cosine_to_its_final_weight():
    recipe = dataclasses.replace(preset("r3gan", "ring"), penalty=lambda: presets.penalties.R1R2(4),
                                 final_weight=2.0)
    training = recipe.start(data.ring(), 0, steps=4, batch_size=8)
    weights = [training._penalty.weight for _ in training] + [training._penalty.weight]
    expected = [2 + (1 + np.cos(np.pi * t)) for t in (0, 0.25, 0.5, 0.75, 1)]
    assert weights == pytest.approx(expected)


@pytest.mark.parametrize("arguments, message", [
    (("gun", "ring"), "expected method to be one of gan, wgan, .*got 'gun'"),
    (("gan", "rung"), "expected dataset to be one of ring, grid, got 'rung'"),
])
def test_unknown_names_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        preset(*arguments)
