"""Builds a run folder as a night leaves it, for the tests of the reports. Everything in it is made up.

`build(folder)` makes a small, hand-sized run: several groups, all kinds, a failed source, hidden findings.
`build(folder, providers=5000)` makes a large one with the same shape. `poison` is put into every text field.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.case_id import case_id
from schemas.groups import groups_as_json, load_groups
from tests.reports.run_headers import DETECTORS
from tests.reports.run_schemas import (
    CASES,
    CHECKS,
    EVIDENCE,
    FINDINGS,
    LEDGER,
    LINKS,
    PEERS,
    RANKED,
    RECONCILIATION,
    SUBJECTS,
)

AS_OF = dt.date(2026, 11, 23)
LISTED_FROM = 1.5

_WORDS = ("Lindens", "Solgläntans", "Åkerns", "Norrängens", "Björkbackens", "Stenhamras", "Vikens", "Östra")
_FIRMS = ("Omsorg AB", "Hemtjänst AB", "Assistans HB", "Vårdhem AB", "Service AB", "Trygghet AB")


class _Maker:
    """Collects the rows of a run; `note` poisons every text when asked to."""

    def __init__(self, seed: int, poison: str) -> None:
        self.random = random.Random(seed)
        self.poison = poison
        self.findings: list[dict[str, Any]] = []
        self.evidence: list[dict[str, Any]] = []
        self.peers: list[dict[str, Any]] = []
        self.subjects: list[dict[str, Any]] = []
        self.ranked: list[dict[str, Any]] = []
        self.cases: list[dict[str, Any]] = []
        self.links: list[dict[str, Any]] = []

    def text(self, text: str) -> str:
        return self.poison + text if self.poison[:1] in "=+-@" else text + self.poison

    def token(self, *parts: Any) -> str:
        return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:24]

    def finding(self, code: str, subject: tuple[str, str], episode: int, rows: int, amount: float | None,
                facts: dict[str, Any], strength: float = 0.8) -> None:
        head = DETECTORS[code]
        finding_id = self.token(code, *subject, episode)[:16]
        start = AS_OF - dt.timedelta(days=30 * episode + 40)
        refs = []
        for ord_ in range(min(rows, 200)):
            row = self._row(code, finding_id, ord_, start, subject)
            refs.append({key: row[key] for key in ("dataset", "file", "line")})
            self.evidence.append(row)
        self.findings.append({
            "finding_id": finding_id, "detector_id": code, "detector_version": head["version"],
            "kind": head["kind"], "concept": head["concept"], "domain": head["domain"],
            "subject_type": subject[0], "subject_id": subject[1], "period_from": start,
            "period_to": start + dt.timedelta(days=38), "strength": strength,
            "amount_sek": None if amount is None else Decimal(f"{amount:.2f}"),
            "amount_kind": head["amount"]["kind"] if amount is not None else "unknown",
            "facts": json.dumps({k: self.text(v) if isinstance(v, str) else v for k, v in facts.items()}),
            "n_evidence": rows, "evidence": refs, "link_group": None})
        if head["method"] in ("peer", "isolation_forest"):
            for at, feature in enumerate(head["features"]):
                self.peers.append({
                    "finding_id": finding_id, "feature": self.text(feature), "own": 61.5 - 7 * at,
                    "peer_median": 12.0 + at, "peer_q1": 8.0, "peer_q3": 18.25, "peer_p95": 31.0, "peer_n": 44,
                    "peer_group": self.text("utförare med 100 till 2 000 besök i månaden"),
                    "contribution": 1.5 - 0.5 * at})

    def _row(self, code: str, finding_id: str, ord_: int, start: dt.date,
             subject: tuple[str, str]) -> dict[str, Any]:
        head = DETECTORS[code]
        dataset = head["reads"][ord_ % len(head["reads"])]
        day = start + dt.timedelta(days=(ord_ // 2) * 3 % 38)
        begin = dt.datetime.combine(day, dt.time(8 + ord_ % 2, 5 + self.random.randrange(15)))
        end = begin + dt.timedelta(minutes=75 + self.random.randrange(30))
        key = self.token(finding_id, ord_)[:10]
        person = self.token("staff", subject[1], ord_ // 4)
        client = self.token("client", subject[1], ord_)
        amount = None
        if dataset in ("home_care_visits", "assistance_shifts"):
            who = "staff_token" if dataset == "home_care_visits" else "assistant_token"
            values = {"visit_id": key, "client_token": client, "provider_id": subject[1], who: person,
                      "started_at": str(begin), "ended_at": str(end), "registration": self.text("manual"),
                      "edited_afterwards": "true" if ord_ % 3 else "false"}
        elif dataset == "supplier_payments":
            amount = Decimal("1234.50") * (ord_ + 1)
            values = {"payment_id": key, "supplier_id": subject[1], "booked_on": str(day), "invoice_no": f"F{ord_}",
                      "amount_sek": str(amount), "account_text": self.text("Konsulttjänster"),
                      "bank_account_token": self.token("konto", subject[1])}
        elif dataset == "hvb_placements":  # the last one has not ended
            values = {"placement_id": key, "client_token": client, "provider_id": subject[1], "placed_on": str(day),
                      "left_on": None if ord_ == 2 else str(day + dt.timedelta(days=30)), "law": "sol",
                      "agreed_rate_sek": "4200.00"}
        elif dataset == "association_activities":
            values = {"activity_id": key, "association_id": subject[1], "started_at": str(begin),
                      "ended_at": str(end), "leader_token": person, "participants": "14"}
        else:
            amount = Decimal("987.00")
            values = {"id": key, "household_token": subject[1], "month": str(day.replace(day=1)),
                      "amount_sek": str(amount), "bank_account_token": self.token("konto", subject[1])}
        return {"finding_id": finding_id, "ord": ord_, "dataset": dataset,
                "file": self.text(f"{dataset}_2026-11-22.csv"), "line": 2 + self.random.randrange(90000),
                "key": key, "happened_at": begin, "amount_sek": amount, "values": json.dumps(values)}

    def rank(self, order: list[tuple[tuple[str, str], str, list[tuple[str, float]], list[str]]]) -> None:
        """order: (subject, state, contributions, groups), in any order."""
        by_subject: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self.findings:
            by_subject.setdefault((row["subject_type"], row["subject_id"]), []).append(row)
        scored = sorted(((round(sum(p for _, p in parts), 6), subject, state, parts, groups)
                         for subject, state, parts, groups in order), key=lambda x: (-x[0], x[1]))
        seen: dict[str, int] = {}
        for at, (score, subject, state, parts, groups) in enumerate(scored, start=1):
            rows = by_subject[subject]
            money: dict[str, Decimal] = {}
            for row in rows:
                if row["amount_sek"] is not None and row["kind"] != "exculpating":
                    money[row["concept"]] = max(money.get(row["concept"], Decimal(0)), row["amount_sek"])
            seen[subject[0]] = seen.get(subject[0], 0) + 1
            self.ranked.append({
                "rank": at, "rank_in_type": seen[subject[0]], "subject_type": subject[0],
                "subject_id": subject[1], "score": score,
                "amount_sek": sum(money.values()) if money else None,
                "contributions": [{"detector_id": d, "points": p} for d, p in parts],
                "concepts": sorted({r["concept"] for r in rows if r["kind"] != "exculpating"}), "state": state,
                "first_seen": AS_OF if state == "new" else AS_OF - dt.timedelta(days=20 + at % 60),
                "link_group": "L1" if at in (1, 3) else None, "groups": groups, "case_id": case_id(*subject),
                "place": at, "back_because": json.dumps([rows[0]["finding_id"]] if state == "reopened" else []),
                "listed": score >= LISTED_FROM})

    def remember(self, nights: int, away: tuple[tuple[tuple[str, str], str, list[str]], ...] = ()) -> None:
        """The cases of the ranked, each with `nights` of history, and those that left the list."""
        for row in self.ranked:
            before = 1 if row["state"] == "new" else nights
            history = [{"night": AS_OF - dt.timedelta(days=back), "rank": 1 + (row["rank"] + back * 3) % 90,
                        "score": row["score"] - 0.25 * back, "state": "continuing"}
                       for back in range(before - 1, 0, -1)]
            history.append({"night": AS_OF, "rank": row["rank"], "score": row["score"], "state": row["state"]})
            reopened = row["state"] == "reopened"
            same = ("case_id", "subject_type", "subject_id", "state", "first_seen", "rank", "score", "back_because",
                    "groups")
            self.cases.append({
                **{name: row[name] for name in same}, "why": "more_money" if reopened else "", "last_seen": AS_OF,
                "severity": 4, "findings": [], "history": history,
                "outcome": "explained" if reopened else None, "outcome_on": dt.date(2026, 10, 1) if reopened else None,
                "outcome_group": "sg-hemtjanst" if reopened else None})
        for subject, state, groups in away:
            last = AS_OF - dt.timedelta(days=1)
            self.cases.append({
                "case_id": case_id(*subject), "subject_type": subject[0], "subject_id": subject[1], "state": state,
                "why": "not_looked_for" if subject[1] == "U900" else "", "first_seen": dt.date(2026, 9, 1),
                "last_seen": last, "findings": [], "groups": groups, "severity": 3,
                "history": [{"night": last, "rank": 5, "score": 9.5, "state": "continuing"},
                            {"night": AS_OF, "rank": None, "score": None, "state": state}],
                "outcome": "explained" if state == "explained" else None, "back_because": "[]",
                "outcome_on": dt.date(2026, 11, 20) if state == "explained" else None,
                "outcome_group": self.text("sg-hemtjanst") if state == "explained" else None,
                "snooze_owner": self.text("Anna") if state == "snoozed" else None,
                "snooze_reason": self.text("väntar på underlag") if state == "snoozed" else None,
                "snooze_until": dt.date(2026, 12, 15) if state == "snoozed" else None})

    def share(self, group: str, kind: str, token: str, subjects: list[tuple[str, str]]) -> None:
        """One token shared by several subjects of a link group."""
        for at, subject in enumerate(subjects):
            self.links.append({"link_group": group, "token_kind": kind, "token": token, "subject_type": subject[0],
                               "subject_id": subject[1], "weight": 2.0 / len(subjects), "n_subjects": len(subjects),
                               "dataset": "provider_roles", "file": self.text("provider_roles_2026-11-22.csv"),
                               "line": 20 + at})


def _large(maker: _Maker, providers: int, rows: int = 1) -> None:
    order = []
    for at in range(providers):
        subject = ("provider", f"U{at:05d}")
        name = f"{_WORDS[at % 8]} {_FIRMS[at % 6]} {at}"
        maker.subjects.append({"subject_type": "provider", "subject_id": subject[1], "name": maker.text(name),
                               "facts": json.dumps({"org_form": "ab", "services": "home_care",
                                                    "registered_on": f"20{10 + at % 16}-03-01"})})
        parts: list[tuple[str, float]] = []
        n = 1 + (at * 7) % 60
        if at % 3 != 2:
            maker.finding("HC01", subject, 0, rows * (2 + at % 5), 120.0 + at % 977,
                          {"n": n, "minutes": n * 17, "n_staff": 2})
            parts.append(("HC01", 4 + (at * 37 % 1600) / 100))
        if at % 2:
            maker.finding("HC07", subject, 0, rows * (1 + at % 3), 900.25 + at % 4001, {"minutes": n * 3, "months": 2})
            parts.append(("HC07", 4 + (at * 53 % 1300) / 100))
        if not parts or at % 4 == 0:
            maker.finding("HC11", subject, 0, rows * (1 + at % 2), None, {"share": 0.5, "n": n})
            parts.append(("HC11", 3.25))
        order.append((subject, ("new", "continuing", "worse", "better")[at * 5 % 7 % 4], parts, ["sg-hemtjanst"]))
    maker.rank(order)
    maker.remember(30)


def _small(maker: _Maker) -> None:
    """A dozen providers, some associations and households, with every case a reader must be able to meet."""
    order: list[tuple[tuple[str, str], str, list[tuple[str, float]], list[str]]] = []
    states = ("new", "continuing", "worse", "new", "better")
    for at in range(64):
        subject = ("provider", f"U{at:03d}")
        if at != 5:  # one provider is in no register and has no name
            maker.subjects.append({
                "subject_type": "provider", "subject_id": subject[1],
                "name": maker.text(f"{_WORDS[at % 8]} {_FIRMS[at % 6]}"),
                "facts": json.dumps({"org_form": "ab", "services": "home_care|assistance" if at == 0 else "home_care",
                                     "registered_on": "2019-03-01", "contract_kind": "lov"})})
        parts = [("HC07", 14.2 - at / 10)]
        groups = ["sg-hemtjanst"]
        maker.finding("HC07", subject, 0, 3 + at % 4, 1234.5 + 1000 * at, {"minutes": 312 + at, "months": 2})
        if at % 3 == 0:
            rows = 230 if at == 0 else 24 if at == 3 else 6
            maker.finding("HC01", subject, 0, rows, 52300.0 - at, {"n": 14, "minutes": 312.5, "n_staff": 3})
            maker.finding("HC01", subject, 1, 2, 800.0, {"n": 3, "minutes": 61, "n_staff": 1})
            parts.append(("HC01", 20.0 - at / 20))
        if at % 4 == 0:
            maker.finding("HC11", subject, 0, 4, None, {"share": 0.615})  # the fact n is missing on purpose
            parts.append(("HC11", 4.9))
            parts.append(("cap_unusual", -1.0))
        if at == 0:
            maker.finding("XD01", subject, 0, 3, 7700.0, {"n": 3})
            maker.finding("EX01", subject, 0, 1, None, {"n": 1})
            parts += [("XD01", 11.333333), ("EX01", -2.4)]
            groups = ["sg-hemtjanst", "sg-tvar"]
        if at == 4:
            maker.finding("LP01", subject, 0, 4, 4938.0, {"n": 2, "paid_sek": 4938})
            parts.append(("LP01", 9.1))
        if at == 2:  # two findings that cite the very same row
            for episode in (0, 1):
                maker.finding("HC11", subject, episode, 1, None, {"share": 0.5, "n": 1})
            maker.evidence[-1] = {**maker.evidence[-2], "finding_id": maker.evidence[-1]["finding_id"]}
            parts.append(("HC11", 1.5))
        order.append((subject, "reopened" if at == 7 else states[at % 5], parts, groups))
    home = ("provider", "H001")
    maker.subjects.append({"subject_type": "provider", "subject_id": "H001", "name": maker.text("Vikens HVB AB"),
                           "facts": json.dumps({"org_form": "ab", "services": "hvb", "permit_places": 6})})
    maker.finding("HV04", home, 0, 3, 8400.0, {"nights": 2})
    order.append((home, "continuing", [("HV04", 1.25)], ["sg-hvb"]))
    for at in range(9):
        subject = ("association", f"F{at:03d}")
        maker.subjects.append({"subject_type": "association", "subject_id": subject[1],
                               "name": maker.text(f"{_WORDS[at % 8]} idrottsförening"),
                               "facts": json.dumps({"category": "sport", "registered_on": "2001-05-05"})})
        maker.finding("AG14", subject, 0, 5, 3100.0 + at, {"n": 5, "leader_token": maker.token("staff", at)})
        order.append((subject, states[at % 5], [("AG14", 12.5 - at)], ["sg-forening"]))
    for at in range(4):
        subject = ("household", maker.token("hushåll", at))
        maker.finding("IS14", subject, 0, 2, 987.0, {"n": 2, "amount_sek": 987})
        order.append((subject, states[at % 5], [("IS14", 9.75), ("EX01", -12.0), ("floor_zero", 2.25)] if at == 3
                      else [("IS14", 9.75)], ["sg-bistand"]))
        if at == 3:
            maker.finding("EX01", subject, 0, 1, None, {"n": 1})
    maker.rank(order)
    known = [(row["subject_type"], row["subject_id"]) for row in maker.ranked if row["link_group"] == "L1"]
    maker.share("L1", "account", maker.token("konto", "gemensamt"), [*known, ("association", "F000")])
    maker.share("L1", "officer", maker.token("företrädare"), [known[0], ("person", maker.token("styrelse"))])
    home = ["sg-hemtjanst"]
    maker.remember(14, ((("provider", "U900"), "gone", home), (("provider", "U901"), "snoozed", home),
                        (("provider", "U902"), "explained", home), (("provider", "U903"), "gone", ["sg-hvb"])))


def _ledger(maker: _Maker) -> list[dict[str, Any]]:
    rows = []
    for code, head in DETECTORS.items():
        own = [row for row in maker.findings if row["detector_id"] == code]
        fired = len({(row["subject_type"], row["subject_id"]) for row in own})
        ran = head["status"] == "active" and code != "HC16"
        rows.append({
            "detector_id": code, "detector_version": head["version"], "domain": head["domain"],
            "kind": head["kind"], "status": head["status"], "outcome": "ran" if ran else "not_computable",
            "reason": "" if ran else maker.text("underlag saknas: persons.address_token"),
            "reason_en": "" if ran else "data missing: persons.address_token", "population": 80 if ran else 0,
            "evaluated": 76 if ran else 0, "excluded": 4 if ran else 0,
            "excluded_by": json.dumps({"färre än 100 besök": 4} if ran else {}), "fired": fired,
            "findings": len(own), "new": min(3, len(own)), "suppressed": 0, "share": fired / 76 if ran else None,
            "warning": "regeln träffar 84,2 % av 76" if code == "HC07" else "", "seconds": 0.31, "weight": 1.0,
            "reviewed": 12 if code == "HC01" else 0, "confirmed": 7 if code == "HC01" else 0,
            "precision": 7 / 12 if code == "HC01" else None, "precision_low": 0.319 if code == "HC01" else None,
            "precision_high": 0.807 if code == "HC01" else None})
    return rows


def _reconciliation(maker: _Maker) -> list[dict[str, Any]]:
    out = []
    for at, dataset in enumerate(("home_care_visits", "home_care_invoices", "supplier_payments", "associations")):
        refused = dataset == "associations"
        rows, sek = 1000 * (at + 1), Decimal("150000.50") * at
        out.append({
            "dataset": dataset, "file": maker.text(f"{dataset}_2026-11-22.csv"), "sha256": maker.token(dataset) * 2,
            "status": "refused" if refused else "read", "rows_received": rows,
            "rows_loaded": 0 if refused else rows - 12, "rows_replaced": 0 if refused else 9,
            "rows_quarantined": 0 if refused else 3, "rows_refused": rows if refused else 0, "rows_skipped": 0,
            "sek_received": sek, "sek_loaded": Decimal(0) if refused else sek, "sek_replaced": Decimal(0),
            "sek_quarantined": Decimal(0), "sek_refused": sek if refused else Decimal(0), "sek_skipped": Decimal(0),
            "message": maker.text("kolumnen association_id saknas") if refused else ""})
    return out


def _checks(maker: _Maker) -> list[dict[str, Any]]:
    common = {"dataset": "home_care_visits", "severity": "warning", "seconds": 0.02}
    return [
        {**common, "check_id": "home_care_visits.ended_at.expect_a.1", "expectation": "expect_a", "column": "ended_at",
         "description": maker.text("Besök kan inte sluta före start"), "evaluated": 1000, "failed": 3,
         "computed": True, "success": False},
        {**common, "check_id": "home_care_visits.visit_id.expect_b.1", "expectation": "expect_b",
         "column": "visit_id", "description": "Besöksid är unikt", "evaluated": 1000, "failed": 0,
         "computed": True, "success": True},
        {**common, "check_id": "home_care_visits.table.expect_c.1", "expectation": "expect_c", "column": None,
         "description": "Minst tusen besök", "evaluated": 0, "failed": 0, "computed": False, "success": False}]


def _meta(maker: _Maker) -> dict[str, Any]:
    new = [row for row in maker.ranked if row["state"] == "new"]
    problem = {"file": maker.text("associations_2026-11-22.csv"), "row": None, "column": "association_id",
               "rule": "missing_column", "message": maker.text("Kolumnen association_id saknas."),
               "remedy": "Be leverantören leverera kolumnen.", "message_en": "The column association_id is missing.",
               "remedy_en": "Ask the vendor to deliver the column."}
    return {
        "run_id": "2026-11-23-0a1b2c3d", "as_of": AS_OF.isoformat(), "status": "done_with_refusals", "exit_code": 1,
        "municipality": maker.text("Exempelkommun"), "language": "sv",
        "versions": {"avvik": "0.1.0", "python": "3.11.2", "duckdb": "2.0.0"},
        "code_hash": "c" * 64, "settings_hash": "5" * 64, "contracts_hash": "d" * 64, "catalogue_hash": "a" * 64,
        "input_hash": "0a1b2c3d" * 8,
        "inputs": [{"dataset": "home_care_visits", "file": "home_care_visits_2026-11-22.csv", "sha256": "e" * 64,
                    "rows": 1000, "status": "read"}],
        "sources": {"expected": 12, "delivered": 12, "read": 11, "refused": 1, "newest": "2026-11-22"},
        "problems": [problem], "counts": {"findings": len(maker.findings), "subjects": len(maker.ranked)},
        "seconds": {"read": 12.4, "validate": 8.25, "detect": 3.1, "rank": 0.2},
        "previous_run": "2026-11-22-99887766", "new_findings": len(new), "gone_findings": 2,
        "listed_from": LISTED_FROM,
        "money_to_check": str(sum((row["amount_sek"] or Decimal(0) for row in maker.ranked), Decimal(0))),
        "baselines": {"sort_by_money": {"overall": {"subjects": len(maker.ranked), "overlap_10": 0.4,
                                                    "overlap_50": 0.62, "order": ["provider:U063"]}}},
        "gates": {"XD01": {"decided": "2026-01-15", "by": "Kommunjurist", "until": "2026-12-31",
                           "basis": "exempelbeslut"}}}


def build(folder: Path, providers: int | None = None, seed: int = 7, poison: str = "",
          meeting: str | None = "2026-11-10", rows: int = 1) -> Path:
    """Write a run into `folder` and return it.

    rows: that many times the evidence, of a large run. poison: appended to every text a source could have written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    maker = _Maker(seed, poison)
    if providers is None:
        _small(maker)
    else:
        _large(maker, providers, rows)
    tables = (("findings", maker.findings, FINDINGS), ("ranked", maker.ranked, RANKED),
              ("evidence", maker.evidence, EVIDENCE), ("peers", maker.peers, PEERS),
              ("subjects", maker.subjects, SUBJECTS), ("cases", maker.cases, CASES), ("links", maker.links, LINKS),
              ("ledger", _ledger(maker), LEDGER),
              ("reconciliation", _reconciliation(maker), RECONCILIATION), ("checks", _checks(maker), CHECKS))
    for name, rows, schema in tables:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / f"{name}.parquet")
    groups = groups_as_json(load_groups())
    if meeting:
        groups["sg-hemtjanst"]["meeting_dates"] = [meeting]
    if poison:
        for group in groups.values():
            group["contact"] += poison
            group["title"] = {lang: text + poison for lang, text in group["title"].items()}
    heads = {code: {**head, "values": {name: {"value": p["value"], "override": None}
                                       for name, p in head.get("parameters", {}).items()}}
             for code, head in DETECTORS.items()}
    if poison:
        heads = json.loads(json.dumps(heads), object_hook=lambda d: {
            key: value + poison if key in ("sv", "en", "because", "title") and isinstance(value, str) else value
            for key, value in d.items()})
    for name, body in (("run", _meta(maker)), ("groups", groups), ("detectors", heads)):
        (folder / f"{name}.json").write_text(json.dumps(body, ensure_ascii=False, default=str), encoding="utf-8")
    return folder
