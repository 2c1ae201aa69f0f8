"""A small study with every type of item, and its export, for tests of single steps."""

import csv
from pathlib import Path

SETTINGS = """\
id: small
title: A small survey
authors: [{name: A. Tester, affiliation: Somewhere}]
simulated: true
export: {file: export.csv, platform: limesurvey}
frame: {invited: 12, unit: centre, file: frame.csv, key: centre_id, strata: [size]}
respondent_key: centre_id
submitted: submitted
window: {first: 2023-02-01, last: 2023-02-28}
selection:
  - {id: test_record, reason: test record, item: centre_id, matches: [TEST]}
  - {id: opened, reason: opened and left, answered_below: 0.01}
  - {id: outside_window, reason: too late}
  - {id: not_in_frame, reason: not invited}
  - {id: partial, reason: too little answered, answered_below: 0.5}
  - {id: duplicate, reason: answered twice, keep: most_complete}
domains: [{id: centre, title: Centre}, {id: care, title: Care}]
groups: [size]
inference: {target: finite_population}
seed: 1
"""
CODEBOOK = """\
item,domain,type,question,label,source,unit,min,max,asked_if,direction,role,note
centre_id,centre,text,Code of your centre,Centre,centre,,,,,,identifier,
submitted,centre,date,Submitted on,Submitted,submitdate,,,,,,ignore,
size,centre,ordinal,How large is your centre?,Size,size,,,,,,group,
founded,centre,date,When was it founded?,Founded,founded,,,,,,outcome,
drug,care,single,Which drug comes first?,First drug,drug,,,,,,outcome,
days,care,numeric,After how many days?,Days,days,days,0,60,,,outcome,
tests,care,multiple,Which tests do you order?,Tests,tests,,,,,,outcome,
why,care,multiple,Why no drug?,Reason,why,,,,drug == none,,outcome,
order,care,rank,What matters most?,Order,order,,,,,,outcome,
comment,care,text,Anything else?,Comment,comment,,,,,,free_text,
"""
OPTIONS = """\
item,code,label,position,aliases,kind
size,small,Small,1,,substantive
size,large,Large,2,big|grande,substantive
drug,a,Drug A,1,alpha,substantive
drug,b,Drug B,2,,substantive
drug,none,No drug,3,,substantive
drug,other,Other,4,,other
drug,dont_know,Do not know,5,,dont_know
days,dont_know,Do not know,1,,dont_know
tests,blood,Blood,1,,substantive
tests,mri,MRI,2,magnetic resonance,substantive
tests,other,Other,3,,other
tests,unsure,Not sure,4,,dont_know
why,cost,Cost,1,,substantive
why,risk,Risk,2,,substantive
order,cost,Cost,1,,substantive
order,risk,Risk,2,,substantive
order,time,Time,3,,substantive
"""
HEADER = [
    "id. Response ID",
    "submitdate. Date submitted",
    "lastpage. Last page",
    "startlanguage. Start language",
    "centre. Code of your centre",
    "size. How large is your centre?",
    "founded. When was it founded?",
    "drug. Which drug comes first?",
    "drug[other]. Which drug comes first? [Other]",
    "days. After how many days?",
    "tests[blood]. Which tests do you order? [Blood]",
    "tests[mri]. Which tests do you order? [MRI]",
    "tests[unsure]. Which tests do you order? [Not sure]",
    "tests[other]. Which tests do you order? [Other]",
    "why[cost]. Why no drug? [Cost]",
    "why[risk]. Why no drug? [Risk]",
    "order[1]. What matters most? [Rank 1]",
    "order[2]. What matters most? [Rank 2]",
    "order[3]. What matters most? [Rank 3]",
    "comment. Anything else?",
]
NO_TESTS = {"tests[blood]": "No", "tests[mri]": "No", "tests[unsure]": "No"}
BOTH_TESTS = {"tests[blood]": "Yes", "tests[mri]": "Yes", "tests[unsure]": "No"}
RANKED = {"order[1]": "Cost", "order[2]": "Risk", "order[3]": "Time"}
PLAIN = {"size": "Small", "drug": "Drug A", "days": "10", **BOTH_TESTS, **RANKED}
RECORDS = [
    {"centre": "C01", **PLAIN, "founded": "1999-05-01", "comment": "all fine"},
    {
        "centre": " c02 ",
        "size": "Large\u00a0",
        "founded": "May 1999",
        "drug": "alpha",
        "days": "2 weeks",
        "tests[blood]": "Yes",
        "tests[mri]": "No",
        "tests[unsure]": "No",
        "tests[other]": "magnetic resonance",
        "order[1]": "Risk",
        "order[2]": "Cost",
    },
    {
        "centre": "C03",
        "size": "grande",
        "founded": "soon",
        "drug": "-oth-",
        "drug[other]": "Drug B",
        "days": "5-7",
        **NO_TESTS,
        "order[1]": "Time",
    },
    {
        "centre": "C04",
        "size": "Small",
        "drug": "-oth-",
        "drug[other]": "Drug Z",
        "days": "depends",
        "tests[blood]": "Yes",
        "tests[mri]": "No",
        "tests[unsure]": "No",
        "tests[other]": "PET",
        "order[1]": "Cost",
        "order[2]": "Cost",
    },
    {
        "centre": "C05",
        "size": "Large",
        "drug": "No drug",
        "days": "Do not know",
        "tests[blood]": "No",
        "tests[mri]": "No",
        "tests[unsure]": "Yes",
        "why[cost]": "Yes",
        "why[risk]": "No",
        **RANKED,
    },
    {"centre": "C06", "size": "Large", "drug": "Drug B", "days": "99", "why[cost]": "Yes", "why[risk]": "No", **RANKED},
    {"centre": "C07", "size": "Small", "drug": "Do not know", "days": "ten", **NO_TESTS, **RANKED},
    {"centre": "C01", "size": "Small", "drug": "Drug A", "days": "10", **BOTH_TESTS},
    {"centre": "TEST", **PLAIN},
    {"submitdate": ""},
    {"centre": "C08", "submitdate": "2023-03-05 10:00:00", **PLAIN},
    {"centre": "X99", **PLAIN},
    {"centre": "C09", "submitdate": "", "size": "Small"},
]
EXCLUDED = {
    "8": "duplicate",
    "9": "test_record",
    "10": "opened",
    "11": "outside_window",
    "12": "not_in_frame",
    "13": "partial",
}


def write_rows(path: Path, rows: list[list[str]]) -> Path:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def write_export(path: Path, records: list[dict[str, str]] = RECORDS) -> Path:
    """Write records as LimeSurvey does."""
    codes = [title.split(". ")[0] for title in HEADER]
    always = {"submitdate": "2023-02-10 10:00:00", "startlanguage": "en"}
    rows = [
        [{"id": str(number), **always, **record}.get(code, "") for code in codes]
        for number, record in enumerate(records, 1)
    ]
    return write_rows(path, [HEADER, *rows])


def write_study(folder: Path) -> Path:
    """Write the study folder with its export and frame."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"study.yaml": SETTINGS, "codebook.csv": CODEBOOK, "options.csv": OPTIONS, "claims.yaml": "[]\n"}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_export(folder / "export.csv")
    centres = [[f"C{number:02}", "small" if number <= 7 else "large"] for number in range(1, 13)]
    write_rows(folder / "frame.csv", [["centre_id", "size"], *centres])
    return folder


def change(path: Path, old: str, new: str) -> None:
    """Replace a piece of a file that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} does not hold {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def write_recodes(folder: Path, *rules: str) -> None:
    """Write recodes.csv of a study: `item,record,match,value,becomes` per rule, which are called rule_1, rule_2, ..."""
    lines = [f"rule_{number},{rule},why {number}" for number, rule in enumerate(rules, 1)]
    (folder / "recodes.csv").write_text("\n".join(["id,item,record,match,value,becomes,reason", *lines, ""]))
