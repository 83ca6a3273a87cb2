"""demos.structures: what it finds in each member of the family, and its pictures."""

import pytest

from demos.pages import ROOT
from demos.structures import members, networks
from demos.structures.__main__ import SHOWN, dcgan, main
from numgan import models, penalties
from numgan.presets import FAMILY, names

PICTURES = ROOT / "demos" / "pictures" / "structures"
FOUND = {name: members.of_member(name) for name in names("ring")}


def having(**wanted):
    """The members whose structure has these values."""
    return [name for name, found in FOUND.items()
            if all(getattr(found, field) == value for field, value in wanted.items())]


def test_who_is_told_a_condition():
    assert having(condition="label") == ["cgan", "acgan", "projection"]
    assert having(condition="code") == ["infogan"]
    assert having(judged_with="input") == ["cgan"]
    assert having(judged_with="features") == ["projection"]
    assert having(head="Q") == ["infogan"] and having(head="P") == ["acgan"]
    assert having(labelled=True) == ["cgan", "acgan", "projection"]


def test_what_d_is_and_says():
    assert having(autoencoder=True) == having(says="error") == ["ebgan", "ebgan-pt", "began"]
    assert having(codes=True) == ["ebgan-pt"]
    assert having(says="difference") == ["r3gan"] and having(says="to the mean") == ["ragan"]
    assert {"lsgan", "wgan", "wgan-gp", "sn-gan", "f-kl"} <= set(having(says="score"))
    assert {"gan", "dragan", "f-js"} <= set(having(says="real?"))
    assert having(at_once=2) == ["pacgan"]
    assert having(compares=True) == ["minibatch", "minibatch-std"]


def test_where_the_slope_is_held():
    assert having(slope_at="between", slope=1) == ["wgan-gp"]
    assert having(slope_at="around x", slope=1) == ["dragan"]
    assert having(slope_at="x", slope=0) == ["r1"]
    assert having(slope_at="both", slope=0) == ["r3gan"]
    assert members.slope_held(penalties.R2()) == ("G(z)", 0)


def test_what_else_is_changed():
    assert {name: found.notes for name, found in FOUND.items() if found.notes} == {
        "wgan": ("weights clipped",), "began": ("held in balance by k",),
        "sn-gan": ("W / σ(W) in D",), "unrolled": ("G sees 5 steps of D ahead",),
        "consensus": ("both: + ½ γ ‖v‖²",), "pacgan": ("D sees 2 samples at a time",),
        "minibatch": ("D compares the samples of a batch",),
        "minibatch-std": ("D compares the samples of a batch",), "maxout": ("maxout units in D",)}
    assert FOUND["gan"] == members.Structure()


def test_in_words():
    assert FOUND["cgan"].words() == (
        "z and c → G → G(z, c); x or G(z, c) with c → D → real?; x comes with its c")
    assert FOUND["ragan"].words() == (
        "z → G → G(z); x or G(z) → D → each score minus the mean of the other kind's")
    assert FOUND["ebgan-pt"].words() == (
        "z → G → G(z); x or G(z) → D, an autoencoder → its error; "
        "the codes of a batch are pulled apart")
    assert FOUND["wgan-gp"].words() == (
        "z → G → G(z); x or G(z) → D → a score; D's slope between x and G(z) is drawn to 1")


def description(path):
    from PIL import Image
    with Image.open(path) as image:
        return image.text["Description"]


@pytest.mark.parametrize("name", names("ring"))
def test_a_picture_of_each_member_shows_what_it_is(name):
    assert description(PICTURES / f"{name}.png") == FOUND[name].words(), "run demos.structures"


def test_the_sheet_and_the_dcgan_are_up_to_date():
    assert description(PICTURES / "sheet.png") == "; ".join(
        f"{FAMILY[name].title}: {FOUND[name].words()}" for name in SHOWN), "run demos.structures"
    assert description(PICTURES / "dcgan.png") == networks.words(*dcgan(), 64)
    assert {path.stem for path in PICTURES.iterdir()} == {*FOUND, "sheet", "dcgan"}


@pytest.mark.parametrize("options", [dict(), dict(size=16, channels=3, hidden=0)])
def test_the_stages_of_a_network_are_its_summary(options):
    for network, shape in zip(dcgan(**options), ((64,), None)):
        found = networks.stages(network, shape)
        assert sum(stage.size for stage in found) == network.size
        rows = [line.split("  ") for line in network.summary(shape).split("\n")[2:-2]]
        rows = [[cell.strip() for cell in row if cell] for row in rows]
        for stage in found:
            for name in stage.layers:
                rows.pop(0)
                assert rows[0][0].split("(")[0] == name.split("\n")[0]
            assert rows[0][1] == f"(N, {', '.join(map(str, stage.shape))})"
        assert len(rows) == 1


def test_stages_begin_at_weights():
    D = models.dcgan_discriminator(8, 1, 4, hidden=16, normalization="spectral", rng=0)
    assert [stage.layers for stage in networks.stages(D)] == [
        (), ("SpectralNorm", "LeakyReLU"), ("SpectralNorm", "LeakyReLU"),
        ("Flatten", "SpectralNorm", "LeakyReLU"), ("SpectralNorm",)]


def test_the_command_draws(tmp_path, capsys):
    assert main(["--only", "gan", "acgan", "--size", "8", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"gan.png", "acgan.png", "sheet.png",
                                                          "dcgan.png"}
    said = capsys.readouterr().out
    assert f"ACGAN{' ' * 21}{FOUND['acgan'].words()}" in said
    assert "2 members, 2 structures." in said and "Dense(64, 256, bias=False)" in said
    assert description(tmp_path / "acgan.png") == FOUND["acgan"].words()


def test_sizes_that_no_dcgan_has_are_an_error(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--size", "9", "--out", str(tmp_path / "out")])
    assert ended.value.code == 2 and "size must be 2 to 7" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
