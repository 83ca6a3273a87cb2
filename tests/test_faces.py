"""The cartoon faces: the same for the same numbers, each number to be seen, age more than paint."""

import numpy as np
import pytest

from demos import faces as shared
from numgan.data import faces
from numgan.data.faces import FEATURES, random_people, render_faces


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_face_is_the_same_for_the_same_numbers_alone_or_among_others():
    people, ages = random_people(7, rng()), rng(1).uniform(0, 5, 7)
    whole = render_faces(people, ages)
    assert whole.shape == (7, 32, 32, 3) and whole.dtype == np.float32
    assert whole.min() >= -1 and whole.max() <= 1
    assert np.array_equal(render_faces(people[3:4], ages[3:4])[0], whole[3])
    assert np.array_equal(render_faces(people, 2), render_faces(people, np.full(7, 2.0)))
    assert np.array_equal(whole, whole[:, :, ::-1])  # left and right are alike


@pytest.mark.parametrize("feature", FEATURES)
def test_every_number_of_identity_is_seen(feature):
    people = np.zeros((2, len(FEATURES)), np.float32)
    people[:, FEATURES.index(feature)] = -1, 1
    for age in range(5):  # at the last the hair is white
        one, other = render_faces(people, age)
        assert np.abs(one - other).max() > 0.1, age
        assert np.abs(one - other).mean() > 0.001, age


def test_age_moves_what_is_in_a_face_and_whitens_its_hair():
    child, young, old = (render_faces(random_people(50, rng()), age) for age in (0, 2, 5))
    crown = (slice(None), slice(5, 7), slice(14, 18))
    assert old[crown].mean() > young[crown].mean() + 0.3

    def eyes(images):  # the row of the whites
        return (images[:, 8:24].min(axis=3).max(axis=2)).argmax(axis=1).mean()

    assert eyes(child) > eyes(young) + 1


def test_the_mean_difference_of_two_ages_leaves_more_than_half_of_what_changes():
    people, others = random_people(100, rng()), random_people(400, rng(1))
    shift = (render_faces(others, 5) - render_faces(others, 0)).mean(axis=0)
    child, old = render_faces(people, 0), render_faces(people, 5)
    assert np.abs(child + shift - old).mean() > 0.5 * np.abs(child - old).mean()


def test_ages_between_two_groups_lie_between():
    person = random_people(1, rng())
    a, middle, b = (render_faces(person, age) for age in (3, 3.5, 4))
    assert np.abs(a - middle).mean() < np.abs(a - b).mean()
    assert np.abs(b - middle).mean() < np.abs(a - b).mean()


def test_what_lies_outside_is_taken_as_its_end():
    assert np.array_equal(render_faces(np.full((1, 12), 3.0), 1), render_faces(np.ones((1, 12)), 1))


@pytest.mark.parametrize("people, ages, message", [
    (np.zeros((2, 11)), 0, r"expected finite people \(N, 12\), got float64 of shape \(2, 11\)"),
    (np.full((2, 12), np.nan), 0, "expected finite people"),
    (np.zeros((2, 12)), [0, 1, 2], r"of shape \(\) or \(2,\), got int64 of shape \(3,\)"),
    (np.zeros((2, 12)), [0, 5.1], r"expected ages of 0 to 5 .*, 0 to 5.1"),
    (np.zeros((2, 12)), [-0.1, 5], "expected ages of 0 to 5 .*, -0.1 to 5"),
    (np.zeros((2, 12)), [0, np.nan], "expected ages of 0 to 5"),
    (np.zeros((2, 12)), "old", "expected ages of 0 to 5")])
def test_bad_numbers_are_named(people, ages, message):
    with pytest.raises(ValueError, match=message):
        render_faces(people, ages)


def test_bad_counts_are_named():
    with pytest.raises(ValueError, match="random_people: n must be an integer >= 1, got 0"):
        random_people(0, rng())
    with pytest.raises(TypeError, match="random_people"):
        random_people(3, 0)


# -- what the demos share --------------------------------------------------------------------------


def test_the_code_of_an_age():
    assert np.allclose(shared.age_code([0, 5, 2.25]), [
        [1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1], [0, 0, 0.75, 0.25, 0, 0]])


def test_a_reader_learns_to_read_and_tells_people_apart():
    reader = shared.Reader(4, rng()).fit(shared.Photos(400, rng(1)), 150, rng(2), "reader")
    people = random_people(20, rng(3))
    reader.calibrate(people)
    true = render_faces(people, 3)
    assert reader.recognised(true, people, 3).mean() > 0.7
    assert reader.recognised(true[::-1], people, 3).mean() < 0.2
    assert reader.age_right(true, 3).mean() > 0.7 > 0.3 > reader.age_right(true, 0).mean()
    assert reader.numbers(true).shape == (20, 13)
    assert faces.SIZE == 32
