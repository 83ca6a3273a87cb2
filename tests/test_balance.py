"""The balance of the two players: maps of pairs, one against one that stands still, the words."""

import numpy as np
import pytest

from demos import balance, results
from demos.balance import duels, games, views
from demos.balance.__main__ import main
from demos.judging import Reference
from demos.ledger import Ledger
from demos.jobs import Task

SEEDS = [0, 1]


def runs_of(value):
    """Runs of all pairs of the grid, whose precision and recall are value(pair)."""
    found = {}
    for pair in games.pairs_of("grid"):
        for seed in SEEDS:
            share = value(pair)
            found[games.key_of(pair, seed)] = {
                "part": "game", "dataset": "grid", "seed": seed, "modes": 9, "high_quality": 0.5,
                "precision": share, "recall": share}
    return found


def test_the_maps_share_their_middle_and_vary_what_they_say():
    widths, rates, turns = games.maps_of("grid")
    assert {row[i] for one in (widths, rates) for i, row in enumerate(one.pairs()) if i == 1} == {
        widths.base}
    assert turns.base in turns.pairs()[0]
    assert [pair.g_width for pair in widths.pairs()[0]] == [8, 8, 8]
    assert [pair.d_rate for pair in rates.pairs()[0]] == list(games.RATES)
    assert len(games.pairs_of("grid")) == 9 + 9 + 9 - 1 - 3


def test_the_harmonic_mean():
    assert games.f_score({"precision": 0.5, "recall": 1.0}) == pytest.approx(2 / 3)
    assert games.f_score({"precision": 0.0, "recall": 0.0}) == 0


def test_a_recipe_has_the_widths_rates_and_steps_of_its_pair():
    pair = games.Pair("grid", 8, 16, 1e-3, 3e-3, 5)
    reference = Reference("grid", 50)
    training = pair.recipe(reference, 7).start(reference.real, 0)
    assert training.preset.k == 5 and training.steps == 7
    assert training.training.d_optimizer.learning_rate == 3e-3
    assert training.generator.theta.size == 3 * 8 + 2 * (9 * 8) + 9 * 2
    assert training.discriminator.theta.size == 3 * 16 + 2 * (17 * 16) + 17


@pytest.mark.parametrize("value, text", [
    (lambda pair: 0.9 if pair.g_width == pair.d_width == 128 else 0.5,
     "Best of all is G 128, D 128 with 0.90: the best pair has equal widths."),
    (lambda pair: 0.9 if (pair.g_width, pair.d_width) == (32, 128) else 0.5,
     "Best of all is G 32, D 128 with 0.90; of equal ones 8 is the best with 0.50, and worse in "
     "every seed: they need not be equal, by these figures.")])
def test_the_words_about_sides_follow_from_the_figures(value, text):
    said = views.sides(games.maps_of("grid")[0], "widths", runs_of(value), SEEDS)
    assert text in said
    assert views.sides(games.maps_of("grid")[0], "widths", {}, SEEDS) == ""


def test_one_seed_has_no_spread_in_the_table():
    runs = runs_of(lambda pair: 0.5)
    lines = views.table("grid", runs, SEEDS[:1])
    assert lines[1].endswith("mean of 1 seed") and lines[3].split()[2:] == ["9.0", *["0.500"] * 3]
    assert not any("nan" in line or "±" in line for line in lines)
    several = views.table("grid", runs, SEEDS)
    assert f"mean ± standard deviation of {len(SEEDS)} seeds" in several[1]
    assert "0.500 ± 0.000" in several[3]


def test_the_words_about_steps_and_rate():
    said = views.steps_or_rate(games.maps_of("grid")[2], runs_of(
        lambda pair: pair.k / 10 + pair.d_rate * 100), SEEDS)
    assert "0.80 with k = 5 (rate 0.003)" in said
    assert "at D's lowest rate more steps change F from 0.13 to 0.53" in said


def duel(job, age, steps, seed=0, width=8):
    return {"job": job, "age": age, "width": width, "seed": seed, "steps": steps, "recall": 0.25,
            "parameters": 10}


def test_the_easier_job_is_the_one_with_fewer_steps():
    found = [duel("D", 0.02, 5), duel("G", 0.02, 90), duel("D", 1.0, None), duel("G", 1.0, 3),
             duel("D", 1.0, None, 1), duel("G", 1.0, None, 1)]
    said = views.easier(found, 100)
    assert "at 2 % of the training D in 1 of 1 (median 5 steps), G in 1 of 1 (median 90" in said
    assert "at 100 % of the training D in 0 of 2, G in 1 of 2 (median 3 steps)" in said
    assert "each job was the easier one 1 times" in said and "a recall of 0.25" in said
    assert "D's job was the easier one 1 times, G's 0 times" in views.easier(found[:2], 100)


def test_both_jobs_are_done_by_those_who_can():
    """Against a G that makes one point D wins soon; against a D that says "real" to all, G has
    won at its first look."""
    reference = Reference("grid", 200)

    def heap(z):
        return np.full((len(z), 2), 9, np.float32)

    class Fixed:
        def forward(self, z, train=False):
            return heap(z), None

        __call__ = staticmethod(heap)

    won = duels.fight(reference, duels.Duel("grid", "D", 1.0, 32), Fixed(), None, 0, 200)
    assert 1 <= won["steps"] < 200 and won["parameters"] == 3 * 32 + 2 * (33 * 32) + 33
    trained = games.d_mlp(8, 0, 0, 0)
    trained.theta[...] = 0
    trained.layers[-1].b[...] = 1
    won = duels.fight(reference, duels.Duel("grid", "G", 1.0, 8), None, trained, 0, 50)
    assert won["steps"] == 1 and 0 <= won["recall"] < 0.9
    trained.layers[-1].b[...] = -1
    assert duels.fight(reference, duels.Duel("grid", "G", 1.0, 8), None, trained, 0,
                       9)["steps"] is None
    assert duels.share_won("D", Fixed(), lambda x: x[:, :1] - 5, np.zeros((4, 2)),
                           np.zeros((4, 2))) == 0.0  # wrong of all


# -- the ledger ------------------------------------------------------------------------------------


def one(n, report):
    if n < 0:
        raise KeyboardInterrupt
    report(1)
    return {"n": n, "none": np.nan}


def test_a_ledger_makes_what_is_missing_and_no_more(tmp_path):
    path = tmp_path / "results.json"
    tasks = {str(n): Task(str(n), 1, (n,)) for n in (1, -1, 2)}
    ledger = Ledger(path, "python -m demos.x", {"steps": (1, 2)})
    assert ledger.complete(one, tasks, 1) and list(ledger.runs) == ["1"]
    again = Ledger(path, "python -m demos.x", {"steps": (1, 2)})
    assert again.runs == ledger.runs and again.runs["1"]["none"] is None
    del tasks["-1"]
    tasks["1"] = Task("1", 1, (-1,))  # would interrupt, but is there
    assert not again.complete(one, tasks, 1) and list(again.runs) == ["1", "2"]
    assert results.read(path)["runs"][1]["n"] == 2
    for settings, quick in ({"steps": 3}, False), ({"steps": (1, 2)}, True):
        with pytest.raises(ValueError, match="to be of these settings.*delete it"):
            Ledger(path, "python -m demos.x", settings, quick)


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    out = tmp_path_factory.mktemp("balance")
    assert main(["--quick", "--jobs", "1", "--out", str(out)]) == 0
    return out


def test_the_demo_writes_maps_and_words(quick):
    assert {path.name for path in quick.iterdir()} == {
        "balance_grid.png", "duels_grid.png", "results.json", "table.txt"}
    text = (quick / "table.txt").read_text(encoding="utf-8")
    assert "grid: widths" in text and "So " in text and "Best of all is G" in text


@pytest.mark.slow
def test_what_is_there_is_not_trained_again(quick, monkeypatch, capsys):
    monkeypatch.setattr(balance.__main__, "play", None)
    monkeypatch.setattr(balance.__main__, "fight_alone", None)
    assert main(["--quick", "--jobs", "1", "--out", str(quick)]) == 0
    with pytest.raises(SystemExit) as ended:
        main(["--quick", "--steps", "5", "--out", str(quick)])
    assert ended.value.code == 2 and "delete it" in capsys.readouterr().err
