"""One whole night that everything about personal data is tried on: a small town with canaries and protected persons.

- 500 and more canaries: in every column of every dataset a row holds one there, in rows of a wrong shape, in files
  that are refused for fourteen reasons.
- every fifth person is protected.
- the night runs in a process of its own under umask 000, where possible in a network namespace without interfaces;
  every attempt to reach beyond this machine is written down, and everything Prefect is told.

Made once for all gates: the first test process that asks builds it, the others wait.
"""

from __future__ import annotations

import csv
import datetime
import fcntl
import gzip
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data_samples import generate
from schemas.contract import Column, Contract, load_contracts
from tests.personal_numbers import FORMS, number

ROOT = Path(__file__).resolve().parents[2]
DAY = datetime.date(2026, 11, 22)
CANARY = re.compile(rb"kanarie[0-9]{4}x", re.IGNORECASE)
GOOD_ROWS = 30

# Runs in the child before anything else: writes down what tries to reach beyond this machine, and wider file modes.
_WATCH = """
import os, sys
def _hook(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        if not isinstance(arguments[1], (str, bytes)):
            _tell(f"{event} {arguments[1]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _tell(f"{event} {arguments[0]}")
def _tell(text):
    handle = os.open(os.environ["AVVIK_WATCH"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, (text + chr(10)).encode())
    os.close(handle)
sys.addaudithook(_hook)
"""
# The night itself, with every word to Prefect kept.
_NIGHT = """
import os, sys
os.umask(0)
from flows import local_engine
told = local_engine.Recorder.__call__
def keep(self, request):
    with open(os.environ["AVVIK_PREFECT"], "ab") as out:
        out.write(str(request.url).encode() + b" " + request.content + bytes([10]))
    return told(self, request)
local_engine.Recorder.__call__ = keep
from flows.cli import main
code = main(sys.argv[1:])
sys.stdout.flush()
os._exit(code)  # as the program itself ends
"""


@dataclass(frozen=True)
class Town:
    """The night and what was noticed of it. `prefect`: all requests; `reached`: attempts to reach the network."""

    folder: Path
    code: int
    alone: bool  # the night had no network interface

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def run(self) -> Path:
        return (self.workspace / "latest").resolve()

    @property
    def said(self) -> bytes:
        return (self.folder / "out.txt").read_bytes() + (self.folder / "err.txt").read_bytes()

    @property
    def errors(self) -> str:
        return (self.folder / "err.txt").read_text(encoding="utf-8")

    @property
    def prefect(self) -> bytes:
        return (self.folder / "prefect.txt").read_bytes()

    @property
    def reached(self) -> list[str]:
        path = self.folder / "watch.txt"
        return path.read_text().splitlines() if path.is_file() else []

    def protected(self) -> set[str]:
        """Persons that the register marks."""
        return set(json.loads((self.folder / "protected.json").read_text(encoding="utf-8")))


def built(folder: Path) -> Town:
    """The town's night in `folder`; built by the first who asks."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "done.json"
        if not done.is_file():
            code, alone = _build(folder)
            done.write_text(json.dumps({"code": code, "alone": alone}))
        return Town(folder, **json.loads(done.read_text()))


def _build(folder: Path) -> tuple[int, bool]:
    inbox = folder / "inbox"
    generate(inbox, 0.02, 5, DAY, truth=folder / "truth", mess=False)
    _protect(inbox, folder)
    plant(inbox)
    for name in ("tmp", "watching", "home"):
        (folder / name).mkdir()
    (folder / "watching" / "sitecustomize.py").write_text(_WATCH)
    settings = folder / "settings.yaml"
    settings.write_text((folder / "truth" / "settings.yaml").read_text(encoding="utf-8")
                        + "\nprotected_officer: Enhetschef Skydd\n", encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "AVVIK_"))}
    environment |= {
        "PYTHONPATH": f"{folder / 'watching'}:{ROOT}", "TMPDIR": str(folder / "tmp"),
        "HOME": str(folder / "home"), "AVVIK_WATCH": str(folder / "watch.txt"),
        "AVVIK_PREFECT": str(folder / "prefect.txt")}
    command = [sys.executable, "-c", _NIGHT, "night", "--inbox", str(inbox), "--workspace", str(folder / "workspace"),
               "--settings", str(settings), "--as-of", DAY.isoformat()]
    alone = _without_network()
    with (folder / "out.txt").open("wb") as out, (folder / "err.txt").open("wb") as err:
        code = subprocess.run([*alone, *command], cwd=folder, env=environment, stdout=out, stderr=err,
                              check=False).returncode
    return code, bool(alone)


def _without_network() -> list[str]:
    """How to run a command in a network namespace without interfaces; [] where that is not permitted."""
    for way in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0:
            return way
    return []


def _protect(inbox: Path, folder: Path) -> None:
    """Mark every fifth person of the register as protected."""
    path = next(inbox.glob("persons*"))
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    chance = random.Random(55)
    marked = []
    for row in rows:
        row["protected"] = "true" if chance.random() < 0.2 else "false"
        if row["protected"] == "true":
            marked.append(row["person_token"])
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "protected.json").write_text(json.dumps(marked))


class Canaries:
    """Hands out strings that occur nowhere else."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"kanarie{self.count:04}x"


def plant(inbox: Path) -> int:
    """Add files full of canaries to the inbox; how many canaries there are."""
    canary = Canaries()
    contracts = load_contracts()
    for name, contract in sorted(contracts.items()):
        if name != "outcomes":
            (inbox / f"{name}_kanarie.csv").write_text(_every_column(contract, canary), encoding="utf-8")
    _refused(inbox, contracts, canary)
    return canary.count


def cell(column: Column, row: int) -> str:
    """A value that is good enough to be read."""
    if column.allowed_values:
        return column.allowed_values[row % len(column.allowed_values)]
    kinds = {"date": "2026-10-01", "timestamp": f"2026-10-01 08:{row % 60:02}", "boolean": "nej",
             "integer": str(2000 + row % 20), "number": "10.5"}
    if column.logical_type != "string":
        return kinds[column.logical_type]
    # what identifies is told apart by what it identifies, and from what is only said
    if column.name.endswith(("_id", "_token", "_no")):
        return "".join(part[0] for part in column.name.split("_")) + f"{row:04}"
    return f"ord {chr(97 + row % 26)}"


def _every_column(contract: Contract, canary: Canaries) -> str:
    """Good rows, then for every column a row with a canary in it, then rows that break in other ways."""
    columns = contract.columns
    rows = [[cell(column, row) for column in columns] for row in range(GOOD_ROWS)]
    for at in range(len(columns)):
        row = [cell(column, 100 + at) for column in columns]
        row[at] = canary() if at % 3 else f"{canary()} med blanksteg"
        rows.append(row)
    same = [cell(column, 500) for column in columns]
    for _ in range(2):  # one key, two meanings
        rows.append([value if column.name in contract.key or column.logical_type != "string" or column.allowed_values
                     else canary() for value, column in zip(same, columns, strict=True)])
    rows.append([canary(), *[cell(column, 600) for column in columns], canary()])  # too wide
    rows.append([canary()])  # too narrow
    rows.append([f"{canary()}\0", *[cell(column, 601) for column in columns[1:]]])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*(column.name for column in columns), "extra"])
    writer.writerows([*row, canary()] if len(row) == len(columns) else row for row in rows)
    return out.getvalue()


def _refused(inbox: Path, contracts: dict[str, Contract], canary: Canaries) -> None:
    """Files that are refused, each in its own way, all full of canaries."""
    visits = contracts["home_care_visits"]
    head = ",".join(visits.column_names)
    lines = "\n".join(",".join([canary(), *(cell(column, row) for column in visits.columns[1:])]) for row in range(5))
    whole = f"{head}\n{lines}\n"

    def put(name: str, content: str | bytes) -> None:
        (inbox / f"home_care_visits_{name}").write_bytes(content.encode() if isinstance(content, str) else content)

    put("saknas.csv", f"visit_id,client_token\n{canary()},{canary()}\n")
    put("avklippt.csv", whole + canary() + ",")
    put("rubriker.csv", f"{head},{canary()},visit_id\n{lines}\n")
    put("trasig.csv.gz", gzip.compress(whole.encode())[:-20] + canary().encode())
    put("trasig.xlsx", b"PK\3\4" + canary().encode() * 20)
    put("trasig.parquet", b"PAR1" + canary().encode() * 20 + b"PAR1")
    put("trasig.json", f'[{{"visit_id": "{canary()}", "client_token": ')
    put("skev.csv", head + "\n" + "\n".join(f"{canary()},{canary()}" for _ in range(20)))
    put("binar.csv", bytes(range(256)) * 4 + canary().encode())
    put("zip.csv", _zip(canary()))
    put("citat.csv", f'{head}\n"{canary()},{lines}')
    chance = random.Random(9)
    people = "\n".join(f"v{row},{FORMS['YYYYMMDD-NNNN'](*number(chance))},{canary()}" for row in range(20))
    put("personnummer.csv", f"visit_id,client_token,note\n{people}\n")
    put("datum.csv", head + "\n" + "\n".join(",".join([f"d{row}", *(
        canary() if column.logical_type == "timestamp" else cell(column, row) for column in visits.columns[1:])])
        for row in range(10)))
    table = pa.table({name: [canary() for _ in range(5)] for name in ("visit_id", "started_at")})
    pq.write_table(table, inbox / "home_care_visits_kolumner.parquet")
    (inbox / "okand_datamangd.csv").write_text(f"a,b\n{canary()},{canary()}\n", encoding="utf-8")


def _zip(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", text)
    return out.getvalue()
