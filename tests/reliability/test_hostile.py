"""Files made to run code when they are read: none of them does, and each is refused in words."""

import argparse
import io
import json
import os
import pickle
import struct
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lookalike.data.benchmarks.opening import open_benchmark
from lookalike.data.opening import open_source
from lookalike.data.packing import recall
from lookalike.errors import LookalikeError
from lookalike.evaluation.features import Features, kept
from lookalike.export.encoder_folder import write_encoder
from lookalike.gallery.report import report
from lookalike.nn.encoder import Encoder
from lookalike.nn.published import load_published
from lookalike.record import read_record
from lookalike.run.judging.compare import compare
from lookalike.run.load import load
from lookalike.training import generations
from lookalike.training.from_timm import timm
from lookalike.views.policy import Policy
from reliability.typed import type_in

MARK = "canary"
"""Stands in everything that the files would do."""


class Watch:
    """Notes what Python does that no file may make it do; audit hooks stay, so one is for all."""

    def __init__(self) -> None:
        self.on, self.seen = False, list[str]()
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "compile" and arguments[1] == "<unknown>":
            return  # ast.literal_eval, by which NumPy reads headers: it parses and runs nothing
        if self.on and (event in NEVER or (event in WITH_MARK and MARK in _words(arguments))):
            self.seen.append(f"{event} {_words(arguments)[:200]}")


NEVER = {
    "os.system", "os.exec", "os.posix_spawn", "os.startfile", "subprocess.Popen",
    "pickle.find_class", "socket.connect", "socket.getaddrinfo", "socket.bind", "urllib.Request",
}  # fmt: skip
WITH_MARK = {"exec", "compile", "import", "os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink",
             "shutil.copyfile", "shutil.rmtree"}  # fmt: skip


def _words(arguments: tuple[Any, ...]) -> str:
    """The arguments of an event, with the names and constants of code that would be run."""
    code = [(a.co_names, a.co_consts) for a in arguments if hasattr(a, "co_names")]
    return f"{arguments!r} {code!r}"


WATCH = Watch()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a module that leaves a mark when it is imported; nothing may happen."""
    (tmp_path / f"{MARK}.py").write_text("open('mark', 'w').close()\ndef run(*_, **__): ...\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    WATCH.seen.clear()
    yield tmp_path
    WATCH.on = False
    assert WATCH.seen == []
    assert not (tmp_path / "mark").exists()


class Payload:
    """Runs something when a pickle brings it to life."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def payloads() -> dict[str, Payload]:
    return {
        "os.system": Payload(os.system, f"touch mark {MARK}"),
        "os.mkdir": Payload(os.mkdir, MARK),
        "exec": Payload(exec, f"import {MARK}"),
        "eval": Payload(eval, f"__import__('{MARK}')"),
        "import": Payload(__import__, MARK),
        "torch.load": Payload(torch.load, f"{MARK}.pth"),
        "getattr": Payload(getattr, argparse.Namespace, MARK),
    }


def legacy_tar(path: Path, payload: Any) -> None:
    """The format of torch before 0.1.10."""
    with tarfile.open(path, "w") as tar:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            content = pickle.dumps(payload)
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))


def swapped(path: Path, payload: Any) -> None:
    """A sound zip archive whose record of the pickle is another one."""
    sound = io.BytesIO()
    torch.save({"conv1.weight": torch.ones(3)}, sound)
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for record in old.namelist():
            evil = record.endswith("data.pkl")
            new.writestr(record, pickle.dumps(payload, 2) if evil else old.read(record))


def slipping(path: Path, payload: Any) -> None:
    """A zip archive whose records lie elsewhere."""
    with zipfile.ZipFile(path, "w") as new:
        new.writestr(f"../../{MARK}/data.pkl", pickle.dumps(payload, 2))
        new.writestr("archive/version", "3")


def instantiator(path: Path, payload: Any) -> None:
    """As Lightning's checkpoints name what is to be called."""
    state = {"conv1.weight": torch.ones(3)}
    hyper = {"_instantiator": f"{MARK}.run", "_class_path": f"{MARK}.run", "object": payload}
    torch.save({"state_dict": state, "hyper_parameters": hyper}, path)


def bare(path: Path, payload: Any) -> None:
    path.write_bytes(pickle.dumps(payload))


def old_torch(path: Path, payload: Any) -> None:
    torch.save({"model": payload}, path, _use_new_zipfile_serialization=False)


FORMS = {".pkl": bare, ".pth": swapped, ".pt": old_torch, ".tar": legacy_tar, ".ckpt": instantiator,
         ".bin": slipping}  # fmt: skip


def refused(enter: Callable[[], object]) -> LookalikeError:
    """The refusal of an entrance that is watched: one message, of a user's mistake."""
    WATCH.on = True
    try:
        with pytest.raises(LookalikeError) as caught:
            enter()
    finally:
        WATCH.on = False
    message = str(caught.value)
    assert caught.value.exit_code in (2, 3, 4)
    assert "Traceback" not in message
    assert len(message) < 1500
    return caught.value


@pytest.mark.parametrize("suffix", FORMS)
@pytest.mark.parametrize("name", ["os.system", "os.mkdir", "exec", "import", "getattr"])
def test_weights_that_are_programs(name: str, suffix: str, here: Path) -> None:
    path = here / f"weights{suffix}"
    FORMS[suffix](path, payloads()[name])
    refused(lambda: load_published(Encoder("resnet8", 8, 1), path))


def safetensors_file(header: bytes, body: bytes = b"", said: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if said is None else said) + header + body


def entry(begin: int, end: int, kind: str = "F32", shape: tuple[int, ...] = (1,)) -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


TENSORS = {
    "a huge header": safetensors_file(b"{}", said=2**40),
    "a header of negative length": safetensors_file(b"{}", said=2**64 - 1),
    "overlapping tensors": safetensors_file(
        json.dumps({"a": entry(0, 4), "b": entry(2, 6)}).encode(), b"\0" * 6
    ),
    "a hole": safetensors_file(json.dumps({"a": entry(0, 4), "b": entry(8, 12)}).encode(), b"\0" * 12),
    "negative offsets": safetensors_file(json.dumps({"a": entry(-4, 0)}).encode(), b"\0" * 4),
    "offsets beyond the end": safetensors_file(json.dumps({"a": entry(0, 2**40)}).encode()),
    "another size than its kind": safetensors_file(
        json.dumps({"a": entry(0, 4, "F64")}).encode(), b"\0" * 4
    ),
    "an unknown kind": safetensors_file(json.dumps({"a": entry(0, 4, MARK)}).encode(), b"\0" * 4),
    "a shape beyond all numbers": safetensors_file(
        json.dumps({"a": entry(0, 4, shape=(2**62, 2**62))}).encode(), b"\0" * 4
    ),
    "a name twice": safetensors_file(
        b'{"a":%s,"a":%s}' % ((json.dumps(entry(0, 4)).encode(),) * 2), b"\0" * 4
    ),
    "a header of depth 100,000": safetensors_file(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "a pickle": pickle.dumps(payloads()["os.mkdir"]),
}  # fmt: skip


@pytest.mark.parametrize("name", TENSORS)
def test_headers_that_lie(name: str, here: Path) -> None:
    (here / "a.safetensors").write_bytes(TENSORS[name])
    refused(lambda: load_published(Encoder("resnet8", 8, 1), here / "a.safetensors"))


@pytest.fixture
def folder(here: Path) -> Path:
    """An encoder folder as it should be."""
    write_encoder(Encoder("resnet8", 8, 1), here / "encoder", policy=Policy(size=8, normalize=None))
    return here / "encoder"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "hf-hub:canary/x"},
        {"name": "local-dir:../canary"},
        {"name": "../../canary"},
        {"name": "canary:run"},
        {"name": "torchvision:canary"},
        {"name": "timm.create_model"},
        {"name": "vit_huge_patch14_224", "depth": 10**9},
        {"name": "vit_tiny_patch16_224", "depth": 1000, "patch": 16, "size": 10_000},
        {"width": 10**6},
        {"width": 10_000},
        {"channels": -1},
        {"size": 0},
        {"patch": 0},
        {"variant": "canary"},
        {"std": [0.0]},
        {"mean": [float("nan")]},
        {"mean": [0.5, 0.5]},
    ],
)
def test_encoder_folders_that_name_something_else(change: dict[str, Any], folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["lookalike"] |= change
    config |= {"architecture": "canary.run", "auto_map": {"AutoModel": "canary.run"}}
    (folder / "config.json").write_text(json.dumps(config))
    refused(lambda: load(folder))


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"lookalike":' * 100_000, "null", "[]", "\ud800", '{"lookalike": 3}'],
)
def test_configs_that_are_none(content: str, folder: Path) -> None:
    (folder / "config.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    refused(lambda: load(folder))


def test_a_program_in_the_encoder_folder_stays_where_it_is(folder: Path) -> None:
    """`load_encoder.py` and `encoder.pt2` are for those who have nothing else; we read neither."""
    (folder / "load_encoder.py").write_text(f"import {MARK}")
    (folder / "__init__.py").write_text(f"import {MARK}")
    bare(folder / "encoder.pt2", payloads()["exec"])
    bare(folder / "pytorch_model.bin", payloads()["exec"])
    WATCH.on = True
    load(folder)


def bomb(first: str, form: str) -> str:
    """Each line holds the line before it nine times."""
    lines = (f"a{i}: &a{i} {form % ', '.join([f'*a{i - 1}'] * 9)}" for i in range(1, 12))
    return "\n".join([f"a0: &a0 {first}", *lines])


BOMB = bomb("[x, x]", "[%s]")

RECIPES = {
    "an object": "method: !!python/object/apply:os.system ['touch canary']",
    "a module": "method: !!python/module:canary",
    "a name": "method: !!python/name:canary.run",
    "a new object": "method: !!python/object/new:os.mkdir ['canary']",
    "a tuple": "views: !!python/tuple [1]",
    "a private tag": "method: !canary {}",
    "an alias bomb": BOMB,
    "a merge bomb": bomb("{x: 1}", "{<<: [%s]}"),
    "an alias within itself": "method: &a {name: *a}",
    "a key that is a bomb": BOMB + "\n? *a11\n: 1",
    "great depth": "method: " + "[" * 100_000,
    "great length": "name: " + "x" * 10**6,
    "a folder outside": "name: ../../canary",
    "an absolute folder": "name: /canary",
    "characters of terminals": 'name: "\\e]0;canary\\a"',
    "no character": 'name: "\\0"',
    "half a character": 'name: "\\ud800"',
    "a method by its path": "method: canary:run",
    "an optimizer by its path": "optimizer: canary:run",
    "an encoder of the hub": "encoder: hf-hub:canary/x",
    "an encoder of a folder": "encoder: local-dir:canary",
    "views by their path": "views: canary.run",
    "a precision by its attribute": "precision: load",
    "weights of the network": "encoder: {name: resnet8, weights: 'https://canary/x.pth'}",
    "images of the network": "data: 'https://canary/x.parquet'",
    "an evaluation by its path": "monitor: [canary.run]",
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_that_want_more(name: str, here: Path) -> None:
    """The base is a sound recipe: what the hostile line says is the only thing wrong with it."""
    sound = {
        "method": "simclr",
        "encoder": "resnet8",
        "views": "simclr-digits",
        "data": "digits",
        "batch": 64,
        "duration": "1 epoch",
        "optimizer": "sgd",
        "rate": "{constant: 0.1}",
    }
    key = RECIPES[name].partition(":")[0]
    rest = "".join(f"{k}: {v}\n" for k, v in sound.items() if k != key)
    (here / "mine.yaml").write_text(rest + RECIPES[name] + "\n")
    WATCH.on = True
    ended = type_in("pretrain mine.yaml --dry-run")
    assert ended.code in (2, 3, 4)
    assert ended.err.startswith("lookalike: ")
    assert len(ended.err) < 1500
    assert "\x1b" not in ended.err


@pytest.mark.parametrize("name", ["canary.run", "__class__", "os.system"])
def test_an_optimizer_of_timms_by_its_path(name: str) -> None:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(2))]}]
    refused(lambda: timm(groups, algorithm=name, weight_decay=0.0))


def eps(path: Path) -> None:
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(canary) run\n%%EOF\n")


def objects(path: Path) -> None:
    array = np.empty(2, dtype=object)
    array[:] = [payloads()["exec"], payloads()["os.system"]]
    np.save(path, array, allow_pickle=True)


def lying_array(path: Path) -> None:
    """A header that is a program, as versions of NumPy before 1.10 would evaluate it."""
    header = b"{'descr': __import__('canary'), 'fortran_order': False, 'shape': (9, 9)}"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)


def link_outside(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("0.eps", eps),
        ("0.png", eps),
        ("0.npy", objects),
        ("1.npy", lying_array),
        ("0.jpg", link_outside),
        ("2.npy", lambda path: bare(path, payloads()["exec"])),
        ("0.tiff", lambda path: path.write_bytes(b"II*\0" * 9)),
    ],
)
def test_images_that_are_programs(name: str, make: Callable[[Path], None], here: Path) -> None:
    (here / "images").mkdir()
    make(here / "images" / name)
    refused(lambda: open_source(here / "images"))


@pytest.mark.parametrize("metadata", ["[" * 100_000, "3", '{"a": 1}', '["a", "a"]'])
def test_tables_whose_metadata_lie(metadata: str, here: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    picture = io.BytesIO()
    Image.new("L", (8, 8)).save(picture, "png")
    rows = [{"bytes": picture.getvalue(), "path": f"../../{MARK}"}] * 2
    table = pa.table({"image": rows, "label": [0, 1]})
    table = table.replace_schema_metadata({"class_names": metadata})
    parquet.write_table(table, here / "set.parquet")
    if metadata != '{"a": 1}':  # names are missing then, which is told, too
        refused(lambda: open_source(here / "set.parquet"))


@pytest.mark.parametrize("line", ["../../../canary/0001", "/etc/canary"])
def test_archives_that_list_files_outside(line: str, here: Path) -> None:
    labels = here / "dtd/dtd/labels"
    labels.mkdir(parents=True)
    (here / "dtd/dtd/images").mkdir()
    for part in ("train", "val", "test"):
        (labels / f"{part}1.txt").write_text(line + "\n")
    refused(lambda: open_benchmark("dtd", here))


def test_archives_that_are_pickles(here: Path) -> None:
    (here / "cifar-10-batches-py").mkdir()
    for name in ("batches.meta", "test_batch", *(f"data_batch_{i}" for i in range(1, 6))):
        bare(here / "cifar-10-batches-py" / name, payloads()["exec"])
    refused(lambda: open_benchmark("cifar-10", here))


def test_archives_that_are_matlab_objects(here: Path) -> None:
    home = here / "flowers-102"
    (home / "jpg").mkdir(parents=True)
    for name in ("imagelabels.mat", "setid.mat"):
        bare(home / name, payloads()["exec"])
    refused(lambda: open_benchmark("flowers-102", here))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metrics.jsonl", "[" * 100_000 + "\n"),
        ("metrics.jsonl", '{"update": 1e999}\n{"update": "canary"}\n{"update": 1' + "0" * 5000 + "}\n"),
        ("ledger.json", "[" * 100_000),
        ("environment.json", '["canary"]'),
        ("recipe.yaml", RECIPES["an object"]),
        ("recipe.yaml", BOMB),
        ("evaluations/knn.json", '[{"evaluation": "canary", "__class__": "canary.run"}]'),
        ("evaluations/knn.json", "[" * 100_000),
        ("evaluations/knn.json", '[{"metrics": 3}]'),
    ],
)  # fmt: skip
def test_run_folders_that_lie(name: str, content: str, here: Path) -> None:
    """What cannot be read is noted, and the page of the rest is written."""
    for run in ("one", "two"):
        (here / run / "evaluations").mkdir(parents=True)
        (here / run / "metrics.jsonl").write_text('{"update": 0, "loss": 1.0}\n')
    (here / "one" / name).write_text(content)
    WATCH.on = True
    assert read_record(here / "one").notes
    page = report(here / "one").read_text()
    compare(here / "one", here / "two")
    assert "<script>canary" not in page


def test_names_in_pages_stay_text(here: Path) -> None:
    (here / "one").mkdir()
    (here / "one/metrics.jsonl").write_text('{"update": 0, "loss": 1.0}\n')
    skipped = {"<script>canary()</script>": "{{ canary }}"}
    (here / "one/ledger.json").write_text(json.dumps({"skipped": skipped}))
    assert "<script>canary" not in report(here / "one").read_text()


@pytest.mark.parametrize(
    "content", ["[" * 100_000, "{}", '{"files": {"../../canary": {"sha256": ""}}}']
)
def test_manifests_that_lie(content: str, here: Path) -> None:
    place = here / "checkpoints/00000003"
    place.mkdir(parents=True)
    (place / "manifest.json").write_text(content)
    bare(place / "state.safetensors", payloads()["exec"])
    refused(lambda: generations.newest(here / "checkpoints", str))


def test_caches_that_lie_are_made_anew(here: Path) -> None:
    objects(here / "packed.npy")
    for note in ("[" * 100_000, "[]", '{"shape": [2], "skipped": 3, "remarks": {}}',
                 '{"shape": [2], "skipped": {}, "remarks": {}, "deep": 0}'):  # fmt: skip
        (here / "packed.json").write_text(note)
        WATCH.on = True
        assert recall(here / "packed.npy", 2) is None
        WATCH.on = False
    made = Features(torch.ones(2, 2), torch.ones(2).long(), torch.arange(2))
    bare(here / "features.safetensors", payloads()["exec"])
    WATCH.on = True
    assert kept(here / "features.safetensors", "a", lambda: made) is made


def test_the_watch_sees(here: Path) -> None:
    """Without it every test above would pass."""
    for name in ("exec", "os.mkdir", "import"):
        WATCH.on = True
        pickle.loads(pickle.dumps(payloads()[name]))  # noqa: S301 - our own
        WATCH.on = False
        assert WATCH.seen, name
        WATCH.seen.clear()
        sys.modules.pop(MARK, None)
    (here / "mark").unlink()
