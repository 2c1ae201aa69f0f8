"""DRAFT.md: what was read, what was decided, and where to change it, worst first."""

from collections.abc import Mapping, Sequence

from survey.drafting.items import Doubt, Item
from survey.export import Export
from survey.readers.detection import TITLES
from survey.text import tidy


def draft_text(
    title: str,
    file: str,
    export: Export,
    items: Sequence[Item],
    doubts: Sequence[Doubt],
    lines: Mapping[tuple[str, str], int],
    folder_files: Sequence[str],
) -> str:
    """The page. lines: (file, item or key) to its line."""
    reported = [item for item in items if item.is_reported]
    parts = [
        f"# Draft: {_cell(title)}",
        "Nobody has looked at this study yet. It was drafted from the export alone and runs as it is. Go through the "
        "two lists below from the top; every row says which line to change. Then delete this file.",
        "## What was read",
        _read(file, export, items, reported),
        "## What no export tells",
        *_missing_from_export(lines),
        "## Decisions to look at, worst first",
        _doubts(items, doubts, lines),
        "## Every item",
        _items(items, lines),
        "## Columns that are left out",
        _left_out(items, lines),
        "Files of the draft: " + ", ".join(f"`{name}`" for name in folder_files) + ".",
    ]
    return "\n\n".join(parts) + "\n"


def _read(file: str, export: Export, items: Sequence[Item], reported: Sequence[Item]) -> str:
    form = f"{export.encoding}, delimiter {export.delimiter!r}" if export.delimiter else export.sheet or export.encoding
    kinds: dict[str, int] = {}
    for item in reported:
        kinds[item.type] = kinds.get(item.type, 0) + 1
    counted = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
    called = f"column `{_cell(export.id_column)}`" if export.record_ids()[1] != "row" else "their row"
    return (
        f"`{file}`: {TITLES[export.platform]}{f' ({form})' if form else ''}, {len(export.rows)} records of "
        f"{len(export.columns)} columns. {len(items)} items, of which {len(reported)} are reported ({counted}). "
        f"Records are called by {called}."
    )


def _missing_from_export(lines: Mapping[tuple[str, str], int]) -> list[str]:
    def line(key: str) -> str:
        return f"`study.yaml` line {lines['study.yaml', key]}"

    return [
        "\n".join(
            [
                f"- **Title** ({line('title')}) and **authors** ({line('authors')}): placeholders. The results go to "
                f"`results/` and the `id` ({line('id')}): give each study its own.",
                f"- **Who was asked** ({line('inference')}): no frame is known, so the answers speak for a wider "
                "world (`superpopulation`). With the number invited, add `frame` and set "
                "`finite_population`; response rates need it, too.",
                "- **Who is counted**: every record. Add `selection` for test records, partial answers and duplicates, "
                "and `window` for the days that count.",
                "- **Smallest cell**: `disclosure.minimum_cell` is left out, so the default holds; set it to 0 to see "
                "every count while you work, or to the number below which nothing is to be published.",
                "- **Claims**: none; `claims.yaml` takes the sentences that the results must bear out.",
            ]
        )
    ]


def _doubts(items: Sequence[Item], doubts: Sequence[Doubt], lines: Mapping[tuple[str, str], int]) -> str:
    """One row per decision; the same decision about several items is one row."""
    found: dict[tuple[object, ...], list[tuple[int, str, Doubt]]] = {}
    for item in items:
        for doubt in item.doubts:
            file = doubt.file if (doubt.file, item.name) in lines else "codebook.csv"
            key = (-doubt.weight, doubt.what, doubt.change, file)
            line = lines.get((file, f"{item.name} {doubt.key}"), lines[file, item.name])
            found.setdefault(key, []).append((line, f"`{item.name}`", doubt))
    for doubt in doubts:
        found[-doubt.weight, doubt.what, doubt.change, doubt.file] = [
            (lines.get((doubt.file, doubt.key), 1), "", doubt)
        ]
    if not found:
        return "None."
    rows = ["| | Where | Item | Decided | Seen | If wrong |", "|--:|---|---|---|---|---|"]
    ordered = sorted(found.items(), key=lambda pair: (pair[0][0], pair[1][0][0], pair[0][1]))
    for number, ((_, what, change, file), own) in enumerate(ordered, start=1):
        where = f"`{file}` line{'s' if len(own) > 1 else ''} {', '.join(str(line) for line, _, _ in own)}"
        names = ", ".join(name for _, name, _ in own[:3] if name) + (
            f" and {len(own) - 3} more" if len(own) > 3 else ""
        )
        if len(own) == 1:
            evidence = own[0][2].evidence
        else:
            evidence = "; ".join(f"{name.strip('`')}: {doubt.evidence}" for _, name, doubt in own[:3])
            evidence += f"; and {len(own) - 3} more" if len(own) > 3 else ""
        cells = (str(number), where, names, _cell(str(what)), _cell(evidence), _cell(str(change)))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _items(items: Sequence[Item], lines: Mapping[tuple[str, str], int]) -> str:
    rows = ["| Line | Item | Type | Role | Column or block | Options |", "|--:|---|---|---|---|--:|"]
    for item in items:
        if item.role == "ignore":
            continue
        source = _cell(item.source if len(item.source) <= 60 else item.source[:59] + "…")
        cells = (str(lines["codebook.csv", item.name]), f"`{item.name}`", item.type, item.role, source)
        rows.append("| " + " | ".join(cells) + f" | {len(item.answers) or ''} |")
    return "\n".join(rows)


def _left_out(items: Sequence[Item], lines: Mapping[tuple[str, str], int]) -> str:
    rows = [
        f"- `codebook.csv` line {lines['codebook.csv', item.name]}: {_cell(item.source[:80])} ({_cell(item.note)})"
        for item in items
        if item.role == "ignore"
    ]
    return "\n".join(["Their role is `ignore`; change it to bring one back.", "", *rows]) if rows else "None."


def _cell(text: str) -> str:
    """Text in a cell of a table: on one line, without what Markdown or a browser would run."""
    text = tidy(text).replace("|", "¦").replace("<", "‹").replace(">", "›").replace("[", "(").replace("]", ")")
    return text.replace("\\", "/").replace("*", "∗").replace("_", "\\_") if "`" not in text else text
