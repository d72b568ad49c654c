"""The sources hold nothing that lets a file run code, and write files in one way only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])

MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"} | {
    "socket", "http", "urllib", "requests", "ftplib", "telnetlib", "xmlrpc"}  # fmt: skip
"""What no file of ours imports: things that bring objects to life, and the network."""

NAMES = {"eval", "exec", "compile", "__import__"}
YAML = {"load", "load_all", "full_load", "full_load_all", "unsafe_load", "unsafe_load_all", "Loader",
        "UnsafeLoader", "FullLoader"}  # fmt: skip
ATTRIBUTES = (
    {("yaml", name) for name in YAML}
    | {("os", name) for name in ("system", "popen", "startfile")}
    | {("tempfile", "mktemp"), ("np", "object_"), ("numpy", "object_"), ("torch", "hub")}
)
"""What no file of ours touches."""

WRITES = {"write_text", "write_bytes", "savefig", "save_file", "SummaryWriter", "touch", "memmap",
          "copy2", "copyfile", "copytree", "tofile", "to_parquet"}  # fmt: skip
"""Calls that write to a path, unless they are those of `lookalike.files`."""

BUFFERS = ("file", "buffer")
"""What is called so came from `files.replacing`, or is memory."""

ALLOWED = {
    "src/lookalike/training/events.py: opens for writing": "TensorBoard's own files grow",
    "src/lookalike/training/events.py: imports socket": "the machine's name, for TensorBoard",
    "src/lookalike/training/evidence.py: save_file": "written aside and renamed",
    "src/lookalike/export/program.py: torch.export.load": "reads what it has just written",
    "src/lookalike/start/serving.py: imports http": "`report --watch` serves a page on loopback",
    "src/lookalike/nn/published/reading.py: imports pickle": "names the error torch raises",
    "src/lookalike/export/load_encoder.py: torch.export.load": "for people who trust the folder",
    "src/lookalike/training/monitors.py: opens for writing": "metrics.jsonl grows by whole lines",
}
"""What the rules would forbid, and why it stands there."""


def mistakes(source: str) -> Iterator[str]:
    """What a source does against the rules."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                modules = [name.name.partition(".")[0] for name in names]
                yield from (f"imports {module}" for module in modules if module in MODULES)
            case ast.ImportFrom(module=str(module)):
                if module.partition(".")[0] in MODULES:
                    yield f"imports {module.partition('.')[0]}"
            case ast.Assign(targets=[ast.Attribute(attr="MAX_IMAGE_PIXELS")], value=value):
                if _is(value, None):
                    yield "no limit against decompression bombs"
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if (owner, name) in ATTRIBUTES:
                yield f"{owner}.{name}"
            case ast.Call():
                yield from _mistakes_of_calls(node)


def _mistakes_of_calls(call: ast.Call) -> Iterator[str]:
    name, words = ast.unparse(call.func), {word.arg: word.value for word in call.keywords}
    last = name.rpartition(".")[2]
    if name in NAMES or name == "torch.export.load":
        yield name
    if name == "torch.load" and not _is(words.get("weights_only"), True):
        yield "torch.load without weights_only=True"
    if "allow_pickle" in words and not _is(words["allow_pickle"], False):
        yield f"allow_pickle={ast.unparse(words['allow_pickle'])}"
    if _is(words.get("shell"), True) or ("shell" in words and name.startswith("subprocess.")):
        yield "a shell"
    dtypes = [words["dtype"]] if "dtype" in words else call.args[:1] if last == "astype" else []
    if any(ast.unparse(dtype) in ("object", "'O'", "'object'") for dtype in dtypes):
        yield "an array of objects"
    whole = name in ("torch.save", "np.save", "np.savez", "save_file", "SummaryWriter")
    writes = whole or (last in WRITES and not name.startswith("files.") and name != last)
    if writes and not any(ast.unparse(each) in BUFFERS for each in call.args):
        yield name if whole else last
    if last == "open" and name != "Image.open" and any(map(_writes, _modes(call, words))):
        yield "opens for writing"


def _is(node: ast.expr | None, value: bool | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _modes(call: ast.Call, words: dict[str | None, ast.expr]) -> list[ast.expr]:
    place = 1 if isinstance(call.func, ast.Name) else 0  # open(path, mode), path.open(mode)
    return [*call.args[place : place + 1], *([words["mode"]] if "mode" in words else [])]


def _writes(mode: ast.expr) -> bool:
    return isinstance(mode, ast.Constant) and bool(set(str(mode.value)) & set("wax+"))


def test_no_source_breaks_the_rules() -> None:
    files = ROOT / "src/lookalike/files.py"  # where writing is done
    found = {
        f"{path.relative_to(ROOT)}: {mistake}"
        for path in SOURCES
        if path != files and "benchmarks" not in path.parts
        for mistake in mistakes(path.read_text(encoding="utf-8"))
    }
    assert found - ALLOWED.keys() == set()
    assert ALLOWED.keys() - found == set(), "an exception that is no longer needed"


def test_benchmarks_read_safely() -> None:
    """They write pages and pictures of their own, wherever their caller says."""
    writing = WRITES | {"opens for writing"}
    for path in (ROOT / "benchmarks").rglob("*.py"):
        assert set(mistakes(path.read_text(encoding="utf-8"))) <= writing, path


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("import pickle", "imports pickle"),
        ("from dill import load", "imports dill"),
        ("import urllib.request", "imports urllib"),
        ("torch.load(path)", "torch.load without weights_only=True"),
        ("torch.load(path, weights_only=False)", "torch.load without weights_only=True"),
        ("torch.load(path, weights_only=trusted)", "torch.load without weights_only=True"),
        ("yaml.load(text, Loader=yaml.SafeLoader)", "yaml.load"),
        ("yaml.load_all(text, Loader=mine)", "yaml.load_all"),
        ("class Mine(yaml.UnsafeLoader): ...", "yaml.UnsafeLoader"),
        ("np.load(path, allow_pickle=True)", "allow_pickle=True"),
        ("npy.read_array(file, allow_pickle=trusted)", "allow_pickle=trusted"),
        ("eval('1 + 1')", "eval"),
        ("exec(text)", "exec"),
        ("subprocess.run(line, shell=True)", "a shell"),
        ("os.system(line)", "os.system"),
        ("tempfile.mktemp()", "tempfile.mktemp"),
        ("np.array(rows, dtype=object)", "an array of objects"),
        ("rows.astype('O')", "an array of objects"),
        ("np.empty(3, np.object_)", "np.object_"),
        ("torch.hub.load('a/b', 'c')", "torch.hub"),
        ("Image.MAX_IMAGE_PIXELS = None", "no limit against decompression bombs"),
        ("path.open('w')", "opens for writing"),
        ("path.open(mode='a')", "opens for writing"),
        ("open(path, 'x')", "opens for writing"),
        ("path.write_text('a')", "write_text"),
        ("figure.savefig(path)", "savefig"),
        ("torch.save(weights, path)", "torch.save"),
        ("np.save(path, array)", "np.save"),
        ("save_file(tensors, path)", "save_file"),
        ("shutil.copyfile(a, b)", "copyfile"),
    ],
)
def test_planted_lines_are_found(line: str, mistake: str) -> None:
    assert mistake in set(mistakes(f"def f():\n    {line}\n"))


@pytest.mark.parametrize(
    "line",
    [
        "re.compile('a')",
        "model.eval()",
        "torch.load(path, map_location='cpu', weights_only=True)",
        "yaml.safe_load(text)",
        "np.save(file, array, allow_pickle=False)",
        "files.write_text(path, 'a')",
        "write_json(path, {})",
        "path.open('rb')",
        "Image.open(file)",
        "np.zeros(3, dtype=np.uint8)",
        "subprocess.run(['ls'])",
    ],
)
def test_good_lines_are_not(line: str) -> None:
    assert list(mistakes(f"def f():\n    {line}\n")) == []
