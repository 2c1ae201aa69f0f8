"""Record every step of the workflow: the command to paste, its files, its code and its packages.

python scripts/record_steps.py --study STUDY [--export EXPORT] [--renderer RENDERER] --out STEPS.json --copies FOLDER
"""

from argparse import ArgumentParser
from glob import glob
from pathlib import Path

from survey.errors import run
from survey.files import replace_file, sha256, write_json
from survey.planning import plan
from survey.steps import COPIED, PLACEHOLDERS, given, hashes, placed, steps
from survey.study import read_study


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--export", type=Path, help="raw export, if it is not the one that study.yaml names")
    parser.add_argument("--renderer", default="auto", help="who renders the manuscript, as in config/config.yaml")
    parser.add_argument("--out", type=Path, required=True, help="steps.json")
    parser.add_argument("--copies", type=Path, required=True, help="folder for copies of the study's files")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    jobs = plan(str(args.study), str(args.export or ""), args.renderer)
    export = args.export or study.file(study.export["file"])
    names = {str(args.export): "EXPORT"} if args.export else {}
    if args.study.is_absolute():
        inside = args.study.is_relative_to(Path.cwd())
        names[str(args.study)] = str(args.study.relative_to(Path.cwd())) if inside else "STUDY"
    frame = study.file(study.frame["file"]) if study.frame and "file" in study.frame else None
    linked = {table["id"]: study.file(table["file"], export) for table in study.tables}
    outside = {str(path): f"LINKED_{name}" for name, path in linked.items() if path.is_absolute()}
    names = {path: name for path, name in outside.items() if not Path(path).is_relative_to(args.study)} | names
    # This step apart, which reads the whole project.
    data = (str(export), str(frame), *map(str, linked.values()))
    read = [Path(file) for file in given(jobs, apart="record_steps") if file not in data]
    own = [path for path in read if path.is_relative_to(args.study)]
    copied = [args.study / name for name in COPIED if (args.study / name).is_file()]
    for path in copied:
        with replace_file(args.copies / path.name) as temporary:
            temporary.write_bytes(path.read_bytes())
    content = {
        "steps": steps(jobs, names),
        "folders": {"study": placed(str(args.study), names), "results": f"results/{study.id}"},
        "placeholders": {name: PLACEHOLDERS[name] for name in names.values() if name in PLACEHOLDERS},
        "study": {path.relative_to(args.study).as_posix(): sha256(path) for path in sorted({*own, *copied})},
        "export": {"file": args.export.name if args.export else study.export["file"], "sha256": sha256(export)},
        "frame": {"file": study.frame["file"], "sha256": sha256(frame)} if frame else {},
        "linked": {
            table["id"]: {"file": table["file"], "sha256": sha256(linked[table["id"]])} for table in study.tables
        },
        "resources": hashes(str(path) for path in read if path not in own),
        "workflow": hashes(
            [
                *("Snakefile", "config/config.yaml", "requirements.lock"),
                *glob("workflow/rules/*.smk"),
                *glob("workflow/schemas/*.json"),
                *glob("envs/*.yaml"),
            ]
        ),
    }
    write_json(content, args.out)
    print(f"{len(jobs)} commands of {len(content['steps'])} steps, {len(copied)} files of the study")


if __name__ == "__main__":
    run(main)
