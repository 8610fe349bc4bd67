"""R9 (and R8's time zones): a night does not hang on the order of rows, threads, hash seeds or the server's zone.

Four processes, each with a hash seed and a zone of its own. Two run an inbox, with one thread and with two: the same
bytes. Two run it with all rows shuffled: the same bytes as each other, and the same ranking and the same findings as
the first two. Evidence is compared by how many rows a finding has from which file; what those rows say is compared in
test_r9_evidence.py, on all datasets.
"""

from __future__ import annotations

import csv
import datetime
import fcntl
import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_samples import generate
from tests.gates.crash_kit import Nights
from tests.gates.sample_night import shared_folder

DAY = datetime.date(2026, 11, 22)
PLACES = (("0", "Europe/Stockholm", 1), ("1", "UTC", 2), ("4711", "America/New_York", 1), ("99", "Asia/Kolkata", 2))
MORE_SEEDS = tuple((str(seed), PLACES[seed % 4][1], 1 + seed % 2) for seed in range(1000, 1016))
ORDERED, SHUFFLED = (0, 1), (2, 3)  # which of the places run which inbox
PARTS = ("providers", "persons", "home_care_", "supplier_payments")  # a third of the rules, a fifth of the time


@dataclass(frozen=True)
class Inbox:
    """The exports in order, the same in another order, and settings for one thread and for two."""

    ordered: Path
    shuffled: Path
    settings: dict[int, Path]


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Inbox:
    folder = tmp_path_factory.mktemp("r9")
    generate(folder / "ordered", 0.01, 7, DAY, truth=folder / "truth", mess=False, weeks=9)
    (folder / "shuffled").mkdir()
    for path in sorted((folder / "ordered").iterdir()):
        if not path.name.startswith(PARTS):
            path.unlink()
            continue
        head, *rows = path.read_text(encoding="utf-8").splitlines()
        assert len(list(csv.reader(rows))) == len(rows), "a row is a line, so that lines can be shuffled"
        random.Random(path.name).shuffle(rows)
        (folder / "shuffled" / path.name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    settings = {}
    for threads in (1, 2):
        settings[threads] = folder / f"settings_{threads}.yaml"
        said = (folder / "truth" / "settings.yaml").read_text(encoding="utf-8")
        settings[threads].write_text(f"{said}\nthreads: {threads}\n", encoding="utf-8")
    return Inbox(folder / "ordered", folder / "shuffled", settings)


def run_at(place: tuple[str, str, int], rows: Path, inbox: Inbox, folder: Path) -> Path:
    """The night of one place."""
    seed, zone, threads = place
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONHASHSEED", seed)
        patch.setenv("TZ", zone)
        nights = Nights(folder)
    try:
        code, said = nights.run(["night", "--inbox", str(rows), "--workspace", str(folder / "workspace"), "--as-of",
                                 str(DAY), "--settings", str(inbox.settings[threads])])
        assert code == 0, said
    finally:
        nights.close()
    return (folder / "workspace" / "latest").resolve()


@pytest.fixture(scope="module")
def runs(inbox: Inbox, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The nights of all places, made by the first test process that asks and read by the others."""
    folder = shared_folder(tmp_path_factory.getbasetemp(), "r9")
    folder.mkdir(exist_ok=True)
    made = [folder / str(at) for at in range(len(PLACES))]
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made[0].exists():
            for at, place in enumerate(PLACES):
                run_at(place, inbox.shuffled if at in SHUFFLED else inbox.ordered, inbox, made[at])
    return [(place / "workspace" / "latest").resolve() for place in made]


def content_hash(run: Path) -> str:
    return json.loads((run / "run.json").read_text(encoding="utf-8"))["content_hash"]


def table(run: Path, name: str, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return pq.read_table(run / f"{name}.parquet").drop_columns(list(without)).to_pylist()


def evidence_of(run: Path) -> Counter[tuple[str, ...]]:
    return Counter((row["finding_id"], row["dataset"], row["file"]) for row in table(run, "evidence"))


def differences(one: Path, other: Path) -> list[str]:
    """What two runs on the same rows do not share, line numbers apart."""
    parts = {"ranked": (), "findings": ("evidence",), "ledger": ("seconds",), "peers": (), "cases": (), "subjects": ()}
    found = [name for name, without in parts.items() if table(one, name, without) != table(other, name, without)]
    return found + (["evidence"] if evidence_of(one) != evidence_of(other) else [])


def test_r9_seeds_zones_and_threads_leave_no_trace(runs: list[Path]) -> None:
    assert len(table(runs[0], "ranked")) > 20
    assert content_hash(runs[ORDERED[0]]) == content_hash(runs[ORDERED[1]])
    assert content_hash(runs[SHUFFLED[0]]) == content_hash(runs[SHUFFLED[1]])


@pytest.mark.parametrize("at", SHUFFLED)
def test_r9_shuffled_rows_rank_the_same(runs: list[Path], at: int) -> None:
    lines = [[(e["file"], e["line"]) for row in table(run, "findings") for e in row["evidence"]]
             for run in (runs[0], runs[at])]
    assert lines[0] != lines[1], "nothing was shuffled"
    assert differences(runs[0], runs[at]) == []


def test_r9_control_one_changed_score_is_seen(runs: list[Path], tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for path in runs[0].glob("*.parquet"):
        kept = pq.read_table(path)
        rows = kept.to_pylist()
        if path.stem == "ranked":
            rows[-1]["score"] += 1e-12
        pq.write_table(type(kept).from_pylist(rows, schema=kept.schema), run / path.name)
    assert differences(runs[0], run) == ["ranked"]


@pytest.mark.long
@pytest.mark.parametrize("place", MORE_SEEDS, ids=[place[0] for place in MORE_SEEDS])
def test_r9_more_hash_seeds(place: tuple[str, str, int], inbox: Inbox, runs: list[Path], tmp_path: Path) -> None:
    assert content_hash(run_at(place, inbox.ordered, inbox, tmp_path / "run")) == content_hash(runs[0])
