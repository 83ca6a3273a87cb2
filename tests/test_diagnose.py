"""Each failure is told of a training that has it, and nothing of trainings that work."""

import inspect
import itertools
import warnings

import numpy as np
import pytest

from demos.cures import PLAIN
from numgan import SGD, Adam, Dense, Minimax, Network, NonSaturating, data
from numgan.diagnose import monitor as watching, rules
from numgan.diagnose import (Finding, Monitor, diagnose, diversity, periodicity,
                             relative_diversity, report, sustained)
from numgan.losses import Hinge, Relativistic, Wasserstein
from numgan.metrics import ModeStatistics, mode_statistics
from numgan.networks.models import mlp_discriminator, mlp_generator
from numgan.penalties import R1, WGANGP
from numgan.presets import preset
from numgan.training import Record, TrainingDiverged, train


def names(findings):
    return [finding.name for finding in findings]


def game(loss, steps, d_optimizer, g_optimizer, offset=0.0, seed=0, **options):
    """The records of small networks on the ring; G begins `offset` away from it on both axes."""
    rng = np.random.default_rng(seed)
    G, D = mlp_generator(2, 2, (32, 32), rng=rng), mlp_discriminator(2, (32, 32), rng=rng)
    G.layers[-1].b[...] = offset
    return train(G, D, data.sampler(data.ring(), rng), loss=loss, steps=steps, batch_size=64,
                 rng=rng, d_optimizer=d_optimizer, g_optimizer=g_optimizer, **options)


def dirac(loss, updates, steps=400, h=0.2, start=0.7, penalty=None):
    """The Dirac-GAN: data at 0, generator at θ, D(x) = ψ x, from θ = start and ψ = −start."""
    G = Network([Dense(1, 1)], rng=0, dtype=np.float64)
    D = Network([Dense(1, 1, bias=False)], rng=0, dtype=np.float64)
    G.theta[:], D.theta[:] = (0, start), -start
    return list(train(G, D, lambda n: np.zeros((n, 1)), loss=loss, steps=steps, batch_size=1,
                      rng=np.random.default_rng(0), updates=updates, penalty=penalty,
                      latent=lambda n, rng: np.zeros((n, 1)), d_optimizer=SGD(h),
                      g_optimizer=SGD(h)))


def watched(training, toy, latent, every=50):
    """(records, samples, modes) of a `presets.Training`."""
    z = np.random.default_rng(7).standard_normal((256, latent), np.float32)
    records, samples, modes = [], [], []
    for record in training:
        records.append(record)
        if record.step % every == every - 1:
            samples.append((record.step, training.generator(z)))
            modes.append((record.step, mode_statistics(samples[-1][1], toy.centers, toy.std)))
    return records, samples, modes


def real_ring(n=512):
    return data.ring().sample(n, np.random.default_rng(5))


# -- failures, provoked ----------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [Minimax(), Minimax(smoothing=0.1), NonSaturating(), Hinge(),
                                  Relativistic()], ids=repr)
@pytest.mark.parametrize("seed", [0, 1])
def test_discriminator_has_won(loss, seed):
    """D learns fifty times faster than a G that begins far from the data."""
    records = list(game(loss, 200, Adam(1e-2), Adam(2e-4), offset=10, seed=seed))
    found, = diagnose(records, loss=loss)
    assert found.name == "D has won" and found.step < 80
    assert ("D(G(z)) = 0.0" in found.evidence) is loss.absolute
    saturates = type(loss) is Minimax
    assert ("the gradient of G, which had norm" in found.evidence) is saturates
    assert ("NonSaturating()" in found.remedies[0]) is saturates
    if saturates:  # what the sentence says has happened
        norms = [record.g_grad_norm for record in records]
        assert max(norms[:found.step + 1]) > 30 * np.median(norms[found.step:found.step + 100])


def test_the_loss_of_a_discriminator_that_has_won_is_recognised_without_being_told():
    found, = diagnose(list(game(Minimax(), 200, Adam(1e-2), Adam(2e-4), offset=10)))
    assert found.name == "D has won" and "NonSaturating()" in found.remedies[0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 2])
def test_collapse(seed):
    """The plain recipe of the demo, D twenty times faster: one or two modes of eight."""
    toy = data.ring()
    records, samples, modes = watched(PLAIN.start(toy, seed, steps=800), toy, 2)
    assert modes[-1][1].modes <= 2
    found, = diagnose(records, samples, real_ring(), loss=PLAIN.loss)
    assert found.name == "G collapsed" and found.step < 300
    settled = int(found.evidence.split("at step ")[1].split()[0])
    share = relative_diversity(dict(samples)[settled], real_ring())
    assert 499 <= settled and f"have {100 * share:.0f} % of the diversity" in found.evidence
    assert share < rules.COLLAPSED
    assert "GaussianNoise" in found.remedies[0]
    assert diagnose(records, loss=PLAIN.loss) == []  # the curves do not show it: the samples do


@pytest.mark.parametrize("covered, high_quality, finds", [
    (2, 0.9, True), (4, 0.9, True), (5, 0.9, False), (2, 0.4, False)])
def test_collapse_by_counted_modes(covered, high_quality, finds):
    """Half of the modes or fewer, for 500 steps, by a generator whose samples are on modes."""
    counts = np.where(np.arange(8) < covered, 100, 0)
    score = ModeStatistics(covered, high_quality, 1.0, counts)
    early = ModeStatistics(8, 0.9, 0.0, np.full(8, 100))
    looks = [(99, early), *((step, score) for step in range(199, 1000, 100))]
    findings = diagnose([healthy(i) for i in range(1000)], modes=looks)
    assert names(findings) == ["G collapsed"] * finds
    if finds:
        assert findings[0].step == 199
        assert f"at step 599, but on {covered} of 8 modes" in findings[0].evidence
    assert diagnose([healthy(i) for i in range(1000)], modes=looks[:5]) == []  # 400 steps: too soon


def test_a_collapse_that_samples_and_modes_tell_is_told_once_from_where_it_began():
    score = ModeStatistics(1, 0.9, 2.0, np.array([100, 0, 0, 0, 0, 0, 0, 0]))
    steps = range(99, 1000, 100)
    found, = diagnose([healthy(i) for i in range(1000)], real=real_ring(),
                      samples=[(step, np.ones((20, 2))) for step in steps[2:]],
                      modes=[(step, score) for step in steps])
    assert found.name == "G collapsed" and found.step == 99


@pytest.mark.parametrize("loss, updates, h, period", [
    (Minimax(), "alternating", 0.2, 31.4), (Minimax(), "simultaneous", 0.1, 62.8),
    (Wasserstein(), "alternating", 0.2, 15.7), (Hinge(), "alternating", 0.2, 15.7)], ids=repr)
def test_oscillation(loss, updates, h, period):
    """θ and ψ turn by h/2 a step (WGAN and hinge: h), and their product twice as fast."""
    found = diagnose(dirac(loss, updates, h=h), loss=loss)[0]
    assert found.name == "oscillation" and found.step == 0
    told = int(found.evidence.split("period of about ")[1].split(" steps")[0])
    assert abs(told / period - 1) < 0.25  # wide circles take longer than small ones
    assert "R1()" in found.remedies[0]
    assert diagnose(dirac(loss, updates, h=h, penalty=R1(0.5)), loss=loss) == []  # the remedy


def test_a_slow_oscillation():
    """A swing of some hundred steps, under noise that hides it in any short window."""
    rng = np.random.default_rng(0)
    noise = 0.1 * rng.standard_normal(3000)
    records = [healthy(i)._replace(d_fake=0.4 + 0.1 * np.sin(i / 60) + noise[i])
               for i in range(3000)]
    found, = diagnose(records)
    told = int(found.evidence.split("period of about ")[1].split(" steps")[0])
    assert found.name == "oscillation" and abs(told / (2 * np.pi * 60) - 1) < 0.1


@pytest.mark.parametrize("seed", [0, 2])
def test_explosion_of_a_critic_without_bound(seed):
    """A critic that nothing holds grows steeper for ever; with WGAN-GP it does not."""
    def findings(penalty):
        return diagnose(list(game(Wasserstein(), 250, Adam(1e-2), Adam(1e-4), 5, seed,
                                  penalty=penalty)), loss=Wasserstein())
    assert "explosion" in names(findings(None))
    found = next(one for one in findings(None) if one.name == "explosion")
    before, after = map(float, found.evidence.rstrip(".").split("from ")[1].split(" to "))
    assert after > 100 * before > 100 and 20 <= found.step < 240
    assert "WGANGP()" in found.remedies[0]
    assert findings(WGANGP(10.0)) == []


def test_explosion_that_ends_the_training_after_three_steps():
    with pytest.raises(TrainingDiverged), pytest.warns(UserWarning, match="explosion, from step 2"):
        for _ in Monitor()(game(NonSaturating(), 400, SGD(1.0), SGD(1.0))):
            pass


@pytest.mark.parametrize("seed", [0, 1])
def test_discriminator_is_misled(seed):
    """A D that hardly learns is climbed by a fast G: generated samples look better than real."""
    findings = diagnose(list(game(NonSaturating(), 200, SGD(1e-5), Adam(1e-3), seed=seed)))
    assert names(findings) == ["D is misled"] and "more steps of D" in findings[0].remedies[0]


# -- health ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("method, seed", [
    *itertools.product(["gan", "r1", "r3gan", "sn-gan"], [0, 1]), ("dragan", 0), ("wgan", 0)])
def test_healthy_presets_have_no_findings(method, seed):
    recipe = preset(method, "ring")
    training = recipe.start(data.ring(), seed, steps=300, batch_size=64)
    monitor = Monitor(every=50, loss=recipe.loss, tell=pytest.fail)
    records = list(monitor(training))
    for findings in diagnose(records, loss=recipe.loss), diagnose(records), monitor.findings:
        assert findings == [] and report(findings).startswith("Nothing is wrong")


@pytest.mark.slow
def test_a_healthy_preset_is_diverse():
    recipe = preset("r3gan", "ring")
    records, samples, modes = watched(
        recipe.start(data.ring(), 0, steps=600, batch_size=64), data.ring(), recipe.latent)
    assert diagnose(records, samples, real_ring(), modes, recipe.loss) == []
    assert relative_diversity(samples[-1][1], real_ring()) > 0.75


def healthy(step):
    return Record(step, 1.3, 0.8, 0.52, 0.48, 1.0, 1.0)


# -- the edges of the rules ------------------------------------------------------------------------


def test_nothing_is_found_in_nothing_and_in_little():
    assert diagnose([]) == [] and diagnose([healthy(0)]) == []
    won = [Record(i, 0.01, 5.0, 0.995, 0.005, 0.1, 4.0) for i in range(100)]
    assert names(diagnose(won)) == ["D has won"] and diagnose(won[:-1]) == []
    assert report([]) == "Nothing is wrong, as far as these rules can see."


def test_where_it_began_and_what_is_said():
    records = [healthy(i) for i in range(50)] + [
        Record(i, 0.01, 5.0, 0.995, 0.005, 0.1, 4.0) for i in range(50, 200)]
    found, = diagnose(records)
    assert found.step == 50
    text = report([found, found])
    assert text.count("D has won, from step 50: D's loss stays below 0.05 nats (median 0.01), "
                      "D(x) = 0.995 and D(G(z)) = 0.005.\n  - try ") == 2


def test_probabilities_that_mean_nothing_are_not_judged():
    """Logits of a critic have no zero: their sigmoids may be anything."""
    records = [Record(i, -5.0, 3.0, 0.1, 0.9, 1.0, 1.0) for i in range(300)]
    assert diagnose(records) == diagnose(records, loss=Wasserstein()) == []
    flat = [record._replace(d_loss=0.01) for record in records]  # next to nothing to gain: no win
    assert diagnose(flat, loss=Wasserstein()) == []
    assert names(diagnose(flat)) == ["D has won", "D is misled"]  # if they were probabilities


def test_label_smoothing_moves_the_loss_of_a_discriminator_that_has_won():
    records = [Record(i, 0.335, 5.0, 0.9, 0.005, 0.1, 4.0) for i in range(100)]
    assert names(diagnose(records, loss=NonSaturating(smoothing=0.1))) == ["D has won"]
    assert diagnose(records, loss=NonSaturating()) == []


@pytest.mark.parametrize("field", ["d_loss", "g_loss", "d_grad_norm", "g_grad_norm"])
@pytest.mark.parametrize("factor, length, finds", [
    (150, 10, True), (90, 10, False), (150, 5, False), (2e4, 1, True)])
def test_explosion_needs_a_factor_and_a_time(field, factor, length, finds):
    records = [healthy(i) for i in range(100)]
    records[60:60 + length] = [record._replace(**{field: factor * getattr(record, field)})
                               for record in records[60:60 + length]]
    findings = diagnose(records)
    assert names(findings) == ["explosion"] * (finds and field != "g_loss")
    assert all(finding.step == 60 for finding in findings)


def test_small_norms_may_grow_a_hundredfold():
    records = [healthy(i)._replace(g_grad_norm=1e-4 * 1.1 ** i) for i in range(100)]
    assert diagnose(records) == []


def test_a_swing_that_settles_or_is_small_is_no_oscillation():
    def swing(amplitude, decay, period=31):
        return diagnose([healthy(i)._replace(
            d_fake=0.5 + amplitude * np.exp(-decay * i) * np.sin(2 * np.pi * i / period))
            for i in range(600)])
    assert names(swing(0.2, 0)) == ["oscillation"]
    assert swing(0.2, 0.003) == [] and swing(0.05, 0) == []
    assert swing(0.2, 0, period=4) == []  # a single player's overshooting


@pytest.mark.parametrize("records, message", [
    ([healthy(0), healthy(1)._replace(g_loss=np.nan)], "finite .*, got g_loss = nan at step 1"),
    ([healthy(0)._replace(d_grad_norm=np.inf)], "got d_grad_norm = inf at step 0"),
    ([healthy(1), healthy(1)], "in the order of their steps"),
    ([(0, 1.0)], "records with the fields step, d_loss, .*, g_grad_norm, got"),
])
def test_bad_records_are_refused(records, message):
    with pytest.raises(ValueError, match=message):
        diagnose(records)


@pytest.mark.parametrize("samples, real, message", [
    ([(0, np.ones((20, 2)))], None, "expected real, got None"),
    ([(0, np.ones((20, 2)))], np.ones((20, 3)), r"one shape, got \(20, 2\) and \(20, 3\)"),
    ([(0, np.ones((20, 2)))], np.arange(30).reshape(15, 2), "at least 16 .*, got 20 and 15"),
    ([(0, np.full((20, 2), np.nan))], real_ring(), "finite samples, got NaN .* in 40 of 40"),
    ([(0, np.ones((20, 2)))], np.ones((20, 2)), "no diversity"),
    ([(5, real_ring()), (5, real_ring())], real_ring(), r"their steps, got \[5, 5\]"),
])
def test_bad_samples_are_refused(samples, real, message):
    with pytest.raises(ValueError, match=message):
        diagnose([healthy(0)], samples, real)


def test_every_finding_has_remedies_of_this_package():
    """The names that remedies give exist, with the arguments they give."""
    import numgan
    from numgan import game, losses, optimizers, penalties, training
    known = {}
    for part in (numgan, game, losses, optimizers, penalties, training):
        known.update(vars(part))
    source = inspect.getsource(rules)
    for name in ("NonSaturating", "Minimax", "GaussianNoise", "R1", "R1R2", "Relativistic",
                 "WGANGP", "Unrolled", "Consensus", "WeightAverage", "Clipped"):
        assert name in known and name in source
    for method in ("r1", "r3gan"):
        assert f'preset \\"{method}\\"' in source and preset(method, "ring")


# -- measures --------------------------------------------------------------------------------------


def test_diversity_counts_heaps():
    for heaps in (1, 2, 8):
        x = np.repeat(100.0 * np.eye(heaps, 9), 6, axis=0).reshape(-1, 3, 3)
        assert diversity(x, 1.0) == pytest.approx(heaps)
    assert diversity(100.0 * np.eye(50), 1.0) == pytest.approx(50)
    x = np.array([[0.0], [1.0]])
    assert diversity(x, 2.0) == pytest.approx(2 / (1 + np.exp(-1 / 8)))


def test_relative_diversity_of_what_is_on_its_way_and_of_what_has_collapsed():
    rng = np.random.default_rng(0)
    real, again = data.ring().sample(500, rng), data.ring().sample(300, rng)
    assert relative_diversity(again, real) == pytest.approx(1, abs=0.05)
    two = again[np.abs(again[:, 1]) < 0.2]  # opposite modes, far apart
    assert relative_diversity(two, real) < 0.4
    assert 0 <= relative_diversity(again[again[:, 0] > 0.9], real) < 0.01
    assert relative_diversity(rng.standard_normal((300, 2)) + 5, real) > 0.9  # elsewhere, but wide
    assert relative_diversity(7 * again, 7 * real) == pytest.approx(
        relative_diversity(again, real))  # no units


def test_periodicity():
    rng = np.random.default_rng(0)
    t = np.arange(256)
    wave = np.sin(2 * np.pi * t / 40)
    assert periodicity(3 * wave + t) == (40, pytest.approx(1, abs=0.02))
    period, correlation = periodicity(wave + np.sqrt(0.5) * rng.standard_normal(256))
    assert abs(period - 40) <= 2 and 0.4 < correlation < 0.65  # half of the variance is noise
    assert max(periodicity(rng.standard_normal(256))[1] for _ in range(200)) < 0.4
    assert periodicity(np.sin(2 * np.pi * t / 200))[1] == 0  # not even two periods
    assert periodicity(np.ones(256)) == periodicity(t / 3) == (0, 0.0)


def test_sustained():
    symptom = np.zeros(30, bool)
    symptom[10:20] = True
    assert sustained(symptom, 10) == 10 and sustained(symptom, 12) is None
    symptom[14] = False
    assert sustained(symptom, 10) == 10  # nine of ten
    symptom[15] = False
    assert sustained(symptom, 10) is None and sustained(symptom[:9], 10) is None


# -- the monitor -----------------------------------------------------------------------------------


def test_monitor_passes_records_on_and_warns_once():
    records = [Record(i, 0.01, 5.0, 0.995, 0.005, 0.1, 4.0) for i in range(500)]
    monitor = Monitor(every=50)
    with pytest.warns(UserWarning) as caught:
        passed = []
        for record in monitor(iter(records)):
            passed.append(record)
            assert len(caught) == (len(passed) >= 100)  # at the record that shows it
    assert all(a is b for a, b in zip(passed, records, strict=True))
    warning, = caught
    assert str(warning.message).startswith("D has won, from step 0") and \
        warning.filename == __file__
    assert names(monitor.findings) == ["D has won"]


def test_monitor_looks_once_more_at_the_end():
    records = [Record(i, 0.01, 5.0, 0.995, 0.005, 0.1, 4.0) for i in range(100)]
    told = []
    assert list(Monitor(every=70, tell=told.append)(records)) == records
    assert names(told) == ["D has won"] and isinstance(told[0], Finding)


def collapsing():
    return PLAIN.start(data.ring(), 2, steps=800, batch_size=64)


@pytest.fixture(scope="module")
def unwatched():
    """(records, weights of G) of that training, which nobody watched."""
    training = collapsing()
    return list(training), training.generator.theta


@pytest.mark.parametrize("by", ["real", "score"])
def test_monitor_sees_a_collapse_and_does_not_change_the_training(by, unwatched):
    z, training, told = np.random.default_rng(7).standard_normal((256, 2), np.float32), \
        collapsing(), []

    def sample():
        return training.generator(z)
    judges = dict(real=real_ring()) if by == "real" else dict(
        score=lambda batch: ModeStatistics(1, 1.0, 0.0, np.array([len(batch), 0, 0])))
    records = list(Monitor(every=100, sample=sample, tell=told.append, **judges)(training))
    assert records == unwatched[0] and names(told) == ["G collapsed"]
    assert np.array_equal(training.generator.theta, unwatched[1])


def test_monitor_remembers_that_the_loss_is_a_critics():
    """A D loss that was negative once is a critic's, though it be near zero ever after."""
    records = [Record(i, -5.0 if i < 9 else 0.01, 3.0, 0.1, 0.9, 1.0, 1.0) for i in range(5000)]
    assert len(list(Monitor(every=500, tell=pytest.fail)(records))) == 5000


def test_monitor_forgets_but_remembers_what_was_usual():
    """After ten thousand steps it holds a bounded past, and still knows the first norms."""
    monitor = Monitor(every=500, tell=lambda finding: None)
    rise = (healthy(i)._replace(d_grad_norm=float(max(1, i / 50))) for i in range(10_000))
    for _ in monitor(rise):
        assert len(monitor._recent) <= 2 * watching.RECENT
    found, = monitor.findings
    assert found.name == "explosion" and "from 1 to" in found.evidence
    assert 5000 <= found.step <= 5002


@pytest.mark.parametrize("options, message", [
    ({"every": 0}, "Monitor: every must be an integer >= 1"),
    ({"real": real_ring()}, "expected sample, got None"),
    ({"sample": real_ring}, "need real or score"),
])
def test_monitor_refuses_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        Monitor(**options)


@pytest.mark.parametrize("options, message", [
    ({"sample": np.zeros((5, 2)), "real": real_ring()},
     r"sample must be a function \(\) -> samples, .* G\(z\), got an array of shape \(5, 2\)"),
    ({"sample": real_ring, "score": 3}, "score must be a function samples -> .*, got 3"),
    ({"tell": "x"}, "tell must be a function finding -> None, got 'x'"),
])
def test_monitor_refuses_what_should_be_a_function(options, message):
    with pytest.raises(TypeError, match=f"^Monitor: {message}"):
        Monitor(**options)


def test_a_healthy_training_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(Monitor(every=10)(map(healthy, range(500))))) == 500


def test_train_calls_a_monitor():
    rng = np.random.default_rng(0)
    generator = mlp_generator(2, 2, (8,), rng=rng)
    discriminator = mlp_discriminator(2, (8,), rng=rng)
    seen = []

    def watch(records):
        for record in records:
            seen.append(record.step)
            yield record

    steps = train(generator, discriminator, data.sampler(data.ring(), rng), loss=NonSaturating(),
                  steps=3, batch_size=4, rng=rng, watch=watch)
    assert [record.step for record in steps] == seen == [0, 1, 2]
