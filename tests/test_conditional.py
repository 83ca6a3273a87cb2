"""Pairs of samples and labels: the layers, the helpers, a training that learns what is asked."""

import numpy as np
import pytest
from PIL import Image

from demos import conditional_digits
from numgan import Adam, Dense, LeakyReLU, Network, NonSaturating, ReLU, Tanh
from numgan.conditional import Keep, LabelMaps, latents, one_hot, pairs
from numgan.gradcheck import check_layer, check_tangent
from numgan.models import conditional_dcgan
from numgan.training import train


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_keep_passes_the_condition_on():
    inner = Network([Dense(5, 3), Tanh()], rng=0, dtype=np.float64)
    network, x = Keep(inner, 2, rng=0), normal(4, 5)
    y = network.forward(x)[0]
    assert np.array_equal(y[:, 3:], x[:, 3:]) and np.array_equal(y[:, :3], inner.forward(x)[0])
    assert network.output_shape((5,)) == (5,)
    check_layer(network, x)
    check_tangent(network, x)


def test_label_maps_put_the_label_under_every_pixel():
    layer, x = LabelMaps((2, 3, 1), 2), normal(4, 8)
    y = layer.forward(x)[0]
    assert y.shape == (4, 2, 3, 3) and np.array_equal(y[..., 0].reshape(4, 6), x[:, :6])
    assert (y[..., 1:] == x[:, None, None, 6:]).all()
    with pytest.raises(ValueError, match=r"expected x of shape \(N, 8\), got \('N', 7\)"):
        layer.forward(x[:, :7])


def test_latents_have_a_label_beside_z():
    z = latents(3, 4)(500, np.random.default_rng(0))
    assert z.shape == (500, 7) and z.dtype == np.float32
    labels = z[:, 3:]
    assert (labels.sum(axis=1) == 1).all() and set(labels.argmax(axis=1)) == {0, 1, 2, 3}


def test_a_conditional_gan_learns_what_is_asked_for():
    """Two heaps at −1 and 1, labelled: after some hundred steps each label gives its own."""
    rng = np.random.default_rng(0)
    generator = Keep(Network([Dense(4, 16), ReLU(), Dense(16, 1)], rng=rng), 2, rng=rng)
    discriminator = Network([Dense(3, 16), LeakyReLU(), Dense(16, 1)], rng=rng)

    def data(n):
        labels = rng.integers(2, size=n)
        x = 2.0 * labels[:, None] - 1 + 0.1 * rng.standard_normal((n, 1))
        return pairs(x.astype(np.float32), one_hot(labels, 2))

    list(train(generator, discriminator, data, loss=NonSaturating(), steps=400, batch_size=64,
               rng=rng, latent=latents(2, 2), d_optimizer=Adam(5e-3), g_optimizer=Adam(5e-3)))
    z = normal(200, 2).astype(np.float32)
    low, high = (generator(pairs(z, one_hot(np.full(200, k), 2)))[:, 0] for k in (0, 1))
    assert low.mean() < -0.5 and high.mean() > 0.5


def test_both_networks_of_the_dcgan_fit_each_other():
    generator, discriminator = conditional_dcgan(8, 1, 3, latent=4, width=2, d_width=2, rng=0)
    made = generator(latents(4, 3)(5, np.random.default_rng(0)))
    assert made.shape == (5, 67) and discriminator(made).shape == (5, 1)


@pytest.mark.parametrize("make, error, message", [
    (lambda: one_hot([0, 3], 3), ValueError, r"expected integers \(N,\) in 0 ... 2"),
    (lambda: one_hot([0.5], 3), ValueError, "got float64"),
    (lambda: pairs(np.ones((3, 2)), np.ones((2, 4))), ValueError, "as many conditions"),
    (lambda: LabelMaps((8, 8), 3), ValueError, r"expected image_shape \(H, W, C\)"),
    (lambda: Keep(Network([Dense(2, 1)], rng=0), 2, rng=0), ValueError, "more than the 2 of"),
])
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


# -- the demo --------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(conditional_digits.RECIPES, "digits",
                        dict(size=8, steps=3, width=2, hidden=4, latent=3, rate=1e-3))
    monkeypatch.setattr(conditional_digits, "JUDGED", 50)


def test_demo_end_to_end(small, tmp_path, capsys):
    assert conditional_digits.main(["--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"average.npz", "film.gif", "grid.png"}
    with Image.open(tmp_path / "grid.png") as picture:
        assert picture.width >= 200
    assert "for what was asked for in" in capsys.readouterr().out


def test_demo_interrupted_keeps_what_it_had(small, tmp_path, monkeypatch, capsys):
    real_train = conditional_digits.train

    def interrupted(*arguments, **options):
        yield next(real_train(*arguments, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(conditional_digits, "train", interrupted)
    assert conditional_digits.main(["--out", str(tmp_path)]) == 1
    assert (tmp_path / "grid.png").exists() and "interrupted" in capsys.readouterr().out


def test_demo_refuses_bad_options(small, tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    for arguments, text in ((["--steps", "0"], "must be an integer >= 1"),
                            (["--data", "letters"], "invalid choice"),
                            (["--out", str(tmp_path / "taken")], "is a file, not a folder")):
        with pytest.raises(SystemExit) as ended:
            conditional_digits.main(arguments)
        assert ended.value.code == 2 and text in capsys.readouterr().err


def test_none_of_them_is_not_what_was_asked_for():
    class Judge:
        classes = np.array([0, 1])

        def predict_proba(self, images):
            return np.array([[0.9, 0.1], [0.1, 0.8], [0.3, 0.2]])  # the last: 0.5 for none

    assert conditional_digits.judged_right(Judge(), None, np.array([0, 0, 0])).tolist() == [
        True, False, False]
