"""A subset of C, and its programs as grids of words.

A program is `main`, or a function without parameters, with at most `ROWS` lines in the forms of
`FORMS`, one statement a line. The network reads a line as eight words:

    head, target, three conversions, three values        sprintf  out  %d %s _  i0 p1 _

What the form of the line determines (brackets, commas, quotes) is not a word. What makes no
difference for the bugs is left out too: the first variable of type int is i0 whatever it is called,
a number is NUM, and a text without conversions is STR. Also left out are casts, `sizeof`, which
kind of integer a variable is, and names from a `#define`. `parser.read` remembers all of that in a
`Said` for each row, and `changed` puts it back.
"""

import re
from dataclasses import dataclass, field

import numpy as np

ROWS, SLOTS = 28, 8
TARGET, CONVERSIONS, VALUES = 1, slice(2, 5), slice(5, 8)

INTS, POINTERS, BUFFERS = (tuple(f"{kind}{n}" for n in range(count))
                           for kind, count in (("i", 5), ("p", 3), ("b", 2)))
NAMES = dict(zip(INTS + POINTERS + BUFFERS,
                 ("count", "width", "total", "size", "step", "name", "word", "text", "out", "tmp")))
HEADS = ("int", "char *", "char []", "char * = malloc", "malloc", "free", "= NULL", "printf",
         "sprintf", "fprintf", "strcpy", "strcat", "puts", "=", "++", "strlen", "if", "}", "return")
OPERATORS, FORMATS = ("+", "-", "*", "<", ">", "=="), ("%d", "%s", "%c", "%x")
BLANK, NUM, STR = "", "NUM", "STR"
WORDS = (BLANK, *HEADS, *OPERATORS, *FORMATS, *INTS, *POINTERS, *BUFFERS, NUM, STR)
CODE = {word: code for code, word in enumerate(WORDS)}

NUMBER, CHARS = INTS + (NUM,), POINTERS + BUFFERS  # what may stand where an int or a char * is read
TEXT = CHARS + (STR,)
# head → words that may be the target; the conversions; each of the values (None: any number)
FORMS = {
    "int": (INTS, (), ((BLANK, NUM),)),
    "char *": (POINTERS, (), ()),
    "char []": (BUFFERS, (), ((NUM,),)),
    "char * = malloc": (POINTERS, (), (NUMBER,)),
    "malloc": (POINTERS, (), (NUMBER,)),
    "free": (POINTERS, (), ()),
    "= NULL": (POINTERS, (), ()),
    "printf": ((BLANK,), None, None),
    "sprintf": (CHARS, None, None),
    "fprintf": ((BLANK,), None, None),
    "strcpy": (CHARS, (), (TEXT,)),
    "strcat": (CHARS, (), (TEXT,)),
    "puts": (TEXT, (), ()),
    "=": (INTS, ((BLANK,) + OPERATORS[:3],), (NUMBER, (BLANK,) + NUMBER)),
    "++": (INTS, (), ()),
    "strlen": (INTS, (), (CHARS,)),
    "if": ((BLANK,), (OPERATORS[3:],), (NUMBER, NUMBER)),
    "}": ((BLANK,), (), ()),
    "return": ((BLANK,), (), (NUMBER,)),
}
PRINTS = tuple(head for head, form in FORMS.items() if form[1] is None)
ALLOCATIONS = ("malloc", "char * = malloc")
DECLARATIONS = ("int", "char *", "char []", "char * = malloc")


@dataclass
class Said:
    """How the file writes what the words of a row stand for."""

    numbers: list = field(default_factory=list)  # each NUM, in their order: 8, SIZE, 8*sizeof(char)
    strings: list = field(default_factory=list)  # the format and each STR, in their order
    integer: str = "int"                         # the type, where the row declares an int
    cast: str = ""                               # what stands before malloc
    sizes: dict = field(default_factory=dict)    # variable → what malloc is asked for in its place


@dataclass
class Program:
    """A grid (ROWS, SLOTS) of codes, with what the words leave out of the file it was read from.

    `char *p = NULL;` is one line and two rows. A void function that ends without a return has a row
    for the return, but no line."""

    grid: np.ndarray
    lines: list = field(default_factory=list)   # of each row: the line of the file, from 0, or None
    names: dict = field(default_factory=lambda: dict(NAMES))
    said: list = field(default_factory=list)    # of each row: a `Said`
    source: list = field(default_factory=list)  # the lines of the file
    end: int = 0                                # the line of the function's last }
    void: bool = False                          # whether it returns nothing


# -- rows ------------------------------------------------------------------------------------------


def row(head=BLANK, target=BLANK, conversions=(), values=()):
    """The codes of a line, from words."""
    found = np.zeros(SLOTS, np.uint8)
    found[0], found[TARGET] = CODE[head], CODE[target]
    for part, words in (CONVERSIONS, conversions), (VALUES, values):
        found[part][:len(words)] = [CODE[word] for word in words]
    return found


def words_of(codes):
    """(head, target, conversions, values) of a row; without the blanks between them."""
    words = [WORDS[code] for code in codes]
    return (words[0], words[TARGET], [word for word in words[CONVERSIONS] if word],
            [word for word in words[VALUES] if word])


def wrong_form(codes):
    """Why the row is not a statement of the subset; "" if it is one, or blank."""
    head, target, conversions, values = words_of(codes)
    if head not in FORMS:
        return "" if not np.any(codes) else f"no statement begins with {head or 'nothing'}"
    targets, operators, wanted = FORMS[head]
    if target not in targets:
        return f"{head} {target or 'nothing'}"
    if wanted is None:
        bad = [word for word in conversions if word not in FORMATS]
        bad += [word for word in values if word not in NUMBER + TEXT]
        return f"{head} with {bad[0]}" if bad else ""
    for given, allowed in (conversions, operators), (values, wanted):
        given = given + [BLANK] * (len(allowed) - len(given))
        if len(given) > len(allowed) or any(a not in b for a, b in zip(given, allowed)):
            return f"{head} with {' '.join(given) or 'nothing'}"
    if head == "=" and len(conversions) != len(values) - 1:
        return "= with an operator too many or too few"
    return ""


CONVERSION = re.compile("%l?.?")  # of a format without its %%


def plain(conversion):
    """The word for a conversion: a long or unsigned number is printed as an int is."""
    short = conversion.replace("l", "")
    return "%d" if short == "%u" else short


# -- writing ---------------------------------------------------------------------------------------


def line_of(codes, names=NAMES, said=None, void=False):
    """The C of one row. said : a `Said`; void : bool, whether a return has no value"""
    said = said or Said()
    head, target, conversions, values = words_of(codes)
    numbers, strings = list(said.numbers), list(said.strings)
    if head in ALLOCATIONS:
        names = {**names, **said.sizes}
    printing = head in PRINTS
    format_ = _format(strings.pop(0) if printing and strings else None, conversions)

    def c(word):
        if word == NUM:
            return numbers.pop(0) if numbers else "8"
        if word == STR:
            return strings.pop(0) if strings else '"text"'
        return names.get(word, word)
    target, values = c(target), [c(value) for value in values]
    first = values[0] if values else ""
    if printing:
        before = {"printf": "", "fprintf": "stderr, "}.get(head, f"{target}, ")
        return f"{head}({before}{', '.join([format_, *values])});"
    operator = f" {conversions[0]} " if conversions else ""
    return {"": "", "int": f"{said.integer} {target}{f' = {first}' if values else ''};",
            "char *": f"char *{target};", "char []": f"char {target}[{first}];",
            "char * = malloc": f"char *{target} = {said.cast}malloc({first});",
            "malloc": f"{target} = {said.cast}malloc({first});", "free": f"free({target});",
            "= NULL": f"{target} = NULL;", "strcpy": f"strcpy({target}, {first});",
            "strcat": f"strcat({target}, {first});", "puts": f"puts({target});",
            "=": f"{target} = {operator.join(values)};", "++": f"{target}++;",
            "strlen": f"{target} = strlen({first});", "if": f"if ({operator.join(values)}) {{",
            "}": "}", "return": "return;" if void else f"return {first};"}[head]


def _format(text, conversions):
    """The format with these conversions: `text`, with no more changes than that takes."""
    if text is None:
        return '"' + " ".join(conversions) + '\\n"'
    pieces, at = re.split(f"(%%|{CONVERSION.pattern})", text), 0
    left = list(conversions)
    for n, piece in enumerate(pieces):
        if piece[:1] == "%" and piece != "%%":
            wanted = left.pop(0) if left else ""
            pieces[n] = piece if plain(piece) == wanted else wanted
            at = n
    tail = "".join(" " + one for one in left)
    if not tail:
        return "".join(pieces)
    return ("".join(pieces[:at + 1]) + tail + "".join(pieces[at + 1:]) if at else
            '"' + tail.strip() + " " + "".join(pieces)[1:])


def listing(grid, names=NAMES):
    """The lines of a whole C file; and of each row its line, from 0."""
    lines = [f"#include <{name}.h>" for name in ("stdio", "stdlib", "string")]
    lines, where, deep = lines + ["", "int main(void) {"], [], 1
    for codes in trimmed(grid):
        text = line_of(codes)
        deep -= text == "}"
        where.append(len(lines))
        lines.append("    " * deep + text if text else "")
        deep = max(deep + text.endswith("{"), 1)
    return lines + ["}"], where


def trimmed(grid):
    """The grid without the blank rows at its end."""
    used = np.flatnonzero(grid.any(axis=1))
    return grid[:used[-1] + 1] if len(used) else grid[:0]


def changed(program, grid):
    """The lines of the program's file with another grid in place of its own; and the number, from
    0, of each line that is new or changed. Lines whose rows have not changed stay exactly as they
    are, spaces included."""
    lines, marks, inserted, done = list(program.source), [], [], set()
    for n in np.flatnonzero((program.grid != grid).any(axis=1)):
        at = program.lines[n]
        if at is None:  # the row has no line in the file: put one before the next row's
            later = [line for line in program.lines[n:] if line is not None]
            inserted.append((later[0] if later else program.end, text_of(program, grid, n)))
        elif at not in done:
            done.add(at)
            texts = [text_of(program, grid, row) for row, line in enumerate(program.lines)
                     if line == at]
            old = lines[at]
            space = old[:len(old) - len(old.lstrip())] or "    "
            text = " ".join(filter(None, texts))
            lines[at] = space + text if text else ""
            marks.append(at)
    for at, text in sorted(inserted, reverse=True):
        lines.insert(at, "    " + text)
        marks = [mark + (mark >= at) for mark in marks] + [at]
    return lines, sorted(marks)


def text_of(program, grid, n):
    """The C of a row of another grid, with the names and numbers of the program's file."""
    return line_of(grid[n], program.names, program.said[n], program.void)
