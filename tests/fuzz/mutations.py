"""Files of studies, changed at random: the shipped ones with other keys, values, cells and bytes, and made-up ones."""

import csv
import io
from copy import deepcopy
from functools import cache

import yaml
from hypothesis import strategies as st
from project import EXAMPLE, STUDY
from small import CODEBOOK, OPTIONS, SETTINGS

from survey.claims import FUNCTIONS as FUNCTION_NAMES

CANARY = "canary"
RECODES = """\
id,item,record,match,value,becomes,reason
no_answer,*,,is,n.a.|none given,<blank>,no answer
weeks,days,,unit,weeks|wk,*7,given in weeks
many,days,,range,61..,<refused>,cannot be
first,drug,,pattern,dr.*a,a,misspelt
second,drug__other,,is,drug z,b,the same drug
ticked,tests[blood],,is,perhaps,yes,asked back
one,drug,3,is,,none,asked back
"""
CLAIMS = """\
- {id: one, statement: Most take drug A., predicate: "percent(drug, a) > 50"}
- {id: two, statement: Nine days., predicate: "median(days) in (5, 9.5)", published: 9, base: all}
- {id: three, statement: Alike., predicate: "top(drug) == a"}
- {id: four, statement: More., predicate: "percent_any(tests, blood, mri | size == small) >= count(drug, b)"}
"""
SMALL = {
    "study.yaml": SETTINGS,
    "codebook.csv": CODEBOOK,
    "options.csv": OPTIONS,
    "claims.yaml": CLAIMS,
    "recodes.csv": RECODES,
}
CODE = [
    f"__import__('os').system('touch {CANARY}')",
    f"open('{CANARY}', 'w')",
    f"$(touch {CANARY})",
    f"`touch {CANARY}`",
    f"; touch {CANARY} #",
    f"{{{{ open('{CANARY}', 'w') }}}}",
    "().__class__.__bases__[0].__subclasses__()",
    "{0.__class__.__init__.__globals__}",
    f"=cmd|'/C touch {CANARY}'!A0",
]
PATHS = [
    "/etc/passwd",
    "../../../../etc/passwd",
    "..",
    ".",
    "/",
    "~/.ssh/id_rsa",
    "/dev/zero",
    "/dev/stdin",
    "file:///etc/passwd",
]
PATHS += ["export.csv/../../small/export.csv", "a\0b", "C:\\Windows", "//host/share", "resources/../Makefile", "\udcff"]
NUMBERS = [
    "0",
    "-0",
    "-1",
    "1e999",
    "-1e999",
    "nan",
    "inf",
    "-inf",
    ".nan",
    ".inf",
    "1_000",
    "0x10",
    "0b1",
    "0o7",
    "1e-400",
    "12:30:45",
]
NUMBERS += [
    "9" * 400,
    "9" * 5000,
    f"0x{'f' * 5000}",
    "1.7976931348623157e308",
    "4.9e-324",
    "٣",
    "½",
    "1,5",
    "+1",
    "1.",
    ".5",
    "2**31",
]
TEXTS = [
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "a\nb",
    "\x1b[31m",
    "\u2028",
    "\u202e",
    "\ufeff",
    "é",
    "e\u0301",
    "İ",
    "ß",
    "ﬃ",
    "\U0001f480",
]
TEXTS += [
    "%s%n",
    "{}",
    "[]",
    "null",
    "~",
    "yes",
    "on",
    "true",
    "<b>",
    "</script>",
    '"',
    "'",
    "\\",
    "|",
    "*",
    "a" * 10000,
    "a|" * 3000,
]
WORDS = [
    "drug",
    "days",
    "size",
    "tests",
    "order",
    "why",
    "centre_id",
    "submitted",
    "a",
    "none",
    "care",
    "single",
    "numeric",
    "rank",
]
WORDS += [
    "date",
    "text",
    "multiple",
    "weight",
    "ignore",
    "identifier",
    "group",
    "iso3166",
    "dont_know",
    "other",
    "*",
    "is",
    "pattern",
]


def these(*values):
    """One of these; they may be long, and are left out where Hypothesis describes a strategy."""
    return st.integers(0, len(values) - 1).map(values.__getitem__)


NASTY = these(*CODE, *PATHS, *NUMBERS, *TEXTS, *WORDS) | st.text(max_size=20)

# --- conditions and predicates ---------------------------------------------------------------------------------------

ITEMS = st.sampled_from(
    ["drug", "days", "size", "tests", "order", "founded", "comment", "submitted", "nobody", "rows(units)"]
)
VALUES = st.sampled_from(["a", "b", "none", "large", "blood", "3", "-1.5", "1e9", "nan", "inf", '"a b"', '""']) | NASTY
COMPARISONS = st.one_of(
    st.tuples(ITEMS, st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "has", "in", "=", "is"]), VALUES).map(" ".join),
    st.tuples(ITEMS, st.lists(VALUES, min_size=1, max_size=4).map(", ".join)).map(
        lambda pair: f"{pair[0]} in ({pair[1]})"
    ),
    ITEMS.map(lambda item: f"answered({item})"),
    NASTY,
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or ", " "]), inner).map("".join),
        inner.map(lambda text: f"not {text}"),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=12,
) | these("(" * 5000, "not " * 5000 + "drug == a", "drug == a and " * 5000 + "drug == a", ")" * 50)
FUNCTIONS = these(*FUNCTION_NAMES, "exec", "__import__")
ARGUMENTS = st.lists(
    ITEMS | st.sampled_from(["a", "b", "blood", "mri", "care", "RR1", "completion"]) | NASTY, max_size=4
)
TERMS = st.tuples(
    FUNCTIONS, ARGUMENTS.map(", ".join), st.sampled_from(["", " | size == small", " | size == x", " | drug == a", " |"])
).map(lambda part: f"{part[0]}({part[1]}{part[2]})")
PREDICATES = st.one_of(
    st.tuples(TERMS, st.sampled_from([">", ">=", "<", "<=", "==", "!=", "=", "in"]), TERMS | VALUES).map(" ".join),
    st.tuples(TERMS, VALUES, VALUES).map(lambda part: f"{part[0]} in ({part[1]}, {part[2]})"),
    NASTY,
)

# --- files -----------------------------------------------------------------------------------------------------------

YAML_TRICKS = [
    f"!!python/object/apply:os.system ['touch {CANARY}']",
    f"!!python/object/new:subprocess.Popen [[touch, {CANARY}]]",
    "!!python/name:os.system",
    "!!binary aGVsbG8=",
    "!!set {a, b}",
    "!!omap [a: 1]",
    "!!int 'x'",
    "!!float 'x'",
    "!!timestamp x",
    "!!bool x",
    "!!int ''",
    "!!null x",
    "!!str [a]",
    "!!map x",
    "!!seq {}",
    "!!pairs [a]",
    "&a [*a]",
    "&a {a: *a}",
    "*nothing",
    "{<<: {id: x}}",
    "{? [a, b] : c}",
    "[" * 3000,
    "{a: " * 500 + "1" + "}" * 500,
    "2001-12-14t21:59:43.10-05:00",
    "|\n  a\n  b",
]
LAUGHS = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n" + "".join(
    f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 10)}]\n" for level in range(1, 10)
)


STUDIES = {
    "small": SMALL,
    **{
        folder.name: {name: (folder / name).read_text(encoding="utf-8") for name in SMALL if (folder / name).is_file()}
        for folder in (STUDY, EXAMPLE)
    },
}
"""The files of the small study, and of those that come with the project, by name."""


def places(value, at=()):
    """Every place in what a YAML file says: the keys that lead there."""
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, content in inside:
        yield from places(content, (*at, key))


@cache
def _loaded(name: str, study: str):
    return yaml.safe_load(STUDIES[study].get(name, SMALL[name]))


@st.composite
def changed_yaml(draw, name: str, study: str) -> str:
    """A YAML file with one to three places changed: a key, a value, a piece taken out or put in twice."""
    content = deepcopy(_loaded(name, study))
    values = st.one_of(
        NASTY,
        st.integers(),
        st.floats(),
        st.none(),
        st.booleans(),
        st.just([]),
        st.just({}),
        st.lists(NASTY, max_size=3),
    )
    if name == "claims.yaml":
        values |= PREDICATES
    for _ in range(draw(st.integers(1, 3))):
        at = draw(these(*(list(places(content))[1:] or [()])))
        if not at:
            break
        parent = content
        for key in at[:-1]:
            parent = parent[key]
        way = draw(st.sampled_from(["value", "value", "value", "key", "out", "twice"]))
        if way == "value":
            parent[at[-1]] = draw(values)
        elif way == "out":
            del parent[at[-1]]
        elif isinstance(parent, dict):
            parent[draw(NASTY)] = parent.pop(at[-1]) if way == "key" else parent[at[-1]]
        else:
            parent.insert(at[-1], parent[at[-1]])
    text = yaml.safe_dump(content, allow_unicode=draw(st.booleans()), sort_keys=False)
    if draw(st.integers(0, 3)) == 0:
        lines = text.split("\n")
        place = draw(st.integers(0, len(lines) - 1))
        key = lines[place].partition(":")[0]
        lines[place] = f"{key}: {draw(these(*YAML_TRICKS))}"
        text = "\n".join(lines)
    return text


@st.composite
def changed_csv(draw, texts, cells=NASTY) -> str:
    """A CSV file with one to three cells or rows changed."""
    rows = list(csv.reader(io.StringIO(draw(texts))))
    for _ in range(draw(st.integers(1, 3))):
        row = draw(st.integers(0 if draw(st.integers(0, 9)) == 0 else 1, len(rows) - 1)) if len(rows) > 1 else 0
        way = draw(st.sampled_from(["cell", "cell", "cell", "cell", "swap", "out", "twice", "short"]))
        if not rows[row]:
            continue
        column = draw(st.integers(0, len(rows[row]) - 1))
        if way == "cell":
            elsewhere = [other[column] for other in rows if len(other) > column]
            rows[row][column] = draw(cells | these(*elsewhere))
        elif way == "swap":
            other = draw(st.integers(0, len(rows) - 1))
            rows[row], rows[other] = rows[other], rows[row]
        elif way == "out" and len(rows) > 2:
            del rows[row]
        elif way == "twice":
            rows.append(list(rows[row]))
        else:
            del rows[row][column]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


@st.composite
def changed_bytes(draw, texts) -> bytes:
    """A file with a piece of its bytes replaced."""
    whole = draw(texts).encode("utf-8", "surrogatepass")
    start, end = sorted(draw(st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole)))))
    end = min(end, start + draw(st.integers(0, 30)))
    return whole[:start] + draw(st.binary(max_size=20)) + whole[end:]


@st.composite
def changed_studies(draw, name: str) -> dict[str, bytes]:
    """The files of a study, mostly the small one, by name; the one of that name is changed in some way."""
    study = draw(st.sampled_from(["small", "small", "small", *STUDIES]))
    files = STUDIES[study]
    text = these(files.get(name, SMALL[name]))
    if name.endswith(".yaml"):
        whole = changed_yaml(name, study)
    else:
        whole = changed_csv(text, NASTY | CONDITIONS if name == "codebook.csv" else NASTY)
    content = draw(st.one_of(whole.map(lambda text: text.encode("utf-8", "surrogatepass")), changed_bytes(text)))
    return {key: text.encode() for key, text in files.items()} | {name: content}
