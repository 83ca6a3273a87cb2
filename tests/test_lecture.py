"""demos/pages/lecture.md: every section is whole, its commands parse, its answers are right."""

import doctest
import importlib
import inspect
import os
import re
import shlex
import subprocess
import sys

import pytest

import numgan
from demos import arguments
from demos.pages import PAGES, PLACE

TEXT = (PAGES / "lecture.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\d+ [^\n]+)\n(.*?)(?=^## |\Z)", TEXT, re.S | re.M))
ANSWERS = [(title, block) for title, text in SECTIONS.items()
           for block in re.findall(r"```pycon\n(.*?)```", text, re.S)]
COMMANDS = sorted(set(re.findall(r"(?:^|`)python -m ([^`\n]+)", TEXT, re.M)))
NO_NUMBERS = ["15 From text to image", "17 Questions for self-study"]


def test_the_sections_of_the_lecture_in_its_order():
    assert [title.split(" ")[0] for title in SECTIONS] == [str(n) for n in range(1, 19)]
    assert [title for title in SECTIONS
            if title not in [one for one, _ in ANSWERS]] == NO_NUMBERS


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_is_whole(title):
    text = SECTIONS[title]
    assert "<details><summary>Answer</summary>\n\n" in text
    assert text.count("<details>") == text.count("\n\n</details>\n")
    if not title.startswith("17"):
        for part in "\n![", "```sh\npython -m demos.", "<!-- source: ", "**Exercise.** ":
            assert part in text, part
        before = text.split("\n![")[0].split("\n```")[0]
        assert 60 < len(before) < 700  # a few sentences


def test_links_within_the_page_lead_somewhere():
    there = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in SECTIONS}
    found = re.findall(r"\]\(#([^)]+)\)", TEXT)
    assert set(found) == there  # the contents have all


@pytest.mark.parametrize("title, block", ANSWERS, ids=[title for title, _ in ANSWERS])
def test_answers_are_right(title, block):
    test = doctest.DocTestParser().get_doctest(block, {}, title, None, 0)
    said = []
    doctest.DocTestRunner().run(test, out=said.append)
    assert test.examples and not said, "".join(said)


class Parsed(Exception):
    """Raised where a demo would begin."""


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_parse(command, monkeypatch):
    parse = arguments.Parser.parse_args

    def parsed(*given):
        parse(*given)
        raise Parsed
    monkeypatch.setattr(arguments.Parser, "parse_args", parsed)
    name, *words = shlex.split(command)
    package = importlib.util.find_spec(name).submodule_search_locations
    main = importlib.import_module(f"{name}.__main__" if package else name).main
    for more in [], ["--quick"]:
        with pytest.raises(Parsed):
            main([*words, *more])


# of these the tests of their own run --quick, some of them shortened, or on smaller images
RUN_ELSEWHERE = {"art", "balance", "clusters", "code_repair", "conditional_digits", "digits",
                 "dirac", "face_aging", "infogan", "inpainting", "latent_walks", "mode_collapse",
                 "one_step", "pix2pix", "ring_stability", "style", "text_to_image", "theory",
                 "tips", "truncation", "variants"}


@pytest.mark.slow
@pytest.mark.parametrize("command", [command for command in COMMANDS if shlex.split(command)[0]
                                     .removeprefix("demos.") not in RUN_ELSEWHERE])
def test_commands_run_with_quick(command, tmp_path):
    words = [sys.executable, "-m", *shlex.split(command), "--quick"]
    ended = subprocess.run(words, cwd=tmp_path, text=True, stderr=subprocess.PIPE,
                           env={**os.environ, "PYTHONPATH": str(PAGES.parent.parent)})
    assert ended.returncode == 0, ended.stderr
    assert any(path.is_file() for path in (tmp_path / "out").rglob("*"))


def test_names_in_the_prose_exist():
    prose = re.sub(r"```.*?```", "", PLACE.sub("", TEXT), flags=re.S)
    spans = [span for span in re.findall(r"`([^`]+)`", prose)
             if not span.startswith(("--", "python -m"))]
    assert len(spans) >= 3
    for span in spans:
        name, keywords = re.fullmatch(r"(\w+)(?:\(((?:\w+=\.\.\.)?)\))?", span).groups()
        value = getattr(numgan, name, None) or getattr(numgan.Network, name)
        if keywords:
            assert keywords.partition("=")[0] in inspect.signature(value).parameters
