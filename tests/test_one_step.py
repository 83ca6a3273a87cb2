"""The printed step: all of it can be done again by hand from the weights and points it prints."""

import re

import numpy as np
import pytest

from demos.one_step import main

EVERY = pytest.mark.parametrize("arguments", [["--quick"], ["--d-steps", "0"], ["--seed", "3"]])
WEIGHTS = ("V1", "c1", "V2", "c2", "W1", "b1", "W2", "b2")


def printed(text):
    """{name: array} of a part of the output."""
    return {name: np.array(eval(re.sub(r"(?<=\d)(\s+)(?=[-\d])|(?<=\])(\s+)", ", ", numbers)))
            for name, numbers in re.findall(r"^([\w ]+) = [^\n]*\n    (\[[^=]*\])\n\n", text, re.M)}


def sections(arguments, capsys):
    main(arguments)
    parts = re.split(r"\n\d\. [^\n]*\n=+\n", capsys.readouterr().out)[1:]
    return [*parts[:3], *re.split(r"\n[^\n]*: L_G = [^\n]*\n-+\n", parts[3])[1:], parts[4]]


def backward_of_d(at, dl, suffix):
    """Every gradient of D for one batch, by the formulas of the chain rule."""
    u, v, x = (at[name + suffix] for name in "uvx")
    dv = dl @ at["W2"].T
    du = dv * np.where(u > 0, 1, 0.2)
    return {"dl" + suffix: dl, "dv" + suffix: dv, "du" + suffix: du,
            "dx" + suffix: du @ at["W1"].T, "dW2" + suffix: v.T @ dl, "db2" + suffix: dl.sum(0),
            "dW1" + suffix: x.T @ du, "db1" + suffix: du.sum(0)}


@EVERY
def test_every_number_can_be_found_by_hand(arguments, capsys):
    one, two, three, saturating, non_saturating, five = map(printed, sections(arguments, capsys))
    at = {**{name: one[name] for name in WEIGHTS}, "z": two["z"], "x_real": two["x_real"]}
    assert list(one) == list(WEIGHTS)
    at["W2"] = at["W2"][:, None]
    at["a"] = at["z"] @ at["V1"] + at["c1"]
    at["h"] = np.tanh(at["a"])
    at["x"] = at["x_fake"] = at["h"] @ at["V2"] + at["c2"]
    for suffix in "_real", "_fake":
        u = at["u" + suffix] = at["x" + suffix] @ at["W1"] + at["b1"]
        v = at["v" + suffix] = np.maximum(u, 0.2 * u)
        at["l" + suffix] = v @ at["W2"] + at["b2"]
        at["D" + suffix] = 1 / (1 + np.exp(-at["l" + suffix]))

    def same(found, wanted, names):
        assert sorted(found) == sorted(names)
        for name in names:
            assert found[name] == pytest.approx(
                np.reshape(wanted[name], found[name].shape), rel=1e-4, abs=5e-5), name

    same(two, at, set(at) - set(WEIGHTS))

    wanted = {**backward_of_d(at, (at["D_real"] - 1) / 4, "_real"),
              **backward_of_d(at, at["D_fake"] / 4, "_fake")}
    wanted |= {"d" + name: wanted[f"d{name}_real"] + wanted[f"d{name}_fake"]
               for name in ("W1", "b1", "W2", "b2")}
    same(three, wanted, wanted)

    for found, dl in (saturating, -at["D_fake"] / 4), (non_saturating, -(1 - at["D_fake"]) / 4):
        wanted = {name: value for name, value in backward_of_d(at, dl, "_fake").items()
                  if name[1] not in "Wb"}
        dx = wanted["dx_fake"]
        dh = dx @ at["V2"].T
        da = dh * (1 - at["h"] ** 2)
        wanted |= {"dV2": at["h"].T @ dx, "dc2": dx.sum(0), "dh": dh, "da": da,
                   "dV1": at["z"].T @ da, "dc1": da.sum(0), "dz": da @ at["V1"].T}
        same(found, wanted, wanted)

    new = {name: at[name] - 0.05 * wanted["d" + name] for name in ("V1", "c1", "V2", "c2")}
    x = np.tanh(at["z"] @ new["V1"] + new["c1"]) @ new["V2"] + new["c2"]
    u = x @ at["W1"] + at["b1"]
    wanted = {**{"new " + name: value for name, value in new.items()}, "new x": x,
              "moved": x - at["x"], "D_fake": at["D_fake"],
              "new D_fake": 1 / (1 + np.exp(-np.maximum(u, 0.2 * u) @ at["W2"] - at["b2"]))}
    same(five, wanted, wanted)


@EVERY
def test_slopes_and_derived_gradients_agree(arguments, capsys):
    main(arguments)
    text = capsys.readouterr().out
    slopes = [float(x) for x in re.findall(r"/ 2h = ([+-][\d.]+)", text)]
    derived = [float(x) for x in re.findall(r"derived, d[VW]1\[0, 0\] += ([+-][\d.]+)", text)]
    assert len(slopes) == len(derived) == 3
    assert slopes == pytest.approx(derived, rel=1e-5, abs=1e-9)
    assert text.count("D's gradients are what they were.") == 2


def test_bad_options(capsys):
    with pytest.raises(SystemExit):
        main(["--d-steps", "-1"])
    assert "expected an integer of at least 0, got -1" in capsys.readouterr().err
