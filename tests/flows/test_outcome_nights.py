"""Whole nights with outcomes in between: what an investigator writes today is tomorrow's list (gates U10, U12, R6)."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq

import schemas.workspace
from flows.cli import main
from flows.tonight import previous_run

LATE = """payment_id;supplier_id;supplier_name;booked_on;invoice_no;amount_sek;account_no;unit
x1;s1;Firma s1;2026-10-12;N77;91000,50;4000;Stab
x2;s1;Firma s1;2026-10-15;N77;91000,50;4000;Stab
"""


def test_a_night_is_told_against_the_latest_day_before_it(tmp_path: Path) -> None:
    """Also when an earlier day was run again since, so that what came in between is not forgotten."""
    place = schemas.workspace.Workspace(tmp_path)
    assert previous_run(place, dt.date(2026, 11, 20)) is None
    for name, finished in (("2026-11-20-aaaaaaaa", "2026-11-20T04:00"), ("2026-11-24-bbbbbbbb", "2026-11-24T04:00"),
                           ("2026-11-24-cccccccc", "2026-11-24T09:00"), ("2026-11-20-dddddddd", "2026-11-25T09:00")):
        (place.runs / name).mkdir(parents=True)
        (place.runs / name / "run.json").write_text(json.dumps({"finished_at": finished, "previous_run": None}))
        place.latest.unlink(missing_ok=True)
        place.latest.symlink_to(place.runs / name)  # the last one run is of an earlier day
    (place.runs / "2026-11-24-eeeeeeee").mkdir()  # something without a record is no run
    told = {day: previous_run(place, dt.date(2026, 11, day)) for day in (20, 21, 24, 25, 30)}
    assert {day: folder and folder.name[8:12] for day, folder in told.items()} == {
        20: None, 21: "20-d", 24: "20-d", 25: "24-c", 30: "24-c"}


class Workspace:
    """One workspace, night after night."""

    def __init__(self, inbox: Path, folder: Path) -> None:
        self.inbox, self.folder = inbox, folder

    def night(self, day: str) -> dict[str, Any]:
        code = main(["night", "--inbox", str(self.inbox), "--workspace", str(self.folder), "--as-of", day])
        assert code == 0
        return json.loads((self.folder / "latest" / "run.json").read_text(encoding="utf-8"))

    def table(self, name: str) -> list[dict[str, Any]]:
        return pq.read_table(self.folder / "latest" / f"{name}.parquet").to_pylist()

    def content(self) -> dict[str, Any]:
        return {name: self.table(name) for name in ("cases", "ranked", "outcomes", "findings", "reconciliation")}

    def states(self) -> dict[str, str]:
        return {row["subject_id"]: row["state"] for row in self.table("cases")}

    def hand_in(self, group: str, **rows: dict[str, Any]) -> None:
        """Fill in the group's workbook of the latest night by subject and put it into the inbox."""
        path = self.folder / "latest" / "reports" / group / "deviations.xlsx"
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        at = {cell.value: cell.column for cell in sheet[1]}
        ids = {row["case_id"]: row["subject_id"] for row in self.table("cases")}
        for row in range(2, sheet.max_row + 1):
            for heading, value in rows.get(ids[sheet.cell(row, at["Ärende"]).value], {}).items():
                sheet.cell(row, at[heading], value)
        book.save(self.inbox / f"deviations_{group}.xlsx")


def test_what_is_written_today_is_tomorrows_list(inbox: Path, tmp_path: Path) -> None:
    here = Workspace(inbox, tmp_path / "workspace")
    first = here.night("2026-11-20")
    assert here.states() == {"s1": "new", "s3": "new"} and first["outcomes"] == {"read": 0, "invalid": 0, "empty": 0}
    ids = {row["subject_id"]: row["case_id"] for row in here.table("cases")}
    here.hand_in("sg-tvar", s1={"Utfall": "förklarad", "Granskad": dt.date(2026, 11, 20)},
                 s3={"Utfall": "öppen", "Vila till": dt.date(2026, 11, 24), "Ansvarig": "AB", "Skäl": "inväntar svar"})

    second = here.night("2026-11-21")
    assert here.states() == {"s1": "explained", "s3": "snoozed"} and here.table("ranked") == []
    assert second["outcomes"] == {"read": 2, "invalid": 0, "empty": 0} and second["problems"] == []
    assert second["follow_up"] == {"explained": 1, "snoozed": 1, "reopened": 0, "gone": 0}
    assert (second["counts"]["new_subjects"], second["new_findings"], second["sources"]["missing_names"]) == (0, 0, [])
    assert sorted(row["subject_id"] for row in here.table("outcomes")) == ["s1", "s3"]
    ledger = {row["detector_id"]: row for row in here.table("ledger")}
    (rule,) = {row["detector_id"] for row in here.table("findings") if row["kind"] != "exculpating"}
    assert (ledger[rule]["suppressed"], ledger[rule]["reviewed"], ledger[rule]["confirmed"]) == (2, 1, 0)
    assert ledger[rule]["weight"] < 1 and ledger[rule]["precision_high"] < 1
    same = here.content()
    assert here.night("2026-11-21")["run_id"] == second["run_id"] and here.content() == same

    # two nights never ran; a late file holds a new deviation of the explained one, and the rest is over
    (inbox / "supplier_payments_2026-11-24.csv").write_text(LATE, encoding="utf-8")
    third = here.night("2026-11-24")
    assert here.states() == {"s1": "reopened", "s3": "reopened"}
    ranked = {row["subject_id"]: row for row in here.table("ranked")}
    old = {row["finding_id"] for row in same["findings"] if row["kind"] != "exculpating"}
    assert set(json.loads(ranked["s1"]["back_because"])) and third["follow_up"]["reopened"] == 2
    assert {row["subject_id"]: row["why"] for row in here.table("cases")}["s3"] == "rest_over"
    assert third["previous_run"] == second["run_id"] and third["counts"]["new_subjects"] == 0
    assert {row["subject_id"]: row["case_id"] for row in here.table("cases")} == ids
    assert {row["first_seen"] for row in ranked.values()} == {dt.date(2026, 11, 20)}

    # the file of the first night comes again with one text corrected: nothing is new by that
    payments = inbox / "supplier_payments_2026-11-22.csv"
    corrected = payments.read_text(encoding="utf-8").replace("b0005;s2;Firma s2", "b0005;s2;Firma s2 AB")
    (inbox / "supplier_payments_2026-11-22_rattelse.csv").write_text(corrected, encoding="utf-8")
    fourth = here.night("2026-11-25")
    assert fourth["counts"]["rows"]["replaced"] == 44
    assert (fourth["new_findings"], fourth["gone_findings"], fourth["counts"]["new_subjects"]) == (0, 0, 0)
    assert here.states() == {"s1": "continuing", "s3": "continuing"}
    assert old <= {row["finding_id"] for row in here.table("findings")}

    # an earlier day once more: told against the night before that day, not against what came later
    again = here.night("2026-11-21")
    assert again["previous_run"] == first["run_id"]
    assert here.states()["s3"] == "snoozed"
