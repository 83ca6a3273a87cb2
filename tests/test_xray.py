"""The x-ray of the gradient: its norms and products against gradients of single samples."""

import numpy as np
import pytest

from demos import results
from demos.xray import __main__ as demo, games, gradients, words
from numgan import Dense, Minimax, Network, NonSaturating, ReLU, data, models
from numgan.training import generator_gradients


@pytest.fixture
def players():
    rng = np.random.default_rng(0)
    generator = models.mlp_generator(2, 2, (6, 5), rng=rng, dtype=np.float64)
    return generator, models.mlp_discriminator(2, (6,), rng=rng, dtype=np.float64)


@pytest.mark.parametrize("loss", [NonSaturating(), Minimax()], ids=repr)
def test_the_norms_and_products_are_those_of_single_samples(players, loss):
    G, D = players
    z, centers = np.random.default_rng(1).standard_normal((12, 2)), data.ring(modes=8).centers
    found = gradients.x_ray(G, D, z, loss, centers)
    steps, pulls = [], []
    for n in range(len(z)):
        generator_gradients(G, D, z[n:n + 1], loss)
        steps.append(G.grad.copy())
        logits, cache = D.forward(G.forward(z[n:n + 1])[0])
        pulls.append(-D.backward(loss.generator(logits)[1], cache, param_grads=False)[0])
    np.testing.assert_allclose(found["pulls"], pulls)
    np.testing.assert_allclose(found["norms"][gradients.places(G, D).index("x")],
                               np.median(np.linalg.norm(pulls, axis=1)))
    nearest = np.linalg.norm(found["fakes"][:, None] - centers, axis=2).argmin(axis=1)
    for vectors, names in (steps, ("weights_same", "weights_different")), (
            pulls, ("same", "different")):
        unit = np.array(vectors) / np.linalg.norm(vectors, axis=1, keepdims=True)
        pairs = [(a @ b, i == j) for k, (a, i) in enumerate(zip(unit, nearest))
                 for b, j in zip(unit[k + 1:], nearest[k + 1:])]
        for name, wanted in zip(names, (True, False)):
            np.testing.assert_allclose(found[name], np.mean([cosine for cosine, same in pairs
                                                             if same == wanted]))


def test_dead_units_are_counted(players):
    G = Network([Dense(2, 4), ReLU(), Dense(4, 2)], rng=0, dtype=np.float64)
    G.layers[0].W[:, 1:3] = 0
    G.layers[0].b[1:3] = -1
    z = np.random.default_rng(1).standard_normal((50, 2))
    assert gradients.x_ray(G, players[1], z, NonSaturating(), data.ring().centers)["dead"] == 0.5


def test_where_all_are_of_one_mode_there_is_no_cosine_of_two():
    assert np.isnan(gradients.between(np.eye(3), np.ones((3, 3), bool))[1])


def a_run(title, x, over, modes):
    return {"game": title, "logit": [1, 1], "x": [x, 1], "z": [1, 1], "dead": [0, 0.25],
            "over_same": 0.9, "over_different": over, "modes": modes, "high_quality": 0.5}


def test_the_sentence_and_the_table_are_means_over_the_seeds():
    runs = [a_run("D has won, non-saturating", 4, 0.7, 1), a_run("D has won, saturating", 2, 0, 1),
            a_run("D has won, non-saturating", 8, None, 2)]
    assert words.sentence(runs) == (
        "Against a D that has won, the pull on a fake is 6 with the non-saturating loss and 2 with "
        "the saturating one, 3 times less. While fakes are near more than one mode, the steps that "
        "two of them ask of G's weights have a cosine of: D has won, non-saturating, 0.9 within a "
        "mode and 0.7 between two (1.5 modes at the end).")
    assert [words.two_digits(value) for value in (0.8, -0.0065, float("nan"))] == [
        "0.80", "−0.01", "–"]
    assert words.rows(runs)[0] == ["D has won, non-saturating", "1 → 1", "6 → 1", "1 → 1",
                                   "0 % → 25 %", "0.9", "0.7", "1.5", "50 %"]


def test_quick_run(tmp_path, capsys):
    assert demo.main(["--quick", "--no-film", "--out", str(tmp_path), "--jobs", "1"]) == 0
    found = results.read(tmp_path / "results.json")["runs"]
    assert [run["game"] for run in found] == [game.title for game in games.GAMES]
    pulls = {run["game"]: run["x"][0] for run in found}
    assert pulls["D has won, saturating"] < pulls["D has won, non-saturating"] / 2
    assert (tmp_path / "xray.png").exists() and not (tmp_path / "xray.gif").exists()
    said = capsys.readouterr().out
    assert "times less" in said and "Against a D that has won, the pull on a fake is " in said
