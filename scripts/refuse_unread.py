"""Stop a study that is strict at cells that no rule covers. They stay listed in what is read here.

python scripts/refuse_unread.py --validations DOMAIN.validation.csv ... --out STRICT.csv
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.cleaning import not_covered
from survey.errors import BadInput, run
from survey.tables import read_texts, write_csv


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--validations", type=Path, nargs="+", required=True, help="cells to look at, by domain")
    parser.add_argument("--out", type=Path, required=True, help="how many cells of each domain no rule covers: 0")
    args = parser.parse_args(argv)

    found = {path: not_covered(read_texts(path)) for path in args.validations}
    refused = {path: rows for path, rows in found.items() if rows}
    if refused:
        first = next(iter(refused.values()))[0]
        hint = f" (most like {first['nearest']!r})" if first["nearest"] else ""
        raise BadInput(
            f"{' and '.join(map(str, refused))}: no rule covers {sum(map(len, refused.values()))} of the cells listed "
            f"(strict: true); the first: row {first['row']} of the export, record {first['record']}, column "
            f"{first['column']!r}, value {first['value']!r} {first['problem']}{hint}; say in recodes.csv what it "
            "becomes, or add an alias to options.csv"
        )
    rows = [{"domain": path.name.removesuffix(".validation.csv"), "not_covered": "0"} for path in found]
    write_csv(rows, ["domain", "not_covered"], args.out)
    print(f"every cell of {len(found)} domains is covered by a rule")


if __name__ == "__main__":
    run(main)
