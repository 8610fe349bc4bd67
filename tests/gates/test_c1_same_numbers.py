"""C1: every number of a group's page and of its workbook is the number of the run."""

from __future__ import annotations

import datetime as dt
import html
import re
from decimal import Decimal
from typing import Any

import pytest

from reports.html import ALL_STATES
from reports.model import AMOUNT_KINDS
from reports.words import number, sek, texts
from tests.gates.sample_night import DAY, SampleNight

TEXT = texts("sv")


def ranked_of(night: SampleNight, group: str) -> list[dict[str, Any]]:
    return sorted((row for row in night.table("ranked") if group in row["groups"]), key=lambda row: row["place"])


def money_of(findings: list[dict[str, Any]]) -> dict[str, float]:
    """Money to check, counted here a second time: of every concept the largest, each kind by itself."""
    largest: dict[str, dict[str, Any]] = {}
    for finding in findings:
        if finding["amount_sek"] is not None:
            known = largest.get(finding["concept"])
            if known is None or finding["amount_sek"] > known["amount_sek"]:
                largest[finding["concept"]] = finding
    sums: dict[str, Decimal] = {}
    for finding in largest.values():
        sums[finding["amount_kind"]] = sums.get(finding["amount_kind"], Decimal(0)) + finding["amount_sek"]
    return {kind: float(value) for kind, value in sums.items()}


def unequal(cols: dict[str, Any], rows: list[dict[str, Any]], stored: list[dict[str, Any]]) -> list[str]:
    """Where the page's list, the workbook's list and the run do not say the same number, id or state."""
    wrong = [] if len(cols["id"]) == len(rows) == len(stored) else ["how many cases"]
    states = [TEXT["states"][state] for state in ALL_STATES]
    for at, (row, kept) in enumerate(zip(rows, stored, strict=False)):
        last = (dt.date.fromisoformat(DAY) - dt.timedelta(days=cols["last"][at])).isoformat()
        pairs = [("id", cols["id"][at], row["Ärende"], kept["case_id"]),
                 ("score", cols["score"][at], row["Poäng"], kept["score"]),
                 ("place", *[at + 1 if kept["listed"] else None] * 2, row["Nr"]),  # the weak have no number
                 ("state", states[cols["state"][at]], row["Status"], TEXT["states"][kept["state"]]),
                 ("last", last, row["Senast"], last)]
        pairs += [(kind, cols.get(kind, {at: None})[at], row[f"Belopp, kr {TEXT['amount_kinds'][kind]}"],
                   cols.get(kind, {at: None})[at]) for kind in AMOUNT_KINDS]
        wrong += [f"{name} of case {at}" for name, *said in pairs if len(set(map(str, said))) != 1
                  and len({float(one) if isinstance(one, (int, float)) else one for one in said}) != 1]
    return wrong


def findings_by_case(night: SampleNight, group: str) -> list[list[dict[str, Any]]]:
    """The findings a page shows, case by case, as the run stored them."""
    by_key = {(f["subject_type"], f["subject_id"], f["detector_id"], f["finding_id"]): f
              for f in night.table("findings")}
    by_id = {key[3]: finding for key, finding in by_key.items()}
    shown: dict[str, dict[str, dict[str, Any]]] = {}
    for row in night.sheets(group)["Underlag"]:
        shown.setdefault(row["Ärende"], {})[row["Fynd"]] = by_id[row["Fynd"]]
    return [list(shown.get(row["case_id"], {}).values()) for row in ranked_of(night, group)]


def test_c1_the_sample_reaches_every_group(sample: SampleNight) -> None:
    assert len(sample.groups) >= 6 and all(ranked_of(sample, group) for group in sample.groups)


def test_c1_lists_of_page_workbook_and_run(sample: SampleNight) -> None:
    compared = 0
    for group in sample.groups:
        cols, rows = sample.islands(group)["list"]["cols"], sample.sheets(group)["Avvikelser"]
        stored = ranked_of(sample, group)
        assert unequal(cols, rows, stored) == [], group
        for at, found in enumerate(findings_by_case(sample, group)):
            shown = {kind: cols[kind][at] for kind in AMOUNT_KINDS if kind in cols and cols[kind][at] is not None}
            counted = money_of([f for f in found if f["kind"] != "exculpating"])
            assert shown == counted, (group, stored[at]["case_id"])
            compared += 4 + len(shown)
    assert compared > 300


def test_c1_case_views_and_evidence(sample: SampleNight) -> None:
    """Amount, strength's rows and totals of every finding; every number of the sheet of evidence."""
    findings = {row["finding_id"]: row for row in sample.table("findings")}
    evidence = {(row["finding_id"], row["file"], row["line"]): row for row in sample.table("evidence")}
    for group in sample.groups:
        sheet = sample.sheets(group)["Underlag"]
        order: dict[str, list[str]] = {}
        for row in sheet:
            kept = evidence[row["Fynd"], row["Fil"], row["Rad"]]
            amount = None if kept["amount_sek"] is None else float(kept["amount_sek"])
            assert (row["Belopp, kr"] if "Belopp, kr" in row else row["Belopp"]) == amount, (group, row["Rad"])
            assert row["Underlagsrader totalt"] == findings[row["Fynd"]]["n_evidence"]
            if row["Fynd"] not in order.setdefault(row["Ärende"], []):
                order[row["Ärende"]].append(row["Fynd"])
        page = sample.islands(group)["list"]
        for at, detail in enumerate(sample.details(group)):
            kept_ids = order[page["cols"]["id"][at]]
            for shown in detail[0]:
                code, _, period_from, period_to, amount, kind, total = shown[:7]
                same = [f for f in (findings[one] for one in kept_ids)
                        if f["detector_id"] == page["detectors"][code]["code"] and f["n_evidence"] == total
                        and (None if f["amount_sek"] is None else float(f["amount_sek"])) == amount
                        and str(f["period_from"] or "") == (period_from or "")
                        and str(f["period_to"] or "") == (period_to or "")
                        and AMOUNT_KINDS[kind] == f["amount_kind"]]
                assert same, (group, at, page["detectors"][code]["code"])


def test_c1_what_stands_in_the_page_itself(sample: SampleNight) -> None:
    """The first screen and the first fifty rows, which need no script; what is too weak for the list is not counted."""
    for group in sample.groups:
        page, stored = sample.html(group), [row for row in ranked_of(sample, group) if row["listed"]]
        cols = sample.islands(group)["list"]["cols"]
        tiles = dict(re.findall(r"<dt>([^<]+)</dt><dd[^>]*>(?:<a [^>]*>)?([^<]*)<", page))
        assert tiles[TEXT["page"]["deviations"]] == number(len(stored), "sv"), group
        assert tiles[TEXT["page"]["new"]] == number(sum(row["state"] == "new" for row in stored), "sv"), group
        sums = [html.unescape(one).strip() for one in re.findall(r'<span class="sum">([^<]*)<', page)]
        listed = {kind: [Decimal(str(v)) for v in cols[kind][:len(stored)] if v is not None]
                  for kind in AMOUNT_KINDS if kind in cols}
        assert sums == [sek(float(sum(values)), "sv") for values in listed.values() if values], group
        body = page[page.index('<table id="cases"'):page.index("</tbody>")]
        lines = body.split("<tr>")[2:]
        assert len(lines) == min(50, len(stored))
        for at, line in enumerate(lines):
            assert f'<td class="n score">{number(cols["score"][at], "sv", 1)}</td>' in line, (group, at)
            amounts = re.findall(r'<span class="block">([^<]*) <span class="unit">', line)
            assert amounts == [sek(cols[kind][at], "sv") for kind in AMOUNT_KINDS
                               if kind in cols and cols[kind][at] is not None], (group, at)


@pytest.mark.parametrize("column", ["score", "exact", "state"])
def test_c1_control_a_changed_number_is_seen(sample: SampleNight, column: str) -> None:
    group = next(one for one in sample.groups if "exact" in sample.islands(one)["list"]["cols"])
    cols, rows = sample.islands(group)["list"]["cols"], sample.sheets(group)["Avvikelser"]
    at = next(i for i, value in enumerate(cols[column]) if value is not None)
    cols[column][at] += 1 if column == "state" else 0.01
    assert unequal(cols, rows, ranked_of(sample, group)) == [f"{column} of case {at}"]
