"""R6: the same night again, a late file, a corrected file for three days ago: nothing twice, no news that is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from schemas.settings import load_settings
from schemas.warehouse import Warehouse
from tests.flows.conftest import PROVIDERS, payments
from tests.gates.crash_kit import Nights

DAYS = ("2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22")
LINES = payments(60).splitlines()
HEAD, FIRST, SECOND, LATE = LINES[0], LINES[1:23], LINES[23:45], LINES[45:]
# three invoices of the first file, with another amount on both of their bookings or on the only one
CORRECTED = [line.replace(",50;", ",75;") for line in FIRST[2:5]]


class Place:
    """A workspace with an inbox of its own."""

    def __init__(self, folder: Path, nights: Nights) -> None:
        self.inbox, self.workspace, self.nights = folder / "inbox", folder / "workspace", nights
        self.inbox.mkdir(parents=True)
        (self.inbox / "providers_2026-11-19.csv").write_text(PROVIDERS, encoding="utf-8")

    def deliver(self, day: str, lines: list[str], mark: str = "") -> None:
        name = f"supplier_payments_{day}{mark}.csv"
        (self.inbox / name).write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")

    def night(self, day: str) -> dict[str, Any]:
        code, said = self.nights.run(["night", "--inbox", str(self.inbox), "--workspace", str(self.workspace),
                                      "--as-of", day])
        assert code == 0, said
        return json.loads((self.workspace / "latest" / "run.json").read_text(encoding="utf-8"))

    def findings(self) -> set[str]:
        return set(pq.read_table(self.workspace / "latest" / "findings.parquet")["finding_id"].to_pylist())

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with Warehouse.open_read_only(self.workspace / "avvik.duckdb", load_settings(None)) as warehouse:
            return warehouse.connection.execute(sql).fetchall()

    def payments(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT * EXCLUDE (row_ref) FROM supplier_payments ORDER BY payment_id")


def test_r6_the_same_night_three_times(warm: Nights, tmp_path: Path) -> None:
    place = Place(tmp_path, warm)
    place.deliver(DAYS[0], FIRST)
    first = place.night(DAYS[0])
    assert first["new_findings"] == len(place.findings()) > 0
    again = [place.night(DAYS[0]) for _ in range(2)]
    assert {one["content_hash"] for one in again} == {first["content_hash"]}
    assert {(one["run_id"], one["new_findings"], one["gone_findings"]) for one in again} == {
        (first["run_id"], first["new_findings"], 0)}
    assert len(place.payments()) == len(FIRST)


def test_r6_late_and_corrected_files(warm: Nights, tmp_path: Path) -> None:
    place = Place(tmp_path / "night by night", warm)
    place.deliver(DAYS[0], FIRST)
    place.night(DAYS[0])
    place.deliver(DAYS[1], SECOND)
    place.night(DAYS[1])
    before = place.findings()

    place.deliver("2026-11-18", LATE)  # a day that should have come before all others
    late = place.night(DAYS[2])
    assert late["new_findings"] == len(place.findings() - before)
    assert late["gone_findings"] == len(before - place.findings())
    before = place.findings()

    place.deliver(DAYS[0], CORRECTED, "_rattelse")  # three days ago, as it should have been
    corrected = place.night(DAYS[3])
    assert corrected["new_findings"] == len(place.findings() - before) <= len(CORRECTED)
    counted = {row[0]: row[1:] for row in place.rows(
        "SELECT file_name, rows_received, rows_loaded, rows_replaced FROM ledger.files")}
    old = f"supplier_payments_{DAYS[0]}"
    assert counted[f"{old}.csv"] == (len(FIRST), len(FIRST) - len(CORRECTED), len(CORRECTED))
    assert counted[f"{old}_rattelse.csv"] == (len(CORRECTED), len(CORRECTED), 0)
    assert len(place.payments()) == len(FIRST) + len(SECOND) + len(LATE), "no row twice, none lost"
    amounts = dict(place.rows("SELECT payment_id, CAST(amount_sek AS VARCHAR) FROM supplier_payments"))
    for line in CORRECTED:
        assert amounts[line.split(";")[0]] == line.split(";")[5].replace(",", ".")

    same = place.night(DAYS[3])
    assert same["content_hash"] == corrected["content_hash"] and same["new_findings"] == corrected["new_findings"]
    quiet = place.night("2026-11-23")
    assert (quiet["new_findings"], quiet["gone_findings"]) == (0, 0), "the night after, nothing of it is news"

    once = Place(tmp_path / "all at once", warm)
    for day, lines, mark in ((DAYS[0], FIRST, ""), (DAYS[1], SECOND, ""), ("2026-11-18", LATE, "")):
        once.deliver(day, lines, mark)
    once.night(DAYS[2])
    once.deliver(DAYS[0], CORRECTED, "_rattelse")
    once.night(DAYS[3])
    assert once.payments() == place.payments() and once.findings() == place.findings()


def test_r6_control_a_correction_without_its_key_is_seen(warm: Nights, tmp_path: Path) -> None:
    """Had the correction not replaced its rows, they would stand twice, and the counts above would say so."""
    place = Place(tmp_path, warm)
    place.deliver(DAYS[0], FIRST)
    place.night(DAYS[0])
    place.deliver(DAYS[0], [f"x{line}" for line in CORRECTED], "_rattelse")
    place.night(DAYS[1])
    assert len(place.payments()) == len(FIRST) + len(CORRECTED)
