"""The Dirac-GAN's laboratory against the formulas of Mescheder et al. 2018, and its files."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from demos.arguments import QUICK
from demos.common import progress
from demos.dirac import __main__ as dirac, paths
from demos.dirac.paths import ALTERNATING, FIVE, SIMULTANEOUS, DiracGAN
from numgan.game import Consensus
from numgan.penalties import R2
from pages import Page

METHODS = {method.name: method for method in paths.methods()}
EVERY = pytest.mark.parametrize("name", METHODS)
POINTS = np.random.default_rng(0).uniform(-2, 2, (20, 2))


def f1(t):
    """f′ for f(t) = −log(1 + e^−t)."""
    return 1 / (1 + np.exp(t))


def plain(theta, psi):
    return np.array([-psi * f1(psi * theta), theta * f1(psi * theta)])


def squared_speed(state):
    return 0.5 * (plain(*state) ** 2).sum()


def consensus(theta, psi):
    """v − ∇½‖v‖², the gradient by central differences."""
    step = 1e-5 * np.eye(2)
    state = np.array([theta, psi])
    return plain(theta, psi) - np.array([(squared_speed(state + e) - squared_speed(state - e))
                                         / 2e-5 for e in step])


def unrolled(theta, psi, h=paths.H, steps=5):
    """G descends f(ψ_K θ) by θ, with ψ_{j+1} = ψ_j + h θ f′(ψ_j θ); by complex step."""
    def value(t):
        p = psi
        for _ in range(steps):
            p = p + h * t * f1(p * t)
        return -np.log(1 + np.exp(-p * t))
    return np.array([-value(theta + 1e-30j).imag / 1e-30, plain(theta, psi)[1]])


def regularised(gamma):
    return lambda theta, psi: plain(theta, psi) - [0, gamma * psi]


FIELDS = {  # the table's
    "minimax": plain,
    "non-saturating": lambda theta, psi: np.array([-psi * f1(-psi * theta),
                                                   theta * f1(psi * theta)]),
    "wgan": lambda theta, psi: np.array([-psi, theta]),
    "wgan-gp": lambda theta, psi: np.array([-psi, theta - 0.7 * (abs(psi) - 1) * np.sign(psi)]),
    "r1": regularised(0.3),
    "r1-critical": regularised(1.0),
    "consensus": consensus,
    "unrolled": unrolled,
}


@pytest.mark.parametrize("name", FIELDS)
def test_field_is_the_tables(name):
    gan = DiracGAN(METHODS[name])
    tolerance = 1e-9 if name == "consensus" else 1e-12  # of the central differences
    for point in POINTS:
        np.testing.assert_allclose(gan.field(point), FIELDS[name](*point), rtol=0, atol=tolerance)


def test_every_method_but_noise_has_its_field_checked():
    assert set(METHODS) == {*FIELDS, "noise"}


def test_consensus_is_not_the_published_codes():
    """That one halves the second term of ∇½‖v‖²: (θ f′², ψ f′²) + ½ (ψ, θ) r² f′ f″."""
    theta, psi = 1.2, 0.7
    t = theta * psi
    f2 = -f1(t) * f1(-t)
    first = np.array([theta, psi]) * f1(t) ** 2
    second = np.array([psi, theta]) * (theta ** 2 + psi ** 2) * f1(t) * f2
    ours = DiracGAN(METHODS["consensus"]).field((theta, psi))
    np.testing.assert_allclose(ours, plain(theta, psi) - first - second, rtol=1e-12)
    assert np.abs(ours - (plain(theta, psi) - first - second / 2)).max() > 0.05


def test_noise_is_even_and_stands_for_the_expectation():
    """Against Gauss-Hermite quadrature. The moments up to the third are exact; what differs is the
    far tail that 400 equal steps of probability lack: 5e-4 in the field, for |θ|, |ψ| < 2."""
    values = DiracGAN(METHODS["noise"]).real[:, 0]
    np.testing.assert_allclose([values.mean(), values.var(), (values ** 3).mean()], [0, 0.49, 0],
                               atol=1e-14)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    noise, weights = 0.7 * nodes, weights / weights.sum()
    gan = DiracGAN(METHODS["noise"])
    worst = 0
    for theta, psi in POINTS:
        x = theta + noise
        expected = [-psi * weights @ f1(psi * x),
                    weights @ (x * f1(psi * x)) - weights @ (noise * f1(-psi * noise))]
        worst = max(worst, np.abs(gan.field((theta, psi)) - expected).max())
    assert worst < 1e-3


@EVERY
def test_eigenvalues_are_the_closed_forms(name):
    found = paths.run(1, METHODS[name], paths.H, 1, bar())[0]
    assert found.difference < 1e-10
    known = METHODS[name].eigenvalues
    np.testing.assert_allclose(known.sum(), np.trace(found.gan.jacobian()), atol=1e-10)
    np.testing.assert_allclose(known.prod(), np.linalg.det(found.gan.jacobian()), atol=1e-10)


def test_the_closed_forms_are_the_tables():
    """Written once more, as numbers."""
    expected = {"minimax": 0.5j, "non-saturating": 0.5j, "wgan": 1j,
                "noise": -0.1225 + 1j * (0.25 - 0.49 ** 2 / 16) ** 0.5,
                "r1": -0.15 + 1j * (0.25 - 0.0225) ** 0.5, "r1-critical": -0.5,
                "consensus": -0.25 + 0.5j, "unrolled": -0.25 + 1j * 0.1875 ** 0.5}
    for name, value in expected.items():
        np.testing.assert_allclose(METHODS[name].eigenvalues, [value, np.conj(value)], atol=1e-15)


@EVERY
def test_jacobian_is_the_fields_derivative(name):
    method = METHODS[name]
    gan = DiracGAN(method)
    step = 1e-5 * np.eye(2)
    here = np.array(method.at)
    differences = np.stack([(gan.field(here + e) - gan.field(here - e)) / 2e-5 for e in step], 1)
    np.testing.assert_allclose(gan.jacobian(), differences, atol=1e-8)


def test_wgan_gp_is_not_smooth_and_says_so():
    """Beside ψ = 0 the field is linear with eigenvalues that would converge; across it it jumps by
    2 γ g₀ = 1.4, away from the rest."""
    method = METHODS["wgan-gp"]
    assert not method.smooth and all(METHODS[name].smooth for name in METHODS if name != "wgan-gp")
    gan = DiracGAN(method)
    np.testing.assert_allclose(gan.field((0, 1e-9)), [0, 0.7], atol=1e-8)
    np.testing.assert_allclose(gan.field((0, -1e-9)), [0, -0.7], atol=1e-8)
    assert not paths.run(1, method, paths.H, 1, bar())[0].factors
    for psi in 1e-3, -1e-3:
        gan.state = (0, psi)
        np.testing.assert_allclose(sorted(gan.game.eigenvalues(), key=np.imag),
                                   sorted(method.eigenvalues, key=np.imag), atol=1e-10)


def test_r2_is_r1_here():
    method = METHODS["r1"]
    gan = DiracGAN(method)
    second = DiracGAN(dataclasses.replace(method, penalty=R2(0.3)))
    for point in POINTS:
        np.testing.assert_array_equal(gan.field(point), second.field(point))


@pytest.mark.parametrize("name, schedule, factor", [
    ("minimax", SIMULTANEOUS, (1 + 0.01) ** 0.5), ("non-saturating", SIMULTANEOUS, 1.01 ** 0.5),
    ("minimax", ALTERNATING, 1), ("minimax", FIVE, 1),
    ("r1", SIMULTANEOUS, (1 - 0.2 * 0.3 + 0.01) ** 0.5),
    ("r1-critical", SIMULTANEOUS, (1 - 0.2 + 0.01) ** 0.5),
    ("consensus", SIMULTANEOUS, abs(1 + 0.2 * (-0.25 + 0.5j)))])
def test_factor_of_a_step(name, schedule, factor):
    """In sixty steps of training near the rest: the areas between successive states shrink by
    factor² each. And by the demo's own way, a step's matrix."""
    gan = DiracGAN(METHODS[name])
    states = np.array(list(gan.path(schedule, 60, (1e-5, 0))))
    areas = states[:-1, 0] * states[1:, 1] - states[:-1, 1] * states[1:, 0]
    np.testing.assert_allclose(np.sqrt(areas[1:] / areas[:-1]), factor, rtol=1e-6)
    np.testing.assert_allclose(gan.measured_factor(schedule), factor, rtol=1e-6)


@EVERY
def test_measured_factors_are_those_of_the_jacobian(name):
    gan = DiracGAN(METHODS[name])
    for schedule in METHODS[name].schedules if METHODS[name].smooth else []:
        np.testing.assert_allclose(gan.measured_factor(schedule), gan.expected_factor(schedule),
                                   rtol=1e-6)


@pytest.mark.slow
@EVERY
def test_verdicts_agree_with_the_published_ones(name):
    found = paths.run(1, METHODS[name], paths.H, paths.STEPS, bar())[0]
    if METHODS[name].agrees:
        assert found.agreement() == "yes"
    else:
        assert set(found.verdicts().values()) == {paths.CONVERGES}


def test_disagreement_is_told():
    found = paths.run(1, dataclasses.replace(METHODS["minimax"], agrees=METHODS["r1"].agrees),
                      0.2, 500, bar())[0]
    assert found.agreement() == "NO"


@pytest.mark.parametrize("rate, what", [(-0.1, paths.CONVERGES), (-0.01, paths.CREEPS),
                                        (0, paths.CIRCLES), (0.01, paths.LEAVES),
                                        (1, paths.LEAVES)])
def test_verdict(rate, what):
    t = 0.2 * np.arange(501)
    path = np.exp(rate * t)[:, None] * np.stack([np.cos(t / 2), 0.5 * np.sin(t / 2)], axis=1)
    assert paths.verdict(path, 0.2) == what
    if rate < 1:
        assert paths.verdict(path[:100], 0.2) == paths.TOO_SHORT


def bar():
    return progress()


# -- the demo --------------------------------------------------------------------------------------


def written(folder):
    return sorted(path.name for path in folder.iterdir())


def test_end_to_end(tmp_path, capsys):
    assert dirac.main(["--quick", "--out", str(tmp_path)]) == 0
    assert written(tmp_path) == ["dirac.png", "film.gif", "film.html"]
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3
    page = Page(tmp_path / "film.html")
    assert page.texts["title"] == ["The Dirac-GAN: which methods converge, and why"]
    text = capsys.readouterr().out
    assert "±0.5000i" in text and "1.00499 (1.00499)" in text
    conclusion = " ".join(text[text.index("\n" + paths.CONVERGES):].split())
    assert "rest: minimax GAN. Of 3 paths 0" in conclusion
    assert "inwards: R1 (or R2), γ = 0.3. Of 3 paths 3 converge" in conclusion
    assert paths.CREEPS not in conclusion and text.startswith(QUICK)
    assert "outwards with minimax GAN (1.00499)." in conclusion
    assert "consensus, γ" not in text


def test_interrupted(tmp_path, capsys, monkeypatch):
    steps = DiracGAN.path

    def path(self, schedule, count, start=paths.START):
        for index, state in enumerate(steps(self, schedule, count, start)):
            if self.method.name == "r1" and index == 5:
                raise KeyboardInterrupt
            yield state
    monkeypatch.setattr(DiracGAN, "path", path)
    assert dirac.main(["--steps", "20", "--no-film", "--out", str(tmp_path)]) == 130
    text = capsys.readouterr().out
    assert "Interrupted" in text and "R1 (or R2), γ = 0.3" in text and "consensus, γ" not in text
    assert written(tmp_path) == ["dirac.png"]


@pytest.mark.parametrize("h, converge, outwards", [(0.2, 3, ""), (3.0, 0, "R1 (or R2), γ = 0.3")])
def test_the_conclusion_is_what_was_found(h, converge, outwards):
    found, _ = paths.run(1, {one.name: one for one in paths.methods(h)}["r1"], h, 200, progress())
    text = " ".join(dirac.conclusion([found], h))
    assert f"Of 3 paths {converge} converge" in text and "nothing that pulls" not in text
    assert (f"outwards with {outwards}" in text) == bool(outwards) == ("outwards" in text)


def test_interrupted_between_two_paths(tmp_path, capsys, monkeypatch):
    jacobian = DiracGAN.jacobian
    monkeypatch.setattr(DiracGAN, "jacobian", lambda self: jacobian(self) if self.method.name in (
        "minimax", "non-saturating") else pressed())
    assert dirac.main(["--steps", "20", "--no-film", "--out", str(tmp_path)]) == 130
    assert "non-saturating" in capsys.readouterr().out and written(tmp_path) == ["dirac.png"]


def pressed():
    raise KeyboardInterrupt


def test_steps_that_are_too_large_leave(tmp_path, capsys):
    assert dirac.main(["--h", "9", "--steps", "400", "--only", "wgan-gp", "--no-film", "--out",
                       str(tmp_path)]) == 0
    assert "inf" not in capsys.readouterr().out.replace("outwards", "")


@pytest.mark.parametrize("options, expected", [
    (["--steps", "0"], "expected an integer of at least 1, got 0"),
    (["--h", "-1"], "expected a positive number, got -1"),
    (["--h", "nan"], "expected a positive number, got nan"),
    (["--h", "small"], "expected a positive number, got small"),
    (["--only", "dragan"], "invalid choice: 'dragan'"),
    (["--only"], "expected at least one argument")])
def test_bad_options(options, expected, capsys):
    with pytest.raises(SystemExit):
        dirac.main(options)
    assert expected in capsys.readouterr().err


def test_a_file_is_no_folder(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit):
        dirac.main(["--out", str(tmp_path / "file")])
    assert "is a file, not a folder" in capsys.readouterr().err


def test_consensus_weight_is_what_the_title_says():
    rule = METHODS["consensus"].schedules[SIMULTANEOUS]["updates"]
    assert isinstance(rule, Consensus) and rule.weight == 1


def test_the_wgans_weight_is_clipped():
    """Without the limit the simultaneous path would leave for ever."""
    gan = DiracGAN(METHODS["wgan"])
    states = np.array(list(gan.path(SIMULTANEOUS, 100)))
    assert np.abs(states[:, 1]).max() == 1
    with_no_limit = DiracGAN(dataclasses.replace(METHODS["wgan"], clip=np.inf))
    assert np.abs(np.array(list(with_no_limit.path(SIMULTANEOUS, 100)))[:, 1]).max() > 2


def test_a_step_size_of_zero_is_refused(capsys):
    with pytest.raises(SystemExit):
        dirac.main(["--h", "0"])
    assert "expected a positive number, got 0" in capsys.readouterr().err
