"""demos.code_repair: the subset of C, the checker, the grammar, the edit, a run in few steps."""

import json

import numpy as np
import pytest

from demos.code_repair import __main__ as code_repair
from demos.code_repair import checker, features, grammar, language, networks, parser, repairs
from demos.code_repair import training, views, writer
from demos.code_repair.training import METHODS
from demos.jobs import Saver
from numgan import SGD, Adam, Chain, Concatenate, Conv2D, GumbelSoftmax, Network
from numgan import NonSaturating, Reshape, Softmax, Tanh, costs
from numgan.gradcheck import check_layer, check_tangent
from numgan.training import TrainingDiverged
from numgan.training.rules import Players
from stops import stop_after

HEAD = "#include <stdio.h>\nint main(void) {\n"
MEMORY = "char *p = malloc(8);\n"


def faults(*lines):
    """(line of main's body, from 1, and CWE) of each fault."""
    program = parser.read(HEAD + "\n".join(lines) + "\n}\n")
    return [(fault.row + 1, fault.cwe) for fault in checker.check(program.grid)]


# -- the checker -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lines, found", [
    (["int a = 1;", 'printf("%d %d", a);'], [(2, 685)]),
    (["int a = 1;", 'printf("done", a);'], [(2, 685)]),
    (["int a = 1;", 'printf("100%% %d", a);'], []),
    (["int a = 1;", 'printf("%s", a);'], [(2, 686)]),
    (['fprintf(stderr, "%x %c", 1);'], [(1, 685)]),
    (["char b[8];", 'sprintf(b, "%s %s", "text", b);'], []),
    ([MEMORY + "free(p);"], []),
    ([MEMORY + "free(p);", "free(p);"], [(3, 415)]),
    ([MEMORY + "free(p);", "p = NULL;", "free(p);"], []),
    ([MEMORY + "free(p);", "puts(p);"], [(3, 416)]),
    ([MEMORY + "free(p);", 'printf("%s", p);'], [(3, 416)]),
    ([MEMORY + "free(p);", 'strcpy(p, "text");'], [(3, 416)]),
    ([MEMORY + "return 0;"], [(3, 401)]),  # row 2 is the blank one before the return
    ([MEMORY + "p = malloc(9);", "free(p);"], [(2, 401)]),
    (["char *p;", "puts(p);"], [(2, 457)]),
    (["char *p;", "p = NULL;", "puts(p);"], [(3, 476)]),
    (["int a;", "a++;"], [(2, 457)]),
    (["int a;", "a = 2;", "a++;"], [])])
def test_bugs_by_hand(lines, found):
    assert faults(*lines) == found


def test_every_path_through_ifs_counts():
    start = ["int a = 1;", "char *p = malloc(a);", "if (a > 2) {"]
    assert faults(*start, "free(p);", "}", "free(p);") == [(6, 415)]
    assert [cwe for _, cwe in faults(*start, "free(p);", "}", "return 0;")] == [401]
    assert faults(*start, "free(p);", "return 1;", "}", "free(p);", "return 0;") == []
    assert [cwe for _, cwe in faults(*start, "return 1;", "}", "free(p);", "return 0;")] == [401]


def test_what_is_not_c_is_a_fault():
    grid = grammar.good(np.random.default_rng(0))
    for codes in (language.row("free", "i0"), language.row("puts", "p2", ["%d"]),
                  language.row("}"), language.row("", "p0"), language.row("free", "b0"),
                  language.row("=", "i0", ["+"], ["i0"])):
        spoilt = grid.copy()
        spoilt[-1] = codes
        assert [fault.cwe for fault in checker.check(spoilt)] == [0], codes


# -- reading and writing ---------------------------------------------------------------------------


def test_programs_come_back_from_their_text():
    for grid in grammar.make_good(60, np.random.default_rng(1)):
        program = parser.read("\n".join(language.listing(grid)[0]))
        assert (program.grid[program.grid.any(axis=1)] == grid[grid.any(axis=1)]).all()
        assert language.changed(program, program.grid) == (program.source, [])


@pytest.mark.parametrize("line, message", [
    ("int a = 1; int b = 2;", "one statement a line: int is one too many"),
    ("x = 3;", "x is not declared"), ("free(x);", "x is not declared"),
    ("int a@;", "'@;' is not known"), ("int a", "expected ;, got the end of the line"),
    ("puts(1);", "expected a text, char * or char [], got 1"),
    ("free(n);", "expected a char *, got n, an int"),
    ("free(NULL);", "expected a char *, got NULL"),
    ("int a = n;", "expected a number, got n, an int"), ("puts(N);", "N is not declared"),
    ("return s;", "expected an int or a number, got s, a char []"),
    ("return", "expected an int or a number, got the end of the line"),
    ("if (q == r) {", "expected an int or a number, got q, a char *"),
    ("q++;", "expected = after a char *, got ++"), (";", "expected a statement, got ;"),
    ("q = s;", "expected malloc(...) or NULL for a char *, got s"),
    ("char *p = malloc(8*8);", "expected sizeof, got 8"),
    ('printf("%d %d %d %d", 1, 2, 3, 4);', "more than three values to print")])
def test_what_the_subset_does_not_know_is_named_with_its_line(line, message):
    assert unknown(line) == f"line 7: {message}"


def unknown(line):
    """What is said of a line after declarations."""
    with pytest.raises(parser.Unknown) as error:
        parser.read(HEAD + "int n = 3;\nchar *q;\nchar *r;\nchar s[8];\n" + line + "\n}\n")
    return str(error.value)


@pytest.mark.parametrize("name, lines", [
    ("a statement over two lines", [
        'printf("%d",\nn);', 'printf("%d"\n, n);', "n = n +\n1;", "n = 3 \\\n;"]),
    ("comparing pointers", ["if (q == NULL) {", "if (NULL == q) {", "if (q != NULL) {"]),
    ("else", ["} else {", "else {", "else if (n > 3) {"]), ("while", ["while (1) {"]),
    ("for", ["for (int i = 0; i < n; i++) {"]), ("switch", ["switch (n) {"]),
    ("case", ["case 1:"]), ("goto", ["goto end;"]), ("a label", ["end:"]),
    ("a second function", [
        "void f(void) {", "int f(int a, char *b)\n{", "char *f() {", "static int f(int a) {"]),
    ("the value of a call", [
        'n = printf("x");', 'printf("%d", strlen(q));', "n = strlen(q) + 1;", "return strlen(q);",
        "if (strlen(q) > 3) {", "q = malloc(strlen(r) + 1);", "strlen(q);"]),
    ("a floating-point number", [
        "double f = 1.5;", "n = .5;", "n = 2.;", "float f;", "int a = sizeof(float);"]),
    ("a number with letters", ["n = 0x1F;", "n = 10L;"]),
    ("a negative number", ["n = -1;", "return -1;", "int a = -n;", "if (n == -1) {"]),
    ("a character in quotes", ["n = 'a';", "printf(\"%c\", '\"');"]),
    ("a pointer to anything but char", [
        "int *a = malloc(n * sizeof(int));", "q = (int *)malloc(8);", "char **a;", "void *a;"]),
    ("an array of anything but char", ["int a[3];", "int a[] = {1, 2};", "char *a[3];",
                                       "char a[3][4];"]),
    ("an array with a value", ['char a[] = "word";', 'char a[8] = "word";']),
    ("an element of an array", ["s[0] = n;", "n = s[n];", 'printf("%c", s[0]);']),
    ("a variable of one char", ["char c;", "char c = 3;"]),
    ("unsigned char", ["unsigned char c = 3;"]),
    ("const for a variable", ["const int a = 3;", "const char *a = NULL;"]),
    ("static for a variable", ["static int a = 0;"]), ("struct", ["struct point a;"]),
    ("a member of a struct", ["a.x = 3;", "a->x = 3;"]),
    ("the type size_t", ["size_t a = 3;"]), ("the type bool", ["bool a = false;"]),
    ("a declaration of several variables", ["int a, b;", "int a = 1, b = 2;", "char *a, *b;"]),
    ("a declaration with a computed value", ["int a = n + 1;", "int a = strlen(q);"]),
    ("the function scanf", ['scanf("%d", &n);']), ("the function exit", ["exit(1);"]),
    ("the function calloc", ["q = (char *)calloc(8, sizeof(char));"]),
    ("the function strcmp", ["if (strcmp(q, s) == 0) {"]),
    ("an if without { at the end of its line", ["if (n == 3) return 1;", "if (n > 3)"]),
    ("{ at the beginning of a line", ["{"]), ("a choice by ? and :", ["n = n > 2 ? 1 : 0;"]),
    ("<=", ["if (n <= 3) {"]), ("!=", ["if (n != 3) {"]), ("!", ["if (!q) {"]),
    ("&&", ["if (n < 3 && n > 1) {"]), ("||", ["if (n < 3 || n > 5) {"]), ("--", ["n--;"]),
    ("+=", ["n += 2;"]), ("/", ["n = n / 2;"]), ("%", ["n = n % 2;"]), ("<<", ["n = n << 1;"]),
    ("++ within a statement", ["++n;", "n = n++;", 'printf("%d", n++);']),
    ("an address by &", ["n = &n;"]), ("the value behind a pointer", ["*q = 0;"]),
    ("sizeof of anything but a type", ["n = sizeof(s);", "n = sizeof n;"]),
    ("a bracket after return", ["return (0);", "return(n);"]),
    ("a cast", ["n = (int)n;", "n = (unsigned long)strlen(q);"]),
    ("a sum within a statement", ["q = malloc(n + 1);", "char *p = malloc(n + 1);", "return n + 1;",
                                  'printf("%d", n * 2);', "if (n + 1 > 3) {"]),
    ("a longer sum", ["n = n + n + 1;", "n = (n + 1) * 2;", "n = (n);"]),
    ("a text that does not end in its line", ['puts("while);', 'puts("a\nb");']),
    ("a text in two parts", ['puts("a" "b");']), ("#ifdef inside the function", ["#ifdef N"]),
    *((f"{width}, a width in a format,", [f'printf("a %% {width}", n);'])
      for width in ("%5d", "%-10s", "%02x", "%*d", "%5ld")),
    *((other, [f'printf("a {other}", n);'])
      for other in ("%f", "%.2f", "%lf", "%lld", "%ls", "%lc", "%i", "%p", "%", "% s"))])
def test_what_c_has_and_the_subset_has_not_is_named(name, lines):
    for line in lines:
        said = unknown(line)
        assert said.startswith(f"line 7: {name} is not known, only "), (line, said)
        assert not said.endswith("only ")


def test_a_feature_is_named_only_where_it_is():
    """No statement of the subset has one, so that a line that is wrong otherwise is not misnamed.
    """
    quoted = r'puts("a; while (x[1]) \'b\' -- \" 1.5 ? &c->d");'
    lines = {quoted, "n = n * sizeof(int);", "int n = sizeof(char *);", "unsigned long int n;",
             "p = malloc(sizeof(unsigned int *)*n);", "p = (char*) malloc( 8 * sizeof (char) );",
             "n=n-1;", "if(a==b){", 'puts("");', "return n;"}
    for grid in grammar.make_good(60, np.random.default_rng(12)):
        lines |= set(map(language.line_of, grid))
    for path in code_repair.EXAMPLES[0].parent.rglob("*.c"):
        program = parser.read(path.read_text(encoding="utf-8"))
        lines |= {program.source[n].split("/*")[0].strip() for n in program.lines if n is not None}
    assert len(lines) > 400
    for line in lines:
        assert features.feature_of(line, features.INSIDE) == "", line
    assert unknown(quoted[:-1]) == "line 7: expected ;, got the end of the line"
    assert unknown("free(x); // while") == "line 7: x is not declared"


def test_a_byte_order_mark_is_no_part_of_the_program():
    plain, marked = (parser.read(mark + HEAD + "puts(\"\ufeff\");\n}\n") for mark in ("", "\ufeff"))
    assert (plain.grid == marked.grid).all() and plain.source == marked.source


@pytest.mark.parametrize("text, message", [
    ("", "line 1: expected a function without parameters, as int main(void) {"),
    ("int main(void) {\nint a = 1;\n", "expected the function to end in a line }"),
    ("int f;\nint main(void) {\n}\n", "line 1: a global variable is not known, only variables in"),
    ("char *a[] = {\nint main(void) {\n}\n", "line 1: a global variable is not known, only"),
    ("#define A 1 + 2\nvoid f() {\n}\n", "line 1: #define A 1 + 2 is not known, only #include <"),
    ('#include "a.h"\nvoid f() {\n}\n', "line 1: #include of a file in quotes is not known, only"),
    ("\nint main(int argc, char **argv) {\n}\n", "line 2: a function with parameters is not known, "
     "only int f(void) and void f()"),
    ("int add(int a,\n        int b)\n{\n}\n", "line 1: a function with parameters is not known"),
    ("int add(int a, int b);\nint main(void) {\n}\n", "line 1: a prototype is not known, only"),
    ("double f(void) {\n}\n", "line 1: a function of another type is not known, only int f(void)"),
    ("void f() { puts(\"\"); }\n", "line 1: a function in one line is not known, only"),
    ("typedef int number;\nvoid f() {\n}\n", "line 1: typedef is not known, only"),
    ("hello\nvoid f() {\n}\n", "line 1: expected a function, as int main(void) {, got 'hello'"),
    ("void f()\nint a;\n}\n", "line 2: expected {, got int a;"),
    ("void f() {\nreturn 0;\n}\n", "line 2: expected ; after the return of a void function, got 0"),
    ("void f() {\n}\nvoid g() {\n}\n", "line 3: a second function is not known, only one function"),
    (HEAD + "int a; /* one\n*/\n}\n", "line 3: a comment of several lines beside a statement"),
    (HEAD + "/* one\n* two */ a;\n}\n", "line 3: a comment of several lines beside a statement"),
    (HEAD + "int a;\n/* two\n}\n", "line 4: a comment that does not end"),
    (HEAD + "int a = 1;\n" + "a++;\n" * 28 + "}\n",
     "line 31: expected at most 28 lines in the function, got 29")])
def test_a_text_that_is_no_program(text, message):
    with pytest.raises(parser.Unknown, match=".") as error:
        parser.read(text)
    assert message in str(error.value)


def test_a_changed_line_keeps_its_names_numbers_and_text():
    text = HEAD + '    int year = 1972;\n    printf("in %d, of %s\\n", year); // no\n}\n'
    program = parser.read(text)
    grid = program.grid.copy()
    grid[1] = language.row("printf", "", ["%d"], ["i0"])
    assert language.changed(program, grid)[0][3] == '    printf("in %d, of \\n", year);'
    grid[1] = language.row("printf", "", ["%d", "%s"], ["i0", "STR"])
    assert language.changed(program, grid)[0][3] == '    printf("in %d, of %s\\n", year, "text");'
    grid[1] = language.row("=", "i0", (), ["NUM"])
    grid[2] = language.row("++", "i0")
    assert language.changed(program, grid) == (
        [*HEAD.splitlines(), "    int year = 1972;", "    year = 8;", "    year++;", "}"], [3, 4])


FUNCTION = """#define SIZE 10
#define WORD "a word" // of a text
/* a comment
int a;
*/
static void f()
{
    unsigned long n = SIZE; /* one */
    char *data = NULL;
    char out[SIZE];

    // none
    data = (char *)malloc(n*sizeof(char));
    printf("%lu // %d /* %u", n, SIZE, 2);
    strcpy(data, WORD);
    strcpy(out, data);
    data = NULL;
}
"""


def test_a_function_is_the_words_that_the_networks_know():
    program = parser.read(FUNCTION)
    plain = parser.read("""int main(void) {
int n = 10;
char *data;
data = NULL;
char out[10];

data = malloc(n);
printf("%d %d %d", n, 10, 2);
strcpy(data, "a word");
strcpy(out, data);
data = NULL;

return 0;
}""")
    assert (program.grid == plain.grid).all()
    assert [line for line in program.lines if line is not None] == [
        7, 8, 8, 9, 10, 12, 13, 14, 15, 16]
    found = [fault for fault in checker.check(program.grid) if fault.cwe == 401]
    assert len(found) == 1 and program.lines[found[0].row] == 16


@pytest.mark.parametrize("line, codes, after", [
    (16, language.row("free", "p0"), "    free(data);"),
    (7, language.row("int", "i0"), "    unsigned long n;"),
    (8, language.row(), "    data = NULL;"),  # the first of its two rows
    (9, language.row("char []", "b1", (), ["NUM"]), "    char tmp[SIZE];"),
    (10, language.row("++", "i0"), "    n++;"),
    (12, language.row("malloc", "p1", (), ["i0"]), "    word = (char *)malloc(n*sizeof(char));"),
    (12, language.row("=", "i0", (), ["i0"]), "    n = n;"),
    (13, language.row("printf", "", ["%d", "%d"], ["i0", "NUM"]),
     '    printf("%lu // %d /* ", n, SIZE);'),
    (13, language.row("printf", "", ["%d", "%s", "%d"], ["i0", "p0", "NUM"]),
     '    printf("%lu // %s /* %u", n, data, SIZE);'),
    (14, language.row("strcat", "p0", (), ["STR"]), "    strcat(data, WORD);")])
def test_one_line_of_a_function_changes_and_the_rest_stays_to_the_letter(line, codes, after):
    program, lines = parser.read(FUNCTION), FUNCTION.splitlines()
    grid = program.grid.copy()
    grid[program.lines.index(line)] = codes
    lines[line] = after
    assert language.changed(program, grid) == (lines, [line])


def test_both_rows_of_a_line_are_one_change_of_it():
    program = parser.read(FUNCTION)
    grid = program.grid.copy()
    first = program.lines.index(8)
    grid[first], grid[first + 1] = language.row("++", "i0"), language.row("puts", "b0")
    lines = FUNCTION.splitlines()
    lines[8] = "    n++; puts(out);"
    assert language.changed(program, grid) == (lines, [8])


def test_a_row_that_is_no_line_is_written_before_the_end_of_the_function():
    program = parser.read("void f() {\n    char *p;\n    p = malloc(sizeof(char)*9);\n}\n\n// }\n")
    grid = program.grid.copy()
    grid[2], grid[3] = language.row("free", "p0"), language.row("return", "", (), ["i0"])
    assert [program.lines[2], program.lines[3]] == [None, None]
    assert language.changed(program, grid) == (
        ["void f() {", "    char *p;", "    p = malloc(sizeof(char)*9);", "    free(p);",
         "    return;", "}", "", "// }"], [3, 4])
    grid = program.grid.copy()
    grid[1] = language.row("malloc", "p1", (), ["NUM"])
    assert language.changed(program, grid)[0][2] == "    word = malloc(sizeof(char)*9);"


# -- the grammar -----------------------------------------------------------------------------------


def test_good_programs_are_good_and_bad_ones_have_one_bug_in_one_line():
    rng = np.random.default_rng(2)
    for grid in grammar.make_good(60, rng):
        assert checker.check(grid) == [] and 20 <= grid.any(axis=1).sum() <= 24
    bad, good, kinds = grammar.make_bad(60, rng)
    for before, after, kind in zip(bad, good, kinds):
        assert [fault.cwe for fault in checker.check(before)] == [kind]
        assert checker.check(after) == [] and (before != after).any(axis=1).sum() == 1
    assert len(language.WORDS) >= 40 and sorted(set(kinds)) == sorted(checker.KINDS)


def test_the_good_ones_that_are_shown_are_others():
    world = training.world(80, 8)
    known = {grid.tobytes() for grid in world.good}
    assert not known & {grid.tobytes() for grid in world.pairs}


# -- repairs ---------------------------------------------------------------------------------------


def test_the_rule_repairs_all_and_the_unchanged_none():
    bad, good, kinds = grammar.make_bad(80, np.random.default_rng(3))
    by_rule = np.array([repairs.by_rule(grid) for grid in bad])
    assert repairs.judge(bad, by_rule, kinds)["repaired"] == 1
    assert repairs.judge(bad, bad, kinds)["repaired"] == 0
    found = repairs.judge(bad, repairs.nearest(bad, good[::-1]), kinds)
    assert found["repaired"] == 1 and found["lines"] == 1  # its own original is the nearest
    two = good.copy()
    two[:, 0] = language.row("int", "i0")
    assert repairs.judge(bad, two, kinds)["repaired"] == 0  # another line is changed too


def test_a_statement_that_is_gone_is_counted():
    bad, good, kinds = grammar.make_bad(40, np.random.default_rng(4))
    gone = np.where((bad != good).any(axis=2, keepdims=True), 0, bad)
    found = repairs.judge(bad, gone, kinds)
    assert repairs.judge(bad, good, kinds)["emptied"] == 0
    assert found["emptied"] > 0.5 and found["415"] == found["416"] == 1 and found["401"] == 0


def lines():
    return networks.common_lines(grammar.make_good(20, np.random.default_rng(5)), 6)


def test_the_edit_is_differentiated_to_second_order():
    rng = np.random.default_rng(0)
    layer = networks.Edit(np.eye(4)[rng.integers(4, size=(5, 3))])
    x = rng.normal(size=(2, 3, 1, 12 + 12 + 5))
    rows = check_layer(layer, x) + check_tangent(layer, x)
    assert max(row.complex_error for row in rows) < 1e-12 and {"x", "ty", "adjoint"} <= {
        row.quantity for row in rows}


def test_a_generator_of_edits_is_differentiated_to_second_order():
    """The edit inside of what chooses it: soft, as a hard choice has no gradient."""
    layer = networks.Edit(np.eye(3)[np.array([[0, 1], [2, 2]])])
    choice = Chain(Conv2D(6, 8, 1), Tanh(), Conv2D(8, 8, 1), Reshape(24), Softmax(0.7),
                   Reshape(3, 1, 8))
    network = Network([Concatenate(None, choice), layer, Conv2D(6, 1, 1), Tanh()],
                      input_shape=(3, 1, 6), rng=0, dtype=np.float64)
    x = np.random.default_rng(1).normal(size=(4, 3, 1, 6))
    rows = check_layer(network, x) + check_tangent(network, x)
    assert max(row.complex_error for row in rows) < 1e-12 and len(rows) > 15


def test_one_weight_of_one_does_one_edit():
    grid, common = grammar.good(np.random.default_rng(6))[None], lines()
    layer = networks.Edit(networks.one_hot(common))
    weights = np.zeros((1, language.ROWS, 1, networks.LINE + 6), np.float32)
    program = networks.one_hot(grid).reshape(1, language.ROWS, 1, networks.LINE)
    for at, wanted in ((7 * len(language.WORDS) + language.CODE["i3"], None),
                       (networks.LINE + 2, common[2])):
        weights[...] = 0
        weights[0, 4, 0, at] = 1
        made = layer.forward(np.concatenate([program, weights], axis=-1))[0]
        expected = grid.copy()
        if wanted is None:
            expected[0, 4, 7] = language.CODE["i3"]
        else:
            expected[0, 4] = wanted
        assert (networks.codes(made.reshape(1, *networks.SHAPE)) == expected).all()


def test_a_generator_changes_one_line_at_most_and_finds_it_anywhere():
    generator = networks.generator(lines(), 8, whole=4, rng=0)
    grids = grammar.make_good(12, np.random.default_rng(7))
    for train in False, True:
        made = networks.codes(generator.forward(networks.one_hot(grids), train)[0])
        assert ((made != grids).any(axis=2).sum(axis=1) <= 1).all()
    assert len(set(np.argwhere((made != grids).any(axis=2))[:, 1])) > 4


def test_the_likely_edits_are_those_of_the_softmax_and_d_picks_one():
    generator = networks.generator(lines(), 8, whole=4, rng=0)
    D = networks.discriminator(8, whole=4, rng=1)
    grids = grammar.make_good(3, np.random.default_rng(9))
    likely = networks.likely_edits(generator, grids, 5)
    assert (likely[:, 0] == repairs.repaired(generator, grids)).all()
    assert len({grid.tobytes() for grid in likely[0]}) > 1
    assert ((likely != grids[:, None]).any(axis=3).sum(axis=2) <= 1).all()
    logits = D(networks.one_hot(likely.reshape(-1, *grids.shape[1:]))).reshape(3, 5, -1)
    logits = logits.mean(axis=2)
    for keep in 0.0, 0.05:  # what is changed must be worth that much
        found = repairs.picked(generator, D, grids, keep, 5)
        for n in range(3):
            own = D(networks.one_hot(grids[n:n + 1])).mean() + keep
            best = likely[n, logits[n].argmax()] if logits[n].max() > own else grids[n]
            assert (found[n] == best).all()


def test_edits_are_done_as_their_numbers_say():
    common, each = lines(), networks.LINE + 6
    grids = grammar.make_good(2, np.random.default_rng(10))
    word, line = 5 * each + 3 * len(language.WORDS) + language.CODE["%x"], 9 * each + 339
    made = networks.done(grids, np.array([[word, line], [line, word]]), common)
    for n, (of_word, of_line) in enumerate(([0, 1], [1, 0])):
        wanted = grids[n].copy()
        wanted[5, 3] = language.CODE["%x"]
        assert (made[n, of_word] == wanted).all()
        wanted = grids[n].copy()
        wanted[9] = common[3]
        assert (made[n, of_line] == wanted).all()
    tried = networks.some_edits(grids, 50, common, np.random.default_rng(0))
    assert tried.shape == (2, 51) and tried.min() >= 0 and tried.max() < language.ROWS * each
    assert ((tried[:, :-1] % each < networks.LINE).sum(axis=1) == 25).all()
    assert (networks.done(grids, tried, common)[:, -1] == grids).all()


def test_g_learns_what_d_thinks_of_edits():
    """D stands still, as its rate is nearly 0: the logits of edits come to differ as its values."""
    generator = networks.generator(lines(), 8, whole=4, rng=0)
    D = networks.discriminator(8, whole=4, rng=1)
    D.theta *= 3  # opinions
    grids, rng = grammar.make_good(2, np.random.default_rng(9)), np.random.default_rng(0)
    players = Players(generator, D, NonSaturating(), SGD(1e-9), Adam(0.02), None, rng)
    x, rule = networks.one_hot(grids), training.ByValue(0, 16, 64, 0.5)
    for _ in range(150):
        d, g = rule.step(players, lambda: x, lambda: x)
    edits = networks.some_edits(grids, 300, lines(), rng)
    values = networks.values(D, grids, networks.done(grids, edits, lines()), 0.5)
    logits = networks.choosing(generator)[0].forward(x.reshape(2, language.ROWS, 1, -1))[0]
    for mine, its in zip(np.take_along_axis(logits, edits, axis=1), values):
        assert np.corrcoef(mine, its)[0, 1] > 0.7  # as far as 8 numbers a line can say it
    assert np.isfinite([d.loss, g.loss, g.grad_norm]).all()


def test_g_waits_for_d():
    generator = networks.generator(lines(), 8, whole=4, rng=0)
    D = networks.discriminator(8, whole=4, rng=1)
    x = networks.one_hot(grammar.make_good(2, np.random.default_rng(9)))
    players = Players(generator, D, NonSaturating(), Adam(1e-3), Adam(1e-3), None,
                      np.random.default_rng(0))
    for rule in training.AfterD(2), training.ByValue(2, 2, 2, 0.0):
        for moves in False, False, True:
            g, d = generator.theta.copy(), D.theta.copy()
            found = rule.step(players, lambda: x, lambda: x)[1]
            assert (generator.theta != g).any() == moves == np.isfinite(found.loss)
            assert (D.theta != d).any()


def test_every_line_has_a_logit_that_sees_all_others():
    D = networks.discriminator(8, whole=4, rng=0)
    grids = grammar.make_good(2, np.random.default_rng(8))
    before = D(networks.one_hot(grids)).reshape(2, language.ROWS)
    grids[0, 0] = language.row("++", "i0")
    after = D(networks.one_hot(grids)).reshape(2, language.ROWS)
    assert (before[0] != after[0]).all() and (before[1] == after[1]).all()


def test_what_is_written_is_a_program_and_learns_to_be_the_one_that_was_read():
    G, grids = writer.writer(4, 8, rng=0), grammar.make_good(4, np.random.default_rng(11))
    x = networks.one_hot(grids)
    soft = G.forward(x)[0]
    assert soft.shape == x.shape and np.allclose(soft.sum(axis=-1), 1, atol=1e-5)
    assert 0 < soft.min() and soft.max() < 1
    for done in writer.pretrain(G, grids, lines(), 12, 4, 0.01, np.random.default_rng(0)):
        pass
    cost = costs.LogLikelihood()
    assert done == 12 and cost(G(x), x)[0] < 0.7 * cost(soft, x)[0]
    writer.hard(G, 3.0)
    for train in False, True:
        made = G.forward(x, train)[0]
        assert set(np.unique(made)) == {0, 1} and (made.sum(axis=-1) == 1).all()
    assert {layer.temperature for layer in G.walk() if isinstance(layer, GumbelSoftmax)} == {3.0}


def test_a_writer_stops_when_it_forgets_how_to_copy(monkeypatch, tmp_path):
    assert repairs.copied(lambda x: x, grammar.make_good(3, np.random.default_rng(0))) == 1
    shares = iter([0.8, 0.61, 0.59])  # before the first step, after it, and after twenty more
    monkeypatch.setattr(repairs, "copied", lambda network, grids: next(shares))
    small = dict(training.RECIPE, width=8, whole=2, hidden=4, asks=4, copying=2, batch_size=4,
                 good=1)

    def train(resume):
        savers = (Saver(tmp_path, name, resume) for name in ("gru 0", "copying 0"))
        return training.train_one((20, 4), "gru", 0, 60, small, *savers)
    one = train(False)
    assert one.steps == 21 and not one.stopped
    again = train(True)
    assert again.steps == 21 and (again.theta == one.theta).all()


def test_one_that_was_told_is_found_again_with_its_seconds_and_history(tmp_path):
    small = dict(training.RECIPE, width=8, whole=2, batch_size=4)
    one, again = (training.train_one((20, 4), "denoiser", 0, 2, small, Saver(tmp_path, "x", resume),
                                     None) for resume in (False, True))
    assert (again.theta == one.theta).all() and again.seconds == one.seconds > 0
    assert again.history == one.history and [step for step, _ in one.history] == [1, 2]


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A whole run of few steps; (its folder, what it said, its rows)."""
    out = tmp_path_factory.mktemp("code_repair")
    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr("builtins.print", lambda *given, **options: said.append(str(given[0])))
        assert code_repair.main(["--quick", "--jobs", "1", "--out", str(out)]) == 0
    return out, "\n".join(said), json.loads((out / "results.json").read_text())["runs"]


def test_a_quick_run_prints_its_table_and_writes_its_files(quick):
    out, said, runs = quick
    assert {path.name for path in out.iterdir()} == {"results.json", "generator.npz",
                                                     "discriminator.npz", "code_repair.png"}
    by_name = {run["method"]: run for run in runs if "method" in run}
    assert list(by_name) == [code_repair.UNCHANGED, code_repair.NEAREST, code_repair.RULE,
                             *METHODS.values(), *(METHODS[name] + training.PICKED
                                                  for name in training.EDITS)]
    for name in by_name:
        assert said.count(f"\n{name:<28} ") == 1
    assert by_name[code_repair.RULE]["repaired"] == by_name[code_repair.RULE]["stays good"] == 1
    assert by_name[code_repair.UNCHANGED]["repaired"] == 0
    assert "Without a single pair" in said and "missing_argument.c, before: line 21" in said


def test_a_file_is_listed_before_and_after(quick, tmp_path, capsys, monkeypatch):
    """With a generator that writes the right thing, which the quick one cannot."""
    example = next(path for path in code_repair.EXAMPLES if path.stem == "double_free")
    code = code_repair.main([str(example), "--quick", "--out", str(quick[0])])
    said = capsys.readouterr().out
    assert code == int("no repair" in said) and "after: " in said
    monkeypatch.setattr(code_repair, "by", lambda **networks: lambda grids: np.array(
        [repairs.by_rule(grid) for grid in grids]))
    assert code_repair.main([str(example), "--quick", "--out", str(quick[0])]) == 0
    said = capsys.readouterr().out
    assert "before: line 29: CWE-415, buffer is freed twice" in said
    assert "\n-  29      free(buffer);\n" in said and "\n+  29\n" in said
    assert f"after: {views.GOOD}" in said


def test_a_bad_file_leaves_the_others_to_be_repaired(quick, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(code_repair, "by", lambda **networks: lambda grids: np.array(
        [repairs.by_rule(grid) for grid in grids]))
    (tmp_path / "loop.c").write_text("int main(void) {\n    do {\n}\n")
    (tmp_path / "latin.c").write_bytes(b"// \xe4\nint main(void) {\n}\n")
    bad = [str(tmp_path / name) for name in ("loop.c", "none.c", "latin.c")]
    first, *_, last = map(str, code_repair.EXAMPLES)
    assert code_repair.main([first, *bad, last, "--quick", "--out", str(quick[0])]) == 1
    said, error = capsys.readouterr()
    assert said.count(f"after: {views.GOOD}") == 2
    assert said.index(f"{first}, before: ") < said.index(f"{last}, before: ")
    for line, wanted in zip(error.splitlines(), (f"{bad[0]}, line 2: do is not known, only ",
                                                 f"cannot read {bad[1]}: No such file",
                                                 f"cannot read {bad[2]}: 'utf-8' codec can't"),
                            strict=True):
        assert line.startswith(f"Not repaired: {wanted}")
    with pytest.raises(SystemExit) as ended:
        code_repair.main([*bad, "--quick", "--out", str(quick[0])])
    error = capsys.readouterr().err
    assert ended.value.code == 2 and all(path in error for path in bad)


def test_networks_of_a_quick_run_repair_no_file_of_another(tmp_path, capsys, monkeypatch):
    words = [str(code_repair.EXAMPLES[0]), "--only", "gan", "--jobs", "1", "--out", str(tmp_path)]
    note = f"The networks in {tmp_path} are of a quick run: training others.\n"

    def trains(*more):
        assert code_repair.main([*words, *more]) in (0, 1)
        said, error = capsys.readouterr()
        assert error.endswith(note) == (note in error) and "before: line " in said
        return METHODS["gan"] in said, note in error
    assert trains("--quick") == (True, False)
    assert trains("--quick") == (False, False)  # they are there
    for name in "TRAIN", "HELD_OUT":
        monkeypatch.setattr(code_repair, name, 12)
    assert trains("--steps", "2") == (True, True)
    assert trains() == trains("--quick") == (False, False)  # and now they are trained


def test_a_training_that_diverges_is_no_result_of_its_method(tmp_path, capsys, monkeypatch):
    stop_after(monkeypatch, 0, TrainingDiverged("the loss is nan"))
    example = str(code_repair.EXAMPLES[0])
    assert code_repair.main(["--quick", "--only", "gan", "denoiser", "--jobs", "1", "--out",
                             str(tmp_path), example]) == 1
    said = capsys.readouterr().out
    assert f"\n{METHODS['denoiser']:<28} " in said and "Without a single pair" not in said
    assert all(f"\n{METHODS['gan']}{more}" not in said for more in ("  ", training.PICKED))
    assert f"\nLeft out, for it diverged after 0 steps: {METHODS['gan']}, seed 1.\n" in said
    runs = json.loads((tmp_path / "results.json").read_text())["runs"]
    assert [run["method"] for run in runs if run.get("stopped") and "method" in run] == [
        METHODS["gan"]]
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]  # no network for files


@pytest.mark.slow
def test_no_file_is_repaired_by_half_a_training(tmp_path, capsys, monkeypatch):
    """After Ctrl-C the same command with --resume goes on, and then repairs."""
    words = ["--quick", "--jobs", "1", "--out", str(tmp_path), str(code_repair.EXAMPLES[0])]
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        assert code_repair.main(words) == 130
    assert {path.name for path in tmp_path.iterdir()} == {"state", "code_repair.png"}
    (tmp_path / "generator.npz").write_bytes(b"of an earlier training")
    capsys.readouterr()
    assert code_repair.main([*words, "--resume"]) in (0, 1)
    said = capsys.readouterr().out
    assert said.index(METHODS["gan"]) < said.index("before: line ")
    runs = json.loads((tmp_path / "results.json").read_text())["runs"]
    assert [run["steps"] for run in runs if "steps" in run] == [code_repair.QUICK["steps"]]
    assert code_repair.main([*words, "--resume"]) in (0, 1)  # nothing to go on with: at once
    assert METHODS["gan"] not in capsys.readouterr().out


def test_the_picture_shows_what_goes_and_what_comes():
    text = "int main(void) {\n    char *text = malloc(8);\n    free(text);\n    free(text);\n}\n"
    one = views.Repair("x.c", text, lambda grids: np.array([repairs.by_rule(grids[0])]))
    assert views.lines_of(one) == [
        (" ", "int main(void) {"), (" ", "    char *text = malloc(8);"), (" ", "    free(text);"),
        ("-", "    free(text);"), ("+", ""), (" ", "}")]


@pytest.mark.parametrize("text, message", [
    ("int main(void) {\n    goto end;\n}\n", "bad.c, line 2: goto is not known"),
    (None, "bad.c: No such file or directory")])
def test_a_file_that_is_not_of_the_subset_is_one_error(text, message, tmp_path, capsys):
    path = tmp_path / "bad.c"
    if text:
        path.write_text(text)
    with pytest.raises(SystemExit) as ended:
        code_repair.main([str(path), "--out", str(tmp_path / "out")])
    assert ended.value.code == 2 and message in capsys.readouterr().err.splitlines()[-1]


def test_the_examples_have_the_bugs_that_they_are_named_for():
    found = {path.stem: [fault.cwe for fault in checker.check(parser.read(
        path.read_text(encoding="utf-8")).grid)] for path in code_repair.EXAMPLES}
    assert found == {"missing_argument": [685], "double_free": [415], "use_after_free": [416]}


@pytest.mark.parametrize("name, verdict, sign, line", [
    ("double_free", "line 31: CWE-415, data is freed twice",
     "-  31      free(data); /* the fault */", ""),
    ("missing_argument", "line 24: CWE-685, 2 conversions, 1 arguments",
     '-  24      sprintf(dest, "%s %s", SOURCE_STRING);',
     '    sprintf(dest, "%s %s", SOURCE_STRING, data);')])
def test_functions_are_repaired_in_their_own_words(name, verdict, sign, line):
    """By an edit that is given: that of the networks is another's."""
    path = code_repair.EXAMPLES[0].parent / "functions" / f"{name}.c"
    text = path.read_text(encoding="utf-8")

    def repair(grids):
        grid = repairs.by_rule(grids[0])
        if line:
            at = np.flatnonzero((grid != grids[0]).any(axis=1))[0]
            grid[at] = language.row("sprintf", "b0", ["%s", "%s"], ["STR", "p0"])
        return grid[None]
    one = views.Repair(path.name, text, repair)
    assert one.verdicts == (verdict, views.GOOD)
    lines, (at,) = text.splitlines(), one.marks
    assert sign in str(one).splitlines()
    assert one.after == [*lines[:at], line, *lines[at + 1:]] and one.after != lines


def test_the_sentences_follow_the_figures():
    def rows(gan, paired):
        return [(name, None, {**dict.fromkeys(code_repair.MEASURES, share), "401": 0.0})
                for name, share in ((code_repair.RULE, 1.0), (METHODS["gan"], gan),
                                    (METHODS["gan"] + training.PICKED, gan / 2),
                                    (METHODS["slope"], 0.3), (METHODS["gru"], 0.2),
                                    (METHODS["paired"], paired))]
    text = " ".join(code_repair.conclusion(rows(0.8, 0.6), code_repair.STEPS))
    assert "repairs 80%" in text and "fewest of CWE-401 (0%)" in text
    assert "that size repairs 60%, in 4,000 steps; the GAN had 8,000, and" in text
    assert "D picks among G's edits it is 40%" in text
    assert "A GRU that writes whole programs repairs 20%; 20% of the good ones stay" in text
    assert "follows D's slope repairs 30%, and 0% of the leaks" in text
    assert code_repair.conclusion(rows(1, 1)[:1], code_repair.STEPS) == []
