"""The tips: each switch changes what it says, the pieces are right, and the table says so."""

import copy
import dataclasses
import errno
import json
import os

import numpy as np
import pytest
from scipy import stats

from demos import results
from demos.arguments import QUICK
from demos.tips import __main__ as demo, methods, statistics, switches
from demos.tips.methods import (Balanced, Checkpoints, Flipped, HybridVAE, MixedBatches,
                                NoisyLabels, Replay)
from demos.tips.switches import TIPS, Switches
from numgan import Adam, BatchNorm, Dense, Dropout, LeakyReLU, Network, NonSaturating, SiLU, Tanh
from numgan import data
from numgan.diagnose import Finding
from numgan.gradcheck import check_layer
from numgan.latent import great_circle, straight_line
from numgan.layers import GaussianNoise, LayerNorm, MinibatchDiscrimination, ReLU
from numgan.networks.models import mlp_discriminator, mlp_generator
from numgan.training import discriminator_gradients, train

GRID = data.grid()
SMALL = Switches(hidden=(8, 8), batch_size=16)
COMMON = {"steps", "batch_size", "hidden", "latent", "rate", "beta1", "schedule"}


def small(**changes):
    return dataclasses.replace(SMALL, **changes)


def outcome(switches, steps=3, seed=0):
    trial = switches.start(GRID, seed, steps)
    records = list(trial)
    return records, trial.sample(20, np.random.default_rng(1)), trial


def normal(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# -- the switches ----------------------------------------------------------------------------------


def test_all_seventeen_are_there_and_every_switch_belongs_to_one():
    assert {tip.number for tip in TIPS} == set(range(1, 18))
    assert len({tip.name for tip in TIPS}) == len(TIPS)
    used = {name for tip in TIPS for name in (*tip.without, *tip.having)}
    assert used == {field.name for field in dataclasses.fields(Switches)} - COMMON


@pytest.mark.parametrize("tip", TIPS, ids=lambda tip: tip.name)
def test_a_tip_changes_the_training_and_the_seed_fixes_it(tip, monkeypatch):
    monkeypatch.setattr(switches, "REMEMBERED", 1)  # a replay buffer that is full after one step
    late = {"checkpoints", "watched"} & {*tip.without, *tip.having}  # they act after 100s of steps
    (_, without, _), (_, having, _), (_, again, _) = (
        outcome(switches) for switches in (*tip.settings(SMALL), tip.settings(SMALL)[1]))
    assert np.array_equal(having, again)
    assert without.shape == having.shape == (20, 2) and np.isfinite(having).all()
    assert np.array_equal(without, having) == bool(late)


def kinds(network):
    return [type(layer) for layer in network.layers]


def test_what_the_networks_are_made_of():
    def made(**changes):
        trial = small(**changes).start(GRID, 0, 1)
        return trial.generator, trial.discriminator
    G, D = made()
    assert kinds(G) == [Dense, LeakyReLU] * 2 + [Dense, Tanh]
    assert kinds(D) == [Dense, LeakyReLU] * 2 + [Dense]
    assert kinds(made(bounded=False)[0])[-1] is Dense
    for name, kind in ("batch", BatchNorm), ("layer", LayerNorm):
        G, D = made(normalization=name)
        assert kinds(G).count(kind) == 2 and kinds(D) == [Dense, LeakyReLU, Dense, kind, LeakyReLU,
                                                          Dense]
    G, D = made(slope=0.0)
    x = normal(4, 8)
    for layer in (G.layers[1], D.layers[1]):
        assert np.array_equal(layer.forward(x)[0], ReLU().forward(x)[0])
    assert kinds(made(g_noise=0.1)[0]).count(GaussianNoise) == 2
    dropped = [layer for layer in made(dropout=0.5)[0].layers if isinstance(layer, Dropout)]
    assert len(dropped) == 2 and all(layer.always and layer.rate == 0.5 for layer in dropped)
    assert MinibatchDiscrimination in kinds(made(batch_discrimination=True)[1])
    G, D = made(labels="join", embedding=4)
    assert G.layers[0].shapes == D.layers[0].shapes == {"W": (25, 4)}


def test_data_are_scaled_labels_are_the_nearest_mode_and_samples_come_in_the_data_s_units():
    trial = small().start(GRID, 0, 1)
    batch = trial._real(500)
    assert 0.7 < np.abs(batch).max() < 1
    assert np.abs(trial._real(500) * trial.scale).max() == pytest.approx(4, abs=0.3)
    assert np.abs(small(**switches.RAW).start(GRID, 0, 1)._real(500)).max() > 3
    z = trial._latent(20, np.random.default_rng(1))
    assert np.allclose(trial.sample(20, np.random.default_rng(1)), trial.generator(z) * trial.scale)
    labelled = small(labels="join").start(GRID, 0, 1)
    x, c = labelled._real(50)
    assert x.shape == (50, 2) and c.shape == (50, 25)
    assert np.abs(x * labelled.scale - GRID.centers[c.argmax(axis=1)]).max() < 0.4


def test_latents():
    rng = np.random.default_rng(0)
    uniform = small(uniform_latent=True).start(GRID, 0, 1)._latent(1000, rng)
    assert np.abs(uniform).max() <= 1 and uniform.var() == pytest.approx(1 / 3, abs=0.03)
    assert small().start(GRID, 0, 1)._latent(1000, rng).var() == pytest.approx(1, abs=0.1)


def test_midpoints_are_of_the_chord_or_of_the_arc():
    trials = [small(midpoints=kind).start(GRID, 0, 1) for kind in ("chord", "arc")]
    rng = np.random.default_rng(3)
    a, b = (rng.standard_normal((30, 2), np.float32) for _ in range(2))
    for trial, way in zip(trials, (straight_line, great_circle)):
        z = way(a, b, 0.5).astype(np.float32)
        found = trial.sample(30, np.random.default_rng(3))
        assert np.array_equal(found, trial.generator(z) * trial.scale)


def test_looking_does_not_change_the_training():
    quiet, _, _ = outcome(small(dropout=0.5), steps=4)
    trial = small(dropout=0.5).start(GRID, 0, 4)
    looked = []
    for record in trial:
        trial.sample(10, np.random.default_rng(0))
        looked.append(record)
    assert looked == quiet


def test_the_noise_on_the_input_fades_to_none():
    trial = small(input_noise=1.0).start(GRID, 0, 10)
    spread = GRID.sample(10_000, np.random.default_rng(0)).std() / trial.scale
    found = [trial._blur.std for _ in trial]
    assert trial.discriminator.layers[0] is trial._blur
    assert found[0] == pytest.approx(spread) and found[6:] == [0] * 4
    assert found[3] == pytest.approx((spread * GRID.std / trial.scale) ** 0.5, rel=1e-6)


def test_a_finding_halves_the_rate_of_the_discriminator(monkeypatch):
    class Watch:
        def __init__(self, tell, **others):
            self.tell = tell

        def __call__(self, records):
            for record in records:
                if record.step == 0:
                    self.tell(Finding("D has won", 0, "", ()))
                yield record
    optimizers = []
    monkeypatch.setattr(switches, "Monitor", Watch)
    monkeypatch.setattr(switches, "Adam", lambda *a: optimizers.append(Adam(*a)) or optimizers[-1])
    _, _, trial = outcome(small(watched=True))
    assert [one.learning_rate for one in optimizers] == [5e-4, 1e-3]
    assert [finding.name for finding in trial.findings] == ["D has won"]


def test_the_other_arguments_of_train(monkeypatch):
    given = {}
    monkeypatch.setattr(switches, "train", lambda *a, **options: given.update(options) or iter(()))
    small(d_sgd=0.1, k=5).start(GRID, 0, 7)
    assert repr(given["d_optimizer"]) == "SGD(learning_rate=0.1)" and given["k"] == 5
    assert given["steps"] == 7 and given["updates"] == "alternating" and given["d_batches"] is None
    assert repr(given["g_optimizer"]) == "Adam(learning_rate=0.001)"
    small(saturating=True, balance=(1.2, 0.6), flips=0.05).start(GRID, 0, 7)
    assert repr(given["loss"]).startswith("Minimax")
    assert isinstance(given["updates"], Balanced) and given["updates"].g_above == 0.6
    small(replay=0.5, checkpoints=True, noisy_labels=True).start(GRID, 0, 7)
    assert isinstance(given["updates"], Checkpoints) and isinstance(given["loss"], NoisyLabels)


@pytest.mark.parametrize("changes, message", [
    (dict(hybrid=True, checkpoints=True), "hybrid and checkpoints cannot be combined"),
    (dict(balance=(1, 1), k=2), "balance and k cannot be combined"),
    (dict(hybrid=True, labels="join"), "the encoder makes no labels"),
    (dict(labels="join", input_noise=1.0), "labels and input_noise cannot be combined"),
    (dict(normalized=False), "bounded and normalized=False cannot be combined"),
    (dict(noisy_labels=True, saturating=True), "noisy labels are those of the non-saturating"),
    (dict(embedding=3), "embedding needs labels"),
    (dict(normalization="instance"), "normalization must be one of .*got 'instance'"),
    (dict(labels="both"), "labels must be one of"),
    (dict(midpoints="line"), "midpoints must be one of"),
])
def test_switches_that_do_not_go_together_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


# -- the pieces ------------------------------------------------------------------------------------


def test_noisy_labels_are_their_means_on_average_and_the_gradient_is_the_value_s():
    real, fake = 3 * normal(5, 1, dtype=float), 3 * normal(4, 1, seed=1, dtype=float)
    loss = NoisyLabels(rng=0)
    _, d_real, d_fake = copy.deepcopy(loss).discriminator(real, fake)
    for logits, found in (real, d_real), (fake, d_fake):
        for i in range(len(logits)):
            moved = logits.astype(complex)
            moved[i] += 1e-30j
            value = copy.deepcopy(loss).discriminator(
                *((moved, fake) if logits is real else (real, moved)))[0]
            assert value.imag / 1e-30 == pytest.approx(found[i, 0], rel=1e-12)
    sigma = 1 / (1 + np.exp(-real))
    targets, others = [], []
    for _ in range(400):
        _, d_real, d_fake = loss.discriminator(real, fake)
        targets.append(sigma - len(real) * d_real)
        others.append(1 / (1 + np.exp(-fake)) - len(fake) * d_fake)
    for found, low, high in (targets, 0.7, 1.2), (others, 0, 0.3):
        assert low <= np.min(found) and np.max(found) <= high
        assert np.mean(found) == pytest.approx((low + high) / 2, abs=0.02)
    assert loss.generator(fake)[0] == NonSaturating().generator(fake)[0]
    with pytest.raises(ValueError, match=r"expected real to be \(low, high\)"):
        NoisyLabels(real=(1, 0))


def test_mixed_batches_share_one_mean_and_separate_ones_do_not():
    layers = [Dense(2, 6), BatchNorm(6), LeakyReLU(), Dense(6, 1)]
    real, fake = normal(8, 2), 5 + normal(8, 2, seed=1)
    for kind, batches in (Network, [real, fake]), (MixedBatches, [np.concatenate([real, fake])]):
        D = kind(copy.deepcopy(layers), rng=0)
        caches = discriminator_gradients(D, real, fake, NonSaturating()).caches
        assert len(caches) == len(batches)
        for cache, batch in zip(caches, batches):
            assert np.allclose(cache[1][1], D.layers[0].forward(batch)[0].mean(axis=0), atol=1e-5)


def test_flipped_labels():
    real, fake = np.zeros((1000, 2)), np.ones((1200, 2))
    shown_real, shown_fake = Flipped(0.05, np.random.default_rng(0))(real, fake)
    assert 30 < shown_real[:, 0].sum() < 70
    assert shown_real[:, 0].sum() == 1200 - shown_fake[:, 0].sum()
    assert not real.any() and fake.all()


def test_replay():
    replay, real = Replay(0.5, 8, np.random.default_rng(0)), np.zeros((4, 1))
    for step in range(30):
        fake = np.arange(4.0)[:, None] + 10 * step
        shown_real, shown = replay(real, fake)
        assert shown_real is real and shown.shape == fake.shape
        if step < 2:  # it fills
            assert shown is fake
            continue
        assert np.array_equal(shown[2:], fake[2:]) and (shown[:2] < 10 * step).all()
        assert replay.buffer.shape == (8, 1) and np.isin(fake[:2], replay.buffer).all()
    assert len(np.unique(replay.buffer // 10)) > 2  # of several ages


def players(**options):
    G, D = mlp_generator(2, 2, (6,), rng=0), mlp_discriminator(2, (6,), rng=1)
    records = train(G, D, lambda n: normal(n, 2, seed=n), loss=NonSaturating(), batch_size=8,
                    rng=np.random.default_rng(2), **options)
    return G, D, records


def test_checkpoints_are_met_for_a_while_and_stay_as_they_are(monkeypatch):
    met = []
    for name, which in ("discriminator_step", 0), ("generator_step", 1):
        def spied(*networks, _real=getattr(methods, name), _which=which, **options):
            met.append((_which, networks[_which], networks[_which].theta.copy()))
            return _real(*networks, **options)
        monkeypatch.setattr(methods, name, spied)
    rule = Checkpoints(every=4, length=2, keep=2)
    G, D, records = players(steps=12, updates=rule)
    list(records)
    old = [opponent not in (G, D) for _, opponent, _ in met]
    assert old == [False] * 8 + ([True] * 4 + [False] * 4) * 2  # two opponents a step
    for which in (0, 1):
        before = {(G, D)[which].size}  # D's step meets the old G, G's the old D
        thetas = [theta for kind, opponent, theta in met[8:12] if kind == which]
        assert {len(theta) for theta in thetas} == before
        assert np.array_equal(thetas[0], thetas[1])  # nobody trains the old ones
        first = next(theta for kind, _, theta in met if kind == 0)
        assert which or np.array_equal(thetas[0], first)  # of step 0
    assert len(rule.past) == 2


def test_balance_lets_rest_who_is_ahead_and_is_algorithm_1_if_nobody_is():
    for d_above, g_above in (np.inf, -np.inf), (-np.inf, np.inf):
        G, D, records = players(steps=3, updates=Balanced(d_above, g_above))
        before = G.theta.copy(), D.theta.copy()
        list(records)
        assert np.array_equal(before[0], G.theta) == (g_above == np.inf)
        assert np.array_equal(before[1], D.theta) == (d_above == np.inf)
    runs = [players(steps=5, updates=rule) for rule in (Balanced(-np.inf, -np.inf), "alternating")]
    assert list(runs[0][2]) == list(runs[1][2])
    assert np.array_equal(runs[0][0].theta, runs[1][0].theta)


def test_the_gradients_of_the_hybrid_are_those_of_its_value():
    rng = np.random.default_rng(0)
    G = Network([Dense(3, 7), SiLU(), Dense(7, 2), Tanh()], rng=rng, dtype=np.float64)
    E = Network([Dense(2, 6), SiLU(), Dense(6, 6)], rng=rng, dtype=np.float64)
    x, noise = normal(5, 2, dtype=float), normal(5, 3, seed=1, dtype=float)
    G.grad.fill(0)
    hybrid = HybridVAE(E, weight=0.3, tau=0.7)
    found = hybrid.add_gradients(G, x, None, noise)
    grads = G.grad.copy(), E.grad.copy()
    for which in (0, 1):
        for i in range(grads[which].size):
            pair = [net.astype(np.complex128) for net in (G, E)]
            pair[which].theta[i] += 1e-30j
            value = HybridVAE(pair[1], 0.3, 0.7).add_gradients(pair[0], x.astype(complex), None,
                                                               noise.astype(complex)).loss
            assert value.real == pytest.approx(found.loss)
            assert value.imag / 1e-30 == pytest.approx(grads[which][i], rel=1e-10, abs=1e-13)
    mean, s = np.split(E(x), 2, axis=1)  # the value, written out
    r = G(mean + np.exp(s / 2) * noise) - x
    terms = (r ** 2).sum(axis=1) / (2 * 0.7 ** 2) + (mean ** 2 + np.exp(s) - s - 1).sum(axis=1) / 2
    assert found.loss == pytest.approx(0.3 * terms.mean())


def test_the_hybrid_trains_all_three_and_adds_to_the_generator_s_loss():
    encoder = mlp_generator(2, 4, (6,), rng=3)
    G, D, records = players(steps=2, updates=HybridVAE(encoder))
    _, _, plain = players(steps=2)
    before = [net.theta.copy() for net in (G, D, encoder)]
    records = list(records)
    assert records[0].g_loss > next(plain).g_loss + 0.1
    assert not any(np.array_equal(*pair) for pair in
                   zip(before, (net.theta for net in (G, D, encoder))))
    for wrong in dict(weight=0), dict(tau=-1):
        with pytest.raises(ValueError, match="HybridVAE: .* must be a finite number > 0"):
            HybridVAE(encoder, **wrong)


def test_dropout_that_always_drops():
    x = np.ones((200, 10))
    for always in False, True:
        layer = Dropout(0.5, rng=np.random.default_rng(0), always=always)
        y, cache = layer.forward(x)
        assert (y == 0).mean() == pytest.approx(0.5 if always else 0, abs=0.05)
        assert np.array_equal(layer.backward(x, cache), y)
    assert repr(layer) == "Dropout(0.5, always)"
    check_layer(Dropout(0.4, always=True), normal(4, 6, dtype=float), train=False)


# -- the table -------------------------------------------------------------------------------------


def runs_of(modes, quality=None):
    return [{"modes": m, "high_quality": q, "reverse_kl": None}
            for m, q in zip(modes, quality or [0.5] * len(modes))]


def row(without, having):
    return statistics.Row(TIPS[0], list(zip(runs_of(*without), runs_of(*having))))


@pytest.mark.parametrize("having, verdict", [
    (([12, 13, 12, 13, 12],), "helped"), (([8, 7, 8, 7, 9],), "hurt"),
    (([20, 1, 13, 8, 10],), "no effect"), (([10] * 5,), "no effect"),
    (([10] * 5, [0.6, 0.62, 0.61, 0.6, 0.63]), "helped"),
    (([12, 13, 12, 13, 12], [0.3, 0.2, 0.31, 0.3, 0.2]), "mixed"),
    (([10, 11, 11, 10, 11],), "no effect"),  # 2.45 standard errors: not enough for five seeds
])
def test_the_rule(having, verdict):
    assert row(([10] * 5,), having).verdict == verdict


def test_the_interval_by_hand():
    mean, half = row(([10] * 5,), ([11, 12, 13, 14, 15],)).interval("modes")
    assert (mean, half) == (3, pytest.approx(2.776 * np.sqrt(2.5 / 5), rel=1e-3))
    assert row(([10],), ([20],)).verdict == "–"


def test_p_is_that_of_the_paired_t_test_and_below_5_percent_where_the_interval_leaves_0_out():
    rng = np.random.default_rng(0)
    for n in 2, 5, 12:
        for shift in np.linspace(0, 3, 20):
            without, having = rng.standard_normal((2, n)) + [[0], [shift]]
            found = row((without,), (having,))
            assert found.p("modes") == pytest.approx(stats.ttest_rel(having, without).pvalue)
            assert found.shows("modes") == (found.p("modes") < 0.05)
    assert row(([1] * 5,), ([1] * 5,)).p("modes") == 1
    assert row(([1] * 5,), ([3] * 5,)).p("modes") == 0
    assert row(([1],), ([3],)).p("modes") == 1


def test_holm_by_hand():
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]).tolist() == [True, False, False, True]
    assert statistics.holm([0.049]).tolist() == [True]
    assert statistics.holm([0.03, 0.026]).tolist() == [False, False]  # 0.03 alone would pass


def test_the_marks_of_a_table():
    clear, weak = [20, 20.1, 20, 19.9, 20], [11, 12, 13, 14, 15]  # p below 1e-7, and 0.013
    rows = [statistics.Row(tip, list(zip(runs_of([10] * 5), runs_of(having))))
            for tip, having in zip(TIPS, (clear, weak, weak, weak))]
    assert list(statistics.marks_of(rows[:2]).values()) == ["‡", ""] * 2  # 0.013 <= 0.05 / 3
    assert [line.count("‡") for line in demo.table(rows[:2])] == [0, 0, 1, 1]
    assert list(statistics.marks_of(rows).values()) == ["‡", ""] + 3 * ["*", ""]
    assert [line.count("*") for line in demo.table(rows)] == [0, 0, 0, 1, 1, 1]
    said = demo.notes(rows, Switches())
    assert [line.rsplit(":")[-1] for line in said[:2]] == [" 4 of 8", " 1"]
    assert said[2].startswith("3 of 4 rows")  # "normalise alone" has another without and with


def run_demo(folder, *arguments):
    return demo.main(["--steps", "4", "--seeds", "0", "1", "--only", "1", "13", "--jobs", "1",
                      "--out", str(folder), *arguments])


def test_end_to_end_and_what_is_there_is_not_trained_again(tmp_path, capsys, monkeypatch):
    quick = ["--quick", "--only", "1", "13", "--jobs", "1", "--out", str(tmp_path)]
    assert demo.main(quick) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json", "table.txt",
                                                                "tips.png"]
    text = capsys.readouterr().out
    for tip in TIPS:
        assert (tip.text in text) == (tip.number in (1, 13))
    seeds, runs = statistics.kept(tmp_path / "results.json", quick=True)
    assert len(runs) == 2 * 5  # five settings, for the baseline is one of several rows
    assert seeds == [0, 1] and "4 of 5 rows have the same trainings on one side" in text
    found = results.read(tmp_path / "results.json")
    assert found["command"] == "python -m demos.tips --quick --only 1 13"
    assert text.startswith(QUICK) and found["settings"]["quick"] and "\nOf 5 rows " in text
    assert all(run["date"] and run["numpy"] for run in found["runs"])
    monkeypatch.setattr(demo, "measure", lambda *arguments: pytest.fail("trained again"))
    assert demo.main(quick) == 0
    assert capsys.readouterr().out == text
    with pytest.raises(SystemExit):
        run_demo(tmp_path)
    assert "got those of a quick run; delete it" in capsys.readouterr().err


def test_interrupted_it_keeps_and_prints_what_there_is(tmp_path, monkeypatch, capsys):
    measure, left = demo.measure, [5]

    def interrupted(*arguments, report):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return measure(*arguments, report=report)
    monkeypatch.setattr(demo, "measure", interrupted)
    assert run_demo(tmp_path) == 130
    text = capsys.readouterr().out
    assert "Interrupted" in text and "normalise, and tanh" in text
    assert "fading noise on D's input  " not in text
    assert len(statistics.kept(tmp_path / "results.json")[1]) == 5
    left[0] = 100
    assert run_demo(tmp_path, "--resume") == 0 and left[0] == 95


def test_side_by_side_they_are_the_same(tmp_path):
    for jobs in "1", "2":
        assert run_demo(tmp_path / jobs, "--jobs", jobs) == 0
    (seeds, alone), (_, together) = (statistics.kept(tmp_path / jobs / "results.json")
                                     for jobs in "12")
    assert seeds == [0, 1] and len(alone) == 10 and list(alone) == list(together)
    for one in (*alone.values(), *together.values()):
        del one["seconds"]
    assert alone == together
    assert (tmp_path / "1" / "table.txt").read_text() == (tmp_path / "2" / "table.txt").read_text()


@pytest.mark.parametrize("arguments, message", [
    (["--only", "18"], "invalid choice: 18"), (["--steps", "0"], "an integer of at least 1"),
    (["--seeds", "-1"], "an integer of at least 0"),
])
def test_a_bad_option_ends_with_code_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        demo.main(arguments)
    assert ended.value.code == 2 and message in capsys.readouterr().err


def test_a_disk_that_is_full_for_a_while_costs_no_run(tmp_path, capsys, monkeypatch):
    replace, table, room = os.replace, demo.table, []

    def full(source, target):
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr(demo, "table", lambda rows: room.append(True) or table(rows))
    assert run_demo(tmp_path) == 0
    text = capsys.readouterr().out
    assert f"Not written: {tmp_path / 'results.json'} (No space left on device)\n" in text
    monkeypatch.setattr(demo, "measure", None)  # all of them are there
    assert run_demo(tmp_path) == 0


GOOD = '"seed": 0, "modes": 1, "high_quality": 1, "reverse_kl": null, "stopped": ""'


@pytest.mark.parametrize("content", ["{", "[]", "[" * 200_000, '{"runs": []'] + [
    f'{{"command": "", "settings": {settings}, "runs": [{{{run}}}]}}'
    for settings, run in (
        ("{}", f'"switches": {{}}, {GOOD}'), ('{"seeds": [], "baseline": {}}', GOOD),
        ('{"seeds": [], "baseline": {"kk": 2}}', f'"switches": {{}}, {GOOD}'),
        *(('{"seeds": [0], "baseline": {}}', f'"switches": {switches}, {rest}')
          for switches, rest in (
              ("3", GOOD), ('{"hidden": {}}', GOOD), ('{"balance": [1, 2], "k": 2}', GOOD),
              ("{}", '"seed": 0, "modes": 1'), ("{}", GOOD.replace(": 1,", ': "1",')),
              ("{}", GOOD.replace('""', "null")))))])
def test_a_damaged_file_of_runs_is_named(tmp_path, capsys, content):
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(SystemExit):
        run_demo(tmp_path)
    assert "results.json: expected the runs of an earlier table" in capsys.readouterr().err


def test_runs_are_read_as_they_were_written(tmp_path):
    runs = {(Switches(balance=(1.2, 0.6), hidden=(8,)), 3): dict(runs_of([7])[0], stopped=""),
            (Switches(), 0): dict(runs_of([9])[0], stopped="")}
    statistics.keep(tmp_path / "results.json", "", [0, 3], runs)
    assert statistics.kept(tmp_path / "results.json") == ([0, 3], runs)
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["runs"][0]["switches"] == {"balance": [1.2, 0.6], "hidden": [8]}
    assert found["settings"]["baseline"]["rate"] == 1e-3


def test_the_stored_runs_are_those_of_all_tips():
    seeds, runs = statistics.kept(results.FOLDER / "tips.json")
    rows = statistics.rows_of(TIPS, runs, seeds, Switches())
    assert [row.n for row in rows] == [5] * len(TIPS)
