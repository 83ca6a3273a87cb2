"""What C has and the subset does not: recognised in a line, so that a message can name it.

A line is looked up only after `parser` could not read it. So a pattern must fit nothing that the
subset has, but it need not tell right from wrong.
"""

import re

CONVERSIONS = ("%d", "%u", "%x", "%ld", "%lu", "%lx", "%s", "%c")
STATEMENTS = ("free", "puts", "printf", "sprintf", "fprintf", "strcpy", "strcat")  # calls
_INT, _CALL = r"(?:int|long|short|unsigned|signed)\b", rf"(?:{'|'.join(STATEMENTS)})\b"
TYPES, BRANCH, SUM = "integers, char * and char []", "if (a < b) { and its }", "x = a + b;"
CALLS = "x = strlen(p); and p = malloc(8); by themselves"
FUNCTION, ONE, LINE = "int f(void) and void f()", "one function a file", "one statement a line"
DEFINES, FILLS = "#include <...> and #define NAME value", "strcpy, strcat and sprintf to fill it"

# what is abbreviated before a line is looked up: what is in quotes, and forms of the subset
SHORT = ((r"'(?:\\.|[^'\\])'", "''"), (r'"(?:\\.|[^"\\])*"', '""'),
         (rf"\bsizeof\s*\(\s*(?:char|(?:{_INT}\s*)+)\s*\*?\s*\)", "8"),
         (r"\(\s*char\s*\*\s*\)\s*malloc\b", "malloc"))

# (a pattern; the feature's name, with \1 for a group; what there is instead)
BEFORE = (  # the function
    (r'^#\s*include\s*"', "#include of a file in quotes", DEFINES),
    (r"^(#.*)", r"\1", f"{DEFINES}, of a number or a text"),
    (r"\b(struct|union|enum|typedef)\b", r"\1", TYPES),
    (r"\)\s*;$", "a prototype", ONE),
    (r"\w\s*\(\s*(?!void\s*\))\w", "a function with parameters", FUNCTION),
    (r"\)\s*\{.", "a function in one line", LINE),
    (r"\)\s*\{?$", "a function of another type", FUNCTION),
    (r";$|=", "a global variable", "variables inside the function"))

INSIDE = (
    (r'(?<!")"(?!")', "a text that does not end in its line", "texts in one line"),
    (r"^(#\s*\w*)", r"\1 inside the function", f"{DEFINES} before it"),
    (r"^(?!return\b|else\b)(?:[A-Za-z_]\w*[\s*]+)+[A-Za-z_]\w*\s*\(", "a second function", ONE),
    (r"\b(else|while|for|do|switch|case|default|break|continue|goto)\b", r"\1", BRANCH),
    (r"^\w+\s*:", "a label", BRANCH),
    (rf"\b(?!(?:if|return|sizeof|strlen|malloc)\b|{_CALL})([A-Za-z_]\w*)\s*\(", r"the function \1",
     f"{', '.join(STATEMENTS)}, strlen and malloc"),

    (r"\b(struct|union|enum|typedef)\b", r"\1", TYPES),
    (r"\b(const|static|extern|volatile|register)\b", r"\1 for a variable", TYPES),
    (r"\b((?:un)?signed\s+char)\b", r"\1", TYPES),
    (r"\b(?:float|double)\b|\d\.|\.\d", "a floating-point number", "integers"),
    (r"^char\s+\w+\s*[=;,]", "a variable of one char", TYPES),
    (rf"(?:{_INT}|\bvoid)\s*\*|\*\s*\*", "a pointer to anything but char", "char *"),
    (rf"^{_INT}[\w\s]*\[|\]\s*\[|\*\s*\w+\s*\[", "an array of anything but char", "char []"),
    (r"^char\s+\w+\s*\[.*\]\s*=", "an array with a value", 'char s[8]; and strcpy(s, "text");'),
    (rf"^(?:char\b|{_INT})[^()]*,", "a declaration of several variables", "one a line"),
    (rf"^(?!(?:char|return)\b|{_INT})([A-Za-z_]\w*)[\s*]+[A-Za-z_]\w*\s*[=;,]", r"the type \1",
     TYPES),

    (r"^if\b.*\bNULL\b", "comparing pointers", "comparing two integers"),
    (r"(&&|\|\||!(?!=))", r"\1", "one comparison, as in if (a < b) {"),
    (r"((?:[-+*/%&|^]|<<|>>)=|--)", r"\1", "x = x + a; and x = x - a;"),
    (r"([<>!]=)", r"\1", "<, > and =="),
    (r"^if\b(?!.*\{$)", "an if without { at the end of its line", BRANCH),
    (r"^\{", "{ at the beginning of a line", BRANCH),

    (r"'", "a character in quotes", "its number"),
    (r"\b\d+[A-Za-z_]", "a number with letters", "decimal digits"),
    (r"\?", "a choice by ? and :", BRANCH),
    (r"\w\s*(?:\.|->)\s*[A-Za-z_]", "a member of a struct", TYPES),
    (r"^(?!char\s+\w+\s*\[).*\[", "an element of an array", FILLS),
    (r"(?:^|[=(,]|\breturn)\s*\*", "the value behind a pointer", FILLS),
    (r"(?:^|[=(,]|\breturn)\s*&", "an address by &", TYPES),
    (r"(<<|>>|[/%&|^~])", r"\1", "+, - and *"),
    (rf"\(\s*(?:char|void|{_INT})[\w\s*]*\)", "a cast", "(char *)malloc(8)"),
    (r"^return\s*\(", "a bracket after return", "return 0; or return x;"),
    (r"\bsizeof\b", "sizeof of anything but a type", "sizeof(char)"),
    (rf"(?:[=(,)+*<>-]|\breturn)\s*{_CALL}|(?:[(,)+*<>-]|\breturn)\s*strlen\b|"
     r"\bstrlen\s*\([^)]*\)\s*[^;\s]|^strlen\b|^malloc\b", "the value of a call", CALLS),
    (r"^\+\+|\+\+\s*[^;\s]|=.*\+\+", "++ within a statement", "x++;"),
    (r"(?:[=(,<>]|\breturn)\s*-", "a negative number", "x = 0 - 1;"),
    (rf"^{_INT}.*(?:\w\s*[-+*]\s*[\w(]|\bstrlen\b)", "a declaration with a computed value",
     "int x = 8; and later x = a + b; or x = strlen(p);"),
    (r"\bmalloc\s*\(.*[-+]|^(?!char\b|\w+\s*=).*\w\s*[-+*]\s*[\w(]", "a sum within a statement",
     SUM),
    (r"^(?!.*\bmalloc\b)\w+\s*=\s*(?:\(|.*[-+*].*[-+*(])", "a longer sum", SUM),
    (r'""\s*""', "a text in two parts", "one text"),
    (r"[,(=+*<>\\-]$|\([^();{}]*$", "a statement over two lines", LINE))


def not_known(name, instead):
    """The message for a feature. instead : what the subset has"""
    return f"{name} is not known, only {instead}"


def feature_of(line, table):
    """The message for the first feature of a table that a line has, or ""."""
    for pattern, form in SHORT:
        line = re.sub(pattern, form, line)
    for pattern, name, instead in table:
        found = re.search(pattern, line)
        if found:
            return not_known(found.expand(name), instead)
    return ""


def conversion_of(text):
    """The message for the conversion that a text begins with, which the subset does not have."""
    found = re.match(r"%[-+ #\d.*]*(?:hh?|ll?|[jtzL])?[A-Za-z]?", text).group()
    wide = re.search(r"[\d*]", found) and re.sub(r"[-+ #\d.*]", "", found) in CONVERSIONS
    return not_known(f"{found}, a width in a format," if wide else found, ", ".join(CONVERSIONS))
