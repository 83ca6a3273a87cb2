"""README.md is true: its Python runs, its links exist, its failure message is the real one."""

import pathlib
import re

import numpy as np
import pytest

from numgan.gradcheck import GradientError

ROOT = pathlib.Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.S)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0])
def test_python_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("images.npy", np.arange(256, dtype=np.uint8).repeat(100).reshape(100, 16, 16, 1))
    names = {"__name__": "readme"}
    exec(compile(block.replace("steps=6000", "steps=2"), "README.md", "exec"), names)
    if "images.npy" in block:
        assert names["samples"].shape == (100, 16, 16, 1)
        assert (tmp_path / "generator.npz").exists()


def test_the_failure_message_is_what_the_check_says():
    block = next(block for block in BLOCKS if "class PReLU" in block)
    with pytest.raises(GradientError) as caught:
        exec(block.replace(".sum(axis=0)", ".mean(axis=0)"), {"__name__": "readme"})
    assert f"GradientError: {caught.value}" in TEXT


def test_links_and_commands_exist():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (ROOT / link).exists(), link
    for module in set(re.findall(r"python -m ((?:demos|numgan)[\w.]*)", TEXT)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
