"""Published tables: networks and data as published, what is kept, and the words."""

import numpy as np
import pytest

from demos import results
from demos.tables import entries, recipes, views
from demos.tables.__main__ import main
from numgan import data


def sizes(recipe, real):
    training = recipe.start(real, 0)
    return training.generator.theta.size, training.discriminator.theta.size


def test_networks_have_as_many_parameters_as_published():
    assert sizes(recipes.pacgan(1), data.ring()) == (484_802, 405_201)
    assert sizes(recipes.pacgan(4), data.ring())[1] == 405_201 + 3 * 2 * 1000
    tiny = recipes.Stacked(np.zeros((20, 28, 28, 1), np.float32))
    generator, discriminator = sizes(recipes.stacked(0.25), tiny)
    assert round(generator, -3) in (287_000, 288_000) and discriminator < 1000
    assert recipes.pacgan(2).batch_size == 200 and recipes.pacgan(2).steps == 400_000


@pytest.mark.parametrize("shape", [(2, 128), (128, 128), (128, 2)])
def test_orthogonal_weights_are_orthonormal_but_for_their_gain(shape):
    w = recipes.orthogonal(np.random.default_rng(0), shape, *shape) / 1.4
    product = w @ w.T if shape[0] < shape[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_a_pool_is_drawn_once_and_used_with_replacement():
    pool = recipes.Pool(data.ring(), n=5)
    x = pool.sample(50, np.random.default_rng(1))
    assert {tuple(point) for point in x} == {tuple(point) for point in pool.points}
    assert pool.std == 0.01 and len(pool.centers) == 8


def test_a_stack_has_a_digit_in_each_channel():
    images = np.arange(7, dtype=np.float32)[:, None, None, None] * np.ones((7, 28, 28, 1), "f")
    x = recipes.Stacked(images).sample(400, np.random.default_rng(0))
    assert x.shape == (400, 28, 28, 3) and (x == x[:, :1, :1]).all()
    assert set(x[..., 0].ravel()) == set(x[..., 2].ravel()) == set(range(7))
    assert len({tuple(triple) for triple in x[:, 0, 0]}) > 150


def test_a_triple_of_digits_is_a_mode(monkeypatch):
    class Network:
        """Takes the brightness for the digit."""

        def probabilities(self, images):
            return np.eye(10)[images[:, 0, 0, 0].astype(int)]

    monkeypatch.setattr(entries.metrics, "mnist_lenet", Network)
    stacks = np.zeros((40, 28, 28, 3))
    assert entries.judge_stacks(stacks, None, 0, None) == {"modes": 1,
                                                           "kl": pytest.approx(np.log(1000))}
    stacks[:20, ..., 1] = 7
    found = entries.judge_stacks(stacks, None, 0, None)
    assert found == {"modes": 2, "kl": pytest.approx(np.log(500))}


@pytest.mark.parametrize("name", entries.TABLES)
def test_every_table_has_rows_of_here_and_published_figures_of_its_measures(name):
    entry = entries.TABLES[name]()
    assert sum(row.recipe is not None for row in entry.rows) >= 2
    assert len({row.key for row in entry.rows}) == len(entry.rows) and entry.differs
    for row in entry.rows:
        assert set(row.published) <= set(entry.measures)
        assert row.recipe is None or entry.steps_of(row) <= row.recipe().steps
        assert entry.steps_of(row, 7) in (1, 7)


def run(data, name, seed, **figures):
    return {"data": data, "row": name, "seed": seed, **figures}


def test_the_best_method_here_stands_in_every_table_of_modes():
    for name, table in entries.TABLES.items():
        table = table()
        best = {row.data for row in table.rows if row.name == entries.BEST}
        assert best == ({row.data for row in table.rows} if "modes" in table.measures else set())
    table = entries.wgan_table()
    assert [table.steps_of(table.row(f"{name}, {entries.BEST}"))
            for name in ("ring", "grid", "swiss roll")] == [15_000, 40_000, 15_000]


def test_the_words_follow_from_the_figures():
    entry = entries.TABLES["pacgan-grid"]()
    runs = {}
    for seed, kl in enumerate((0.71, 0.69, 0.70)):
        runs[f"a{seed}"] = run("grid", "GAN", seed, steps=9, published_steps=400_000, modes=17,
                               high_quality=60 + seed, reverse_kl=kl, precision=0.9, recall=0.7)
        runs[f"b{seed}"] = run("grid", entries.BEST, seed, steps=40_000, published_steps=40_000,
                               modes=25, high_quality=98.5, reverse_kl=0.006 + 0.002 * seed)
    text = " ".join(views.conclusion(entry, runs))
    assert "Of 3 published figures that were measured again 2 lie within two" in text
    assert "3 of 6 trainings were shorter" in text
    assert ("R3GAN (numgan): modes at least 25, high quality % at least 98, reverse KL at most "
            "0.008, in 2 of 3 seeds.") in text
    assert text.endswith("grid, modes: R3GAN (numgan) 25.0 ± 0.0, GAN 17.0 ± 0.0.")
    header, rows = views.lines_of(entry, runs)
    assert rows[0] == ["grid", "GAN", "17.3 ± 0.8", "17.0 ± 0.0", "94.8 ± 0.7", "61.0 ± 0.6",
                       "0.7 ± 0.07", "0.700 ± 0.006", "0.900 ± 0.000", "0.700 ± 0.000", "3",
                       "9 of 400,000"]
    assert header[6:10] == ["reverse KL: published", "measured", "precision: measured",
                            "recall: measured"]
    assert [row[1] for row in rows] == ["GAN", "ALI", "minibatch discrimination", "PacGAN2",
                                        "PacGAN3", "PacGAN4", entries.BEST]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    out = tmp_path_factory.mktemp("tables")
    arguments = ["unrolled-ring", "--quick", "--only", "0 steps", "1 step", "--jobs", "1", "--out",
                 str(out)]
    assert main(arguments) == 0
    return out, arguments


def test_the_demo_writes_a_table_a_picture_and_figures(quick):
    out, _ = quick
    assert {path.name for path in out.iterdir()} == {"results.json", "table.txt",
                                                     "table_unrolled-ring.png"}
    found = results.read(out / "results.json")
    assert [one["row"] for one in found["runs"]] == ["0 steps", "1 step", entries.REAL]
    assert found["runs"][0]["steps"] == 2 and found["runs"][0]["published_steps"] == 25_000
    text = (out / "table.txt").read_text(encoding="utf-8")
    assert "2 of 25,000" in text and "the paper has none" in text


def test_what_is_there_is_not_trained_again_and_more_can_be_asked_for(quick, monkeypatch, capsys):
    out, arguments = quick
    before = results.read(out / "results.json")["runs"]
    made = []

    def measure(table, key, seed, *rest, report):
        made.append((key, seed))
        return {"data": "ring", "row": "5 steps", "seed": seed, "steps": 2, "published_steps": 3}

    monkeypatch.setattr("demos.tables.__main__.measure", measure)
    assert main([*arguments, "--only", "0 steps", "5 steps"]) == 0
    assert made == [("ring, 5 steps", 0)]
    assert results.read(out / "results.json")["runs"][:3] == before
    capsys.readouterr()
    for wrong, message in ((["--only", "PacGAN"], "--only: expected some of"),
                           (["--seeds", "-1"], "expected an integer")):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, *wrong])
        assert ended.value.code == 2 and message in capsys.readouterr().err
