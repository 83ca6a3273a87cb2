"""From the text of a C file to its `Program`; what the subset does not know is named with its line.
"""

import re

import numpy as np

from .language import (BLANK, BUFFERS, CHARS, CODE, FORMATS, INTS, NAMES, NUM, NUMBER, OPERATORS,
                       POINTERS, PRINTS, ROWS, STR, TEXT, Program, row)


class Unknown(ValueError):
    """A line that is not of the subset: `line`, from 1, and what is not known."""

    def __init__(self, line, what):
        super().__init__(f"line {line}: {what}")
        self.line, self.what = line, what


TOKEN = re.compile(r'\s*(?:("(?:\\.|[^"\\])*")|(\d+)|([A-Za-z_]\w*)|(==|\+\+|[-+*<>=(){}\[\],;]))')
CONVERSION = re.compile(r"%(.?)")
MAIN = re.compile(r"int main\((?:void)?\)\s*\{$")


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
        self.numbers, self.strings = [], []

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
        name = self.take()
        word = self.reader.variables.get(name)
        if word is None or word not in kinds:
            what = f"{name} is not declared" if re.match(r"[A-Za-z_]", name) and word is None else (
                f"{name} cannot stand here")
            raise Unknown(self.line, what)
        return word

    def value(self, kinds):
        word = self.peek()
        if word.isdigit() and NUM in kinds:
            self.numbers.append(self.take())
            return NUM
        if word[0] == '"' and STR in kinds:
            self.strings.append(self.take())
            if "%" in word:
                raise Unknown(self.line, f"{word}: conversions are known in formats alone")
            return STR
        return self.variable(kinds)

    def declared(self, kinds, what):
        """A new variable of the kind."""
        name, known = self.take(), self.reader.variables
        if not re.fullmatch(r"[A-Za-z_]\w*", name) or name in RESERVED:
            raise Unknown(self.line, f"expected a name, got {name}")
        if name in known:
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
        self.strings.append(text)
        for match in CONVERSION.finditer(text.replace("%%", "")):
            if match.group() not in FORMATS:
                raise Unknown(self.line, f"{match.group()} is not known; {', '.join(FORMATS)} are")
            conversions.append(match.group())
        while self.maybe(","):
            values.append(self.value(NUMBER + TEXT))
        for some in conversions, values:
            if len(some) > 3:
                raise Unknown(self.line, "more than three values to print")
        self.take(")")
        return conversions, values

    def malloc(self):
        self.take("malloc"), self.take("(")
        value = self.value(NUMBER)
        self.take(")")
        return [value]


RESERVED = {"int", "char", "if", "return", "malloc", "free", "printf", "sprintf", "fprintf",
            "stderr", "strcpy", "strcat", "strlen", "puts", "NULL", "main", "void"}


class _Reader:
    def __init__(self):
        self.variables = {}

    def statement(self, words, line):
        """(row, numbers, strings)"""
        t = _Line(words, line, self)
        found = self._statement(t)
        if t.at < len(words):
            raise Unknown(line, f"one statement a line: {t.peek()} is one too many")
        return found, t.numbers, t.strings

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
        if word == "int":
            target = t.declared(INTS, "int")
            return row("int", target, (), [t.value((NUM,))] if t.maybe("=") else ())
        if word == "char":
            if t.maybe("*"):
                target = t.declared(POINTERS, "char *")
                return (row("char * = malloc", target, (), t.malloc()) if t.maybe("=") else
                        row("char *", target))
            target = t.declared(BUFFERS, "char []")
            t.take("[")
            value = t.value((NUM,))
            t.take("]")
            return row("char []", target, (), [value])
        if word == "return":
            return row("return", BLANK, (), [t.value(NUMBER)])
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
        if word not in self.variables:
            raise Unknown(t.line, f"{word} is not known")
        return self._assignment(self.variables[word], t)

    def _assignment(self, target, t):
        if target in BUFFERS:
            raise Unknown(t.line, f"expected strcpy or sprintf to fill a char [], got {t.peek()}")
        if target in POINTERS:
            t.take("=")
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
    """The `Program` of a C file's text. `Unknown` names the first line that is not of the subset.

    An empty line of the file is a blank row; if there is none before the last return, a row is left
    blank there, since a line may be missing.
    """
    source = text.splitlines()
    start = next((n for n, line in enumerate(source) if MAIN.match(_bare(line))), None)
    if start is None:
        raise Unknown(len(source) or 1, "expected a line int main(void) {")
    for n, line in enumerate(source[:start]):
        if _bare(line) and not re.match(r"#include <\w+\.h>$", _bare(line)):
            raise Unknown(n + 1, f"{_bare(line)!r} before main: only #include <...> is known there")
    end = max(n for n, line in enumerate(source) if _bare(line)) if len(source) > start + 1 else 0
    if end <= start or _bare(source[end]) != "}":
        raise Unknown(len(source), "expected main to end in a line }")
    reader, rows, lines, texts = _Reader(), [], [], []
    for n in range(start + 1, end):
        words = tokens(_bare(source[n]), n + 1)
        codes, *said = reader.statement(words, n + 1) if words else (row(), [], [])
        rows, lines, texts = rows + [codes], lines + [n], texts + [said]
    last = next((n for n in reversed(range(len(rows))) if rows[n][0] == CODE["return"]), len(rows))
    if (last == 0 or rows[last - 1].any()) and sum(codes.any() for codes in rows) < ROWS:
        rows.insert(last, row())
        lines.insert(last, None)
        texts.insert(last, [[], []])
    for n in reversed(range(len(rows))):  # empty lines are given up first
        if len(rows) > ROWS and not rows[n].any() and n != last:
            del rows[n], lines[n], texts[n]
            last -= n < last
    if len(rows) > ROWS:
        raise Unknown(lines[ROWS] or end, f"expected at most {ROWS} lines in main, got {len(rows)}")
    spare = ROWS - len(rows)
    rows, lines = rows + [row()] * spare, lines + [None] * spare
    names = {**NAMES, **{word: name for name, word in reader.variables.items()}}
    return Program(np.array(rows), lines, names, texts + [[[], []]] * spare, source)


def _bare(line):
    """Without comment and the space around it; // inside of a string is not one."""
    return re.sub(r'((?:"(?:\\.|[^"\\])*"|[^"])*?)(//.*|/\*.*\*/\s*)$', r"\1", line).strip()
