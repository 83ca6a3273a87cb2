"""demos/pages/references.md has an entry for every work that is cited, and for no other."""

import re
import unicodedata

import pytest

from demos import pages

ROOT = pages.ROOT
PAGE = pages.PAGES / "references.md"
ENTRIES = re.findall(r"^- \*\*(.+?)\*\*(.*?)(?=^- |^\n)", PAGE.read_text(encoding="utf-8"),
                     re.M | re.S)
KEYS = [key for key, _ in ENTRIES]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
         for path in [*pages.pages(), *(path for folder in ("demos", "numgan", "tests")
                                        for path in sorted((ROOT / folder).rglob("*.py")))]
         if path not in (PAGE, ROOT / "tests" / "test_references.py")}

NO_NAME = r"(?!(?:About|After|All|At|By|Each|For|From|In|Of|On|Only|Since|The|These|With)\b)"
NAME = rf"(?:(?:de|van|von) )?{NO_NAME}[^\W\d_a-z][\w-]+"
WHO = rf"{NAME} et al\.|(?:{NAME}, )*{NAME} & {NAME}|{NAME}"
YEAR = r"(?:1[89]\d\d|20[0-3]\d)\b(?!-\d)"  # but no day, as 2026-11-25
CITED = re.compile(rf"\b({WHO})(?:'s \w+)?,? \(?({YEAR}(?:(?:, | and ){YEAR})*)")


def in_one_line(text):
    """Without the breaks of docstrings, comments, strings in parts and paragraphs."""
    text = re.sub(r"""(["'])\s*\n\s*[frb]*\1""", "", text)
    return re.sub(r"\s+", " ", re.sub(r"\n[ \t]*#+ ", "\n", text))


def cited(text):
    """The works that a text cites, as "Goodfellow et al. 2014"."""
    return {f"{who} {year}" for who, years in CITED.findall(in_one_line(text))
            for year in re.findall(YEAR, years)}


@pytest.mark.parametrize("text, keys", [
    ("As Goodfellow et\n    al. 2014, eq. 1; Elman 1990.",
     ["Goodfellow et al. 2014", "Elman 1990"]),
    ("x = 2  # Kingma & Ba\n    # (2015), in 2020", ["Kingma & Ba 2015"]),
    ("(Karras et al. 2019, 2020)", ["Karras et al. 2019", "Karras et al. 2020"]),
    ("Lim & Ye 2017 and 2018; on 2026-11-25", ["Lim & Ye 2017", "Lim & Ye 2018"]),
    ('"(CAN, Elgammal et "\n    "al. 2017)"', ["Elgammal et al. 2017"]),
    ("as in Chan, Golub & LeVeque 1983: of", ["Chan, Golub & LeVeque 1983"]),
    ("Holm's correction (1979) allows", ["Holm 1979"]),
    ("(de Vries et al., 2017), Brock et al. (2019)", ["de Vries et al. 2017", "Brock et al. 2019"]),
    ("of Jolicoeur-Martineau 2019 or Székely & Rizzo\n2013",
     ["Jolicoeur-Martineau 2019", "Székely & Rizzo 2013"]),
    ("LeNet-5, DCGAN (64), of 2000 steps, `Adam`, in 2017. After 2000 steps", []),
])
def test_a_citation_is_found(text, keys):
    assert cited(text) == set(keys)


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if cited(text)])
def test_what_is_cited_has_an_entry(name):
    assert sorted(cited(TEXTS[name]) - set(KEYS)) == [], "add it to demos/pages/references.md"


def test_who_is_cited_without_a_year_has_an_entry():
    """As "Harer et al. translate"."""
    for name, text in TEXTS.items():
        for who in re.findall(rf"\b{NAME} et al\.", in_one_line(text)):
            assert any(key.startswith(who) for key in KEYS), (name, who)


def test_what_has_an_entry_is_cited():
    assert sorted(set(KEYS) - set().union(*map(cited, TEXTS.values()))) == []


def test_entries_are_in_order_and_each_is_there_once():
    def plain(key):
        letters = unicodedata.normalize("NFKD", key.casefold().replace("ø", "o").replace("ı", "i"))
        return "".join(letter for letter in letters if not unicodedata.combining(letter))
    assert len(KEYS) > 100 and KEYS == sorted(set(KEYS), key=plain)
    links = [link for _, entry in ENTRIES for link in re.findall(r"\]\((.*?)\)", entry)]
    assert len(set(links)) == len(links) == len(KEYS)


def test_an_entry_has_title_year_and_link():
    for key, entry in ENTRIES:
        found = re.fullmatch(r"(?:\([^()]+\))?: \*[^*]+\*\.? (.*)\. \[(.+)\]\(https://(\S+)\)",
                             " ".join(entry.split()))
        assert found, f"expected {key} as **KEY** (NAME): *TITLE*. VENUE. [LINK](https://LINK)"
        venue, text, link = found.groups()
        assert key[-4:] in venue, key
        if "arxiv" in link:
            assert re.fullmatch(r"arXiv:\d{4}\.\d{4,5}", text), key
            assert link == text.replace("arXiv:", "arxiv.org/abs/"), key
        if "doi.org" in link:
            assert link.replace("%28", "(").replace("%29", ")") == text.replace("doi:", "doi.org/")
