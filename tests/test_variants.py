"""The demo of all variants, with few steps: picture, table, options, interruption."""

import pytest

from demos import variants
from numgan import presets
from numgan.presets import METHODS, VARIANTS


def written(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("dataset", ["ring", "grid"])
def test_all_of_them_are_trained_and_drawn(dataset, tmp_path, capsys):
    assert variants.main(["--dataset", dataset, "--steps", "2", "--out", str(tmp_path)]) == 0
    assert written(tmp_path) == ["variants.png"]
    text = capsys.readouterr().out
    for recipe in (*METHODS[dataset].values(), *VARIANTS[dataset].values()):
        assert f"{recipe.title}: {recipe.changes}" in text


def test_titles_are_told_apart():
    titles = [p.title for p in (*METHODS["ring"].values(), *VARIANTS["ring"].values())]
    assert len(set(titles)) == len(titles) and all(len(title) < 28 for title in titles)


@pytest.mark.parametrize("arguments, text", [
    (["--only", "gun"], "invalid choice: 'gun'"),
    (["--steps", "0"], "--steps: expected an integer of at least 1, got 0"),
    (["--dataset", "spiral"], "invalid choice: 'spiral'"),
])
def test_a_bad_option_ends_with_code_2_and_says_which(arguments, text, capsys):
    with pytest.raises(SystemExit) as ended:
        variants.main(arguments)
    assert ended.value.code == 2 and text in capsys.readouterr().err


def test_interrupted_training_is_still_drawn(tmp_path, monkeypatch, capsys):
    real_train, left = presets.train, [7]

    def interrupted(*arguments, **options):
        for record in real_train(*arguments, **options):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            yield record

    monkeypatch.setattr(presets, "train", interrupted)
    assert variants.main(["--steps", "5", "--out", str(tmp_path)]) == 130
    assert written(tmp_path) == ["variants.png"]
    assert "Interrupted" in capsys.readouterr().out
