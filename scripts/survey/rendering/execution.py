"""Running all cells and inline expressions of a manuscript once, in one kernel of the running interpreter."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from survey.errors import BadInput
from survey.rendering.cells import Cell, Prose, fill

INLINE_RESULTS = "application/vnd.survey.inline+json"
# Runs in the kernel. A plain result is escaped as Quarto does: it is text, not Markdown.
INLINE_CODE = f"""
def __inline__(expressions, names):
    import re
    from IPython.display import display
    results = []
    for text, line in expressions:
        try:
            value = eval(text, names)
        except Exception as error:
            results.append({{"line": line, "error": f"{{type(error).__name__}}: {{error}}"}})
            break
        markdown = value._repr_markdown_() if hasattr(value, "_repr_markdown_") else None
        if markdown is None:
            markdown = re.sub(r"([!#$&*+;-@\\[-`{{-~])", r"\\\\\\1", " ".join(str(value).split()))
        results.append({{"markdown": markdown}})
    display({{"{INLINE_RESULTS}": results}}, raw=True)
"""


def kernel_environment(folder: Path) -> dict[str, str]:
    """The environment of the kernel: our library on its path, and no file of the user's home read or written."""
    private = folder / "home"
    private.mkdir(exist_ok=True)
    library = str(Path(__file__).resolve().parents[2])
    names = ("HOME", "IPYTHONDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME")
    names += ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    hidden = ("JUPYTER", "IPYTHON", "PYTHONSTARTUP", "PYTHONPATH")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    return kept | dict.fromkeys(names, str(private)) | {"PYTHONPATH": library, "PYTHONHASHSEED": "0"}


def execute(parts: list[Prose | Cell], folder: Path, defaults: dict) -> list[str]:
    """The Markdown of every part, in order: cells with their outputs, prose with its expressions filled in.

    folder: where the kernel runs (it holds values.json and figures/). defaults: the front matter's `execute` options.
    Raises BadInput naming the cell or the line for any Python error.
    """
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from nbformat.v4 import new_code_cell, new_notebook

    class ThisInterpreter(KernelSpecManager):
        """Knows one kernel, so a python3 kernel registered by the user cannot be taken instead."""

        def get_kernel_spec(self, kernel_name):
            start = [sys.executable, "-m", "ipykernel_launcher", "--HistoryManager.enabled=False", "-f"]
            return KernelSpec(argv=[*start, "{connection_file}"], display_name=kernel_name, language="python")

    environment = kernel_environment(folder)
    # Sockets are files that only we may open; their path must be short, so they lie in the system's temporary folder.
    sockets = TemporaryDirectory(prefix="kernel-")
    manager = AsyncKernelManager(
        kernel_spec_manager=ThisInterpreter(),
        connection_file=str(folder / "home" / "kernel.json"),
        transport="ipc",
        ip=str(Path(sockets.name) / "s"),
    )
    notebook = new_notebook()
    client = NotebookClient(
        notebook, km=manager, timeout=None, startup_timeout=120, resources={"metadata": {"path": str(folder)}}
    )

    def run_code(code: str, name: str) -> list:
        notebook.cells.append(new_code_cell(code))
        try:
            return client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1).outputs
        except CellExecutionError as error:
            raise BadInput(f"manuscript.qmd: cell {name}: {error.ename}: {error.evalue}") from None
        except DeadKernelError:
            raise BadInput(f"manuscript.qmd: cell {name}: Python ended while it ran") from None

    texts = []
    with sockets, client.setup_kernel(env=environment, cleanup_kc=True):
        run_code(INLINE_CODE, "of the renderer")
        for part in parts:
            if isinstance(part, Cell):
                options = defaults | part.options
                outputs = run_code(part.code, part.name) if options.get("eval", True) else []
                texts.append(cell_markdown(part, outputs, options, folder))
            elif asked := part.expressions():
                (shown,) = run_code(f"__inline__({asked!r}, globals())", f"of the text from line {part.line}")
                results = shown["data"][INLINE_RESULTS]
                if "error" in results[-1]:
                    raise BadInput(f"manuscript.qmd: line {results[-1]['line']}: {results[-1]['error']}")
                texts.append(fill(part, [result["markdown"] for result in results]))
            else:
                texts.append(part.text)
    return texts


def cell_markdown(cell: Cell, outputs: list, options: dict, folder: Path) -> str:
    """What a cell adds to the text: its code where echoed, then its outputs; pictures are saved in folder/cell-figures.

    options: `echo`, `include`, `output` (true, false, asis), `warning`, and for a captioned output `label` with
    `tbl-cap` or `fig-cap`, which becomes a cross-reference division (its last paragraph is the caption).
    """
    if not options.get("include", True):
        return "\n"
    blocks = [listing(cell.code.rstrip("\n"), "python")] if options.get("echo", True) and cell.code.strip() else []
    shown = []
    for number, output in enumerate(outputs if options.get("output", True) else [], 1):
        if output.output_type == "stream":
            if output.name == "stderr" and not options.get("warning", True):
                continue
            shown.append(output.text if options.get("output") == "asis" else listing(output.text.rstrip("\n")))
        else:
            shown.append(data_markdown(output.data, cell, number, options, folder))
    label, caption = str(options.get("label", "")), options.get("tbl-cap") or options.get("fig-cap")
    if shown and caption and label.startswith(("tbl-", "fig-")):
        shown = [f"::: {{#{label}}}\n\n" + "\n\n".join(shown) + f"\n\n{caption}\n\n:::"]
    return "\n\n" + "\n\n".join(blocks + shown) + "\n\n"


def data_markdown(data: dict, cell: Cell, number: int, options: dict, folder: Path) -> str:
    """One displayed object, the richest form that every output format can hold.

    Raises BadInput for a picture that is only there as SVG: a DOCX cannot hold it.
    """
    import base64

    if "text/markdown" in data:
        return data["text/markdown"]
    if "image/png" in data:
        name = safe_name(f"{options.get('label', f'cell-{cell.line}')}-{number}.png")
        (folder / "cell-figures").mkdir(exist_ok=True)
        (folder / "cell-figures" / name).write_bytes(base64.b64decode(data["image/png"]))
        alt = str(options.get("fig-alt", "")).replace("\\", "").replace('"', '\\"')
        return f'![](cell-figures/{name}){{fig-alt="{alt}"}}'
    if "image/svg+xml" in data:
        raise BadInput(f"manuscript.qmd: cell {cell.name}: show the picture as PNG, a DOCX cannot hold SVG")
    if "text/html" in data and "<table" in data["text/html"]:
        return f"```{{=html}}\n{data['text/html']}\n```"
    return listing(data.get("text/plain", ""))


def listing(text: str, language: str = "") -> str:
    """Text as a fenced code block that no line of the text can close."""
    ticks = "`" * 3
    while ticks in text:
        ticks += "`"
    return f"{ticks}{language}\n{text}\n{ticks}"


def safe_name(name: str) -> str:
    """A file name of letters, digits, dots and hyphens."""
    return "".join(c if c.isalnum() or c in ".-" else "-" for c in name)
