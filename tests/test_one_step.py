"""The printed step: its finite differences agree with what it derives."""

import re

import pytest

from demos.one_step import main


@pytest.mark.parametrize("arguments", [[], ["--d-steps", "0"], ["--seed", "3"]])
def test_slopes_and_derived_gradients_agree(arguments, capsys):
    main(arguments)
    text = capsys.readouterr().out
    slopes = [float(x) for x in re.findall(r"/ 2h = ([+-][\d.]+)", text)]
    derived = [float(x) for x in re.findall(r"dW\[0, 0\] = ([+-][\d.]+)", text)]
    assert len(slopes) == len(derived) == 3
    assert slopes == pytest.approx(derived, rel=1e-5, abs=1e-9)
    assert "D's gradients were left alone: True" in text and "non-saturating" in text


def test_bad_options(capsys):
    with pytest.raises(SystemExit):
        main(["--d-steps", "-1"])
    assert "must not be negative" in capsys.readouterr().err
