"""From the text of a C file to its `Program`; what is not in the subset is named with its line."""

import re

import numpy as np

from .features import BEFORE, CONVERSIONS, INSIDE, conversion_of, feature_of
from .language import (BLANK, BUFFERS, CHARS, CODE, CONVERSION, INTS, NAMES, NUM, NUMBER,
                       OPERATORS, POINTERS, PRINTS, ROWS, STR, TEXT, Program, Said, plain, row)


class Unknown(ValueError):
    """A line that is not in the subset: `line`, from 1, and what is not known."""

    def __init__(self, line, what):
        super().__init__(f"line {line}: {what}")
        self.line, self.what = line, what


TOKEN = re.compile(r'\s*(?:("(?:\\.|[^"\\])*")|(\d+)|([A-Za-z_]\w*)|(==|\+\+|[-+*<>=(){}\[\],;]))')
STRING = r'"(?:\\.|[^"\\\n])*"'
COMMENT = re.compile(rf"({STRING})|//[^\n]*|/\*.*?\*/|(/\*)", re.S)
HERE = "\0"  # stands for a comment
FUNCTION = re.compile(r"(?:static\s+)?(int|void)\s+[A-Za-z_]\w*"
                      r"\s*\(\s*(?:void)?\s*\)\s*(\{?)$")
DEFINE = re.compile(rf"#\s*define\s+([A-Za-z_]\w*)\s+(\d+|{STRING})$")
INCLUDE = re.compile(r"#\s*include\s*<[\w/]+\.h>$")
INTEGER = ("int", "long", "short", "unsigned", "signed")
NAME = re.compile(r"[A-Za-z_]\w*")
CALLED = {INTS: "an int", POINTERS: "a char *", BUFFERS: "a char []", CHARS: "a char * or char []",
          (NUM,): "a number", NUMBER: "an int or a number", TEXT: "a text, char * or char []",
          NUMBER + TEXT: "a value", INTS + CHARS: "a statement"}


def tokens(text, line):
    """The tokens of a line: strings, numbers, names and signs."""
    found, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if not match:
            raise Unknown(line, f"{text[at:].split()[0]!r} is not known")
        found.append(match.group().strip())
        at = match.end()
    return found


class _Line:
    """The tokens of one line, taken one after the other."""

    def __init__(self, words, line, reader):
        self.words, self.line, self.reader, self.at = words, line, reader, 0
        self.said = Said()

    def peek(self):
        return self.words[self.at] if self.at < len(self.words) else "the end of the line"

    def take(self, *wanted):
        word = self.peek()
        if wanted and word not in wanted:
            raise Unknown(self.line, f"expected {' or '.join(wanted)}, got {word}")
        self.at += 1
        return word

    def maybe(self, *wanted):
        if self.peek() in wanted:
            return self.take()
        return None

    def variable(self, kinds):
        """The word of a variable; kinds : a key of `CALLED`."""
        name, known = self.take(), self.reader.variables
        word = known.get(name)
        if word in kinds:
            return word
        if word is None and NAME.fullmatch(name) and name not in {*RESERVED, *self.reader.defined}:
            raise Unknown(self.line, f"{name} is not declared")
        its = [CALLED[some] for some in (INTS, POINTERS, BUFFERS) if word in some]
        raise Unknown(self.line, f"expected {CALLED[kinds]}, got {', '.join([name, *its])}")

    def value(self, kinds):
        word = self.peek()
        meant = self.reader.defined.get(word, word)
        if NUM in kinds and (meant.isdigit() or word == "sizeof"):
            self.said.numbers.append(self.sizeof() if word == "sizeof" else self.take())
            return NUM
        if meant[0] == '"' and STR in kinds:
            self.said.strings.append(self.take())
            if "%" in meant:
                raise Unknown(self.line, f"{word}: conversions are known in formats alone")
            return STR
        return self.variable(kinds)

    def sizeof(self):
        """`sizeof(type)`, as text."""
        self.take("sizeof"), self.take("(")
        words = [self.integer() if self.peek() in INTEGER else self.take("char", *INTEGER)]
        if self.maybe("*"):
            words.append("*")
        self.take(")")
        return f"sizeof({' '.join(words)})"

    def integer(self):
        """`int`, or another type of integers, as text."""
        words = [self.take(*INTEGER)]
        while self.peek() in INTEGER:
            words.append(self.take())
        return " ".join(words)

    def declared(self, kinds, what):
        """A new variable, the first of `kinds` that is free."""
        name, known = self.take(), self.reader.variables
        if not NAME.fullmatch(name) or name in RESERVED:
            raise Unknown(self.line, f"expected a name, got {name}")
        if name in known or name in self.reader.defined:
            raise Unknown(self.line, f"{name} is declared twice")
        free = [kind for kind in kinds if kind not in known.values()]
        if not free:
            raise Unknown(self.line, f"more than {len(kinds)} variables of type {what}")
        known[name] = free[0]
        return free[0]

    def print_arguments(self):
        """`"...", a, b)` → (conversions, values)."""
        text, conversions, values = self.take(), [], []
        if text[0] != '"':
            raise Unknown(self.line, f"expected a format in quotes, got {text}")
        self.said.strings.append(text)
        shown = text.replace("%%", "")
        for match in CONVERSION.finditer(shown):
            if match.group() not in CONVERSIONS:
                raise Unknown(self.line, conversion_of(shown[match.start():-1]))
            conversions.append(plain(match.group()))
        while self.maybe(","):
            values.append(self.value(NUMBER + TEXT))
        for some in conversions, values:
            if len(some) > 3:
                raise Unknown(self.line, "more than three values to print")
        self.take(")")
        return conversions, values

    def malloc(self):
        """`malloc(8)`, `(char *)malloc(8*sizeof(char))` → [how much]"""
        if self.maybe("("):
            self.take("char"), self.take("*"), self.take(")")
            self.said.cast = "(char *)"
        if not self.maybe("malloc"):
            raise Unknown(self.line, f"expected malloc(...) or NULL for a char *, got "
                                     f"{self.peek()}")
        self.take("(")
        value, size = self.value(NUMBER), ""
        if self.maybe("*"):  # one of the two factors is a sizeof
            first = self.said.numbers[-1] if value == NUM else None
            if first is not None and first.startswith("sizeof("):
                size, value = f"{self.said.numbers.pop()}*", self.value(NUMBER)
                self.sized(value, size, "")
            else:
                self.sized(value, "", f"*{self.sizeof()}")
        self.take(")")
        return [value]

    def sized(self, value, before, behind):
        """Remember what stands beside the value in malloc's argument."""
        if value == NUM:
            self.said.numbers[-1] = before + self.said.numbers[-1] + behind
        else:
            name = next(name for name, word in self.reader.variables.items() if word == value)
            self.said.sizes[value] = before + name + behind


RESERVED = {*INTEGER, "char", "if", "return", "malloc", "free", "printf", "sprintf", "fprintf",
            "stderr", "strcpy", "strcat", "strlen", "puts", "NULL", "main", "void", "sizeof",
            "static"}


class _Reader:
    """defined : {name: its text} of each #define; void : whether the function returns nothing"""

    def __init__(self, defined, void):
        self.variables, self.defined, self.void = {}, defined, void

    def statement(self, code, line):
        """(rows, a `Said`): one row, or two for `char *p = NULL`."""
        try:
            t = _Line(tokens(code, line), line, self)
            found = self._statement(t)
            if t.at < len(t.words):
                raise Unknown(line, f"one statement a line: {t.peek()} is one too many")
        except Unknown as error:
            raise Unknown(line, feature_of(code, INSIDE) or error.what) from None
        return found if isinstance(found, list) else [found], t.said

    def _statement(self, t):
        word = t.take()
        if word == "}":
            return row("}")
        if word == "if":
            t.take("(")
            left, operator, right = t.value(NUMBER), t.take(*OPERATORS[3:]), t.value(NUMBER)
            t.take(")"), t.take("{")
            return row("if", BLANK, [operator], [left, right])
        found = self._simple(word, t)
        t.take(";")
        return found

    def _simple(self, word, t):
        if word in INTEGER:
            t.at -= 1
            t.said.integer = t.integer()
            target = t.declared(INTS, "int")
            return row("int", target, (), [t.value((NUM,))] if t.maybe("=") else ())
        if word == "char":
            if t.maybe("*"):
                target = t.declared(POINTERS, "char *")
                if not t.maybe("="):
                    return row("char *", target)
                return ([row("char *", target), row("= NULL", target)] if t.maybe("NULL") else
                        row("char * = malloc", target, (), t.malloc()))
            target = t.declared(BUFFERS, "char []")
            t.take("[")
            value = t.value((NUM,))
            t.take("]")
            return row("char []", target, (), [value])
        if word == "return":
            if self.void and t.peek() != ";":
                raise Unknown(t.line, f"expected ; after the return of a void function, got "
                                      f"{t.peek()}")
            return row("return", BLANK, (), [NUM if self.void else t.value(NUMBER)])
        if word in ("free", "puts"):
            t.take("(")
            target = t.variable(POINTERS) if word == "free" else t.value(TEXT)
            t.take(")")
            return row(word, target)
        if word in PRINTS:
            t.take("(")
            target = BLANK
            if word == "sprintf":
                target = t.variable(CHARS)
                t.take(",")
            elif word == "fprintf":
                t.take("stderr"), t.take(",")
            return row(word, target, *t.print_arguments())
        if word in ("strcpy", "strcat"):
            t.take("(")
            target = t.variable(CHARS)
            t.take(",")
            value = t.value(TEXT)
            t.take(")")
            return row(word, target, (), [value])
        t.at -= 1
        return self._assignment(t.variable(INTS + CHARS), t)

    def _assignment(self, target, t):
        if target in BUFFERS:
            raise Unknown(t.line, f"expected strcpy or sprintf to fill a char [], got {t.peek()}")
        if target in POINTERS:
            if not t.maybe("="):
                raise Unknown(t.line, f"expected = after a char *, got {t.peek()}")
            return row("= NULL", target) if t.maybe("NULL") else row("malloc", target, (),
                                                                     t.malloc())
        if t.maybe("++"):
            return row("++", target)
        t.take("=")
        if t.maybe("strlen"):
            t.take("(")
            value = t.variable(CHARS)
            t.take(")")
            return row("strlen", target, (), [value])
        values, operators = [t.value(NUMBER)], []
        if t.peek() in OPERATORS[:3]:
            operators.append(t.take())
            values.append(t.value(NUMBER))
        return row("=", target, operators, values)


def read(text):
    """The `Program` of a C file's text. `Unknown` names the first line that is not in the subset.

    An empty line of the file is a blank row. If there is none just before the last return, a blank
    row is put there, since a line may be missing. A void function may end without a return.
    """
    text = text.removeprefix("\ufeff")  # with which some editors begin a file
    source = text.splitlines()
    bare = without_comments(text)
    code = [line.replace(HERE, " ").strip() for line in bare]
    start, void, defined = head_of(code)
    end = max(n for n, line in enumerate(code) if line)
    if end < start or code[end] != "}":
        raise Unknown(len(source), "expected the function to end in a line }")
    reader, rows, lines, said = _Reader(defined, void), [], [], []
    for n in range(start, end):
        if not code[n] and HERE in bare[n]:
            continue  # no place for a statement
        found, how = reader.statement(code[n], n + 1) if code[n] else ([row()], Said())
        rows, lines, said = rows + found, lines + [n] * len(found), said + [how] * len(found)
    if void and not (rows and rows[-1][0] == CODE["return"]):
        rows, lines = rows + [row("return", BLANK, (), [NUM])], lines + [None]
        said.append(Said())
    last = next((n for n in reversed(range(len(rows))) if rows[n][0] == CODE["return"]), len(rows))
    if (last == 0 or rows[last - 1].any()) and sum(codes.any() for codes in rows) < ROWS:
        rows.insert(last, row())
        lines.insert(last, None)
        said.insert(last, Said())
    for n in reversed(range(len(rows))):  # empty lines are given up first
        if len(rows) > ROWS and not rows[n].any() and n != last:
            del rows[n], lines[n], said[n]
            last -= n < last
    if len(rows) > ROWS:
        raise Unknown((lines[ROWS] or end - 1) + 1, f"expected at most {ROWS} lines in the "
                                                    f"function, got {len(rows)}")
    spare = ROWS - len(rows)
    rows, lines = rows + [row()] * spare, lines + [None] * spare
    names = {**NAMES, **{word: name for name, word in reader.variables.items()}}
    return Program(np.array(rows), lines, names, said + [Said()] * spare, source, end, void)


def head_of(code):
    """(the first line inside the function, whether it returns nothing, {name: text} of each
    #define before it)"""
    defined = {}
    for n, line in enumerate(code):
        found = FUNCTION.match(line)
        if found:
            if not found[2]:  # the brace has a line of its own
                n = next((m for m in range(n + 1, len(code)) if code[m]), n)
                if code[n] != "{":
                    raise Unknown(n + 1, f"expected {{, got {code[n]}")
            return n + 1, found[1] == "void", defined
        name = DEFINE.match(line)
        if name:
            defined[name[1]] = name[2]
        elif line and not INCLUDE.match(line):
            raise Unknown(n + 1, feature_of(line, BEFORE) or
                          f"expected a function, as int main(void) {{, got {repr(line):.100}")
    raise Unknown(len(code) or 1, "expected a function without parameters, as int main(void) {")


def without_comments(text):
    """The lines of the text with `HERE` in the place of comments; // in a string is not one."""
    def blank(found):
        line = text.count("\n", 0, found.start()) + 1
        if found[1]:
            return found[1]
        if found[2]:
            raise Unknown(line, "a comment that does not end")
        rest = text[found.end():].split("\n")[0], text[:found.start()].split("\n")[-1]
        if "\n" in found[0] and any(part.strip() for part in rest):
            raise Unknown(line, "a comment of several lines beside a statement")
        return "\n".join([HERE] * (1 + found[0].count("\n")))
    return COMMENT.sub(blank, text).splitlines()
