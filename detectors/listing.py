"""The list of a night: the findings that count scored and ordered, told against the night before, and written.

The scores are ranking's, what follows a subject from night to night is told by cases; here is what they need from
tables and files, in this order: outcomes, which findings rest, what the rules are worth, the order, the states.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from detectors import baselines, control, outcomes, precision, ranking
from detectors.case_files import read_cases, seen_in, write_cases
from detectors.cases import Case, Place, Seen, Weighed, settle, weigh
from detectors.detector import Catalogue
from detectors.ledger import LedgerRow, write_ledger
from detectors.outcomes import Outcome, Subject
from schemas.case_id import case_id
from schemas.groups import Group
from schemas.settings import Settings

SCHEMA = pa.schema([
    ("rank", pa.int32()), ("rank_in_type", pa.int32()), ("subject_type", pa.string()), ("subject_id", pa.string()),
    ("score", pa.float64()), ("amount_sek", pa.decimal128(14, 2)),
    ("contributions", pa.list_(pa.struct([("detector_id", pa.string()), ("points", pa.float64())]))),
    ("concepts", pa.list_(pa.string())), ("state", pa.string()), ("first_seen", pa.date32()),
    ("link_group", pa.string()), ("groups", pa.list_(pa.string())), ("case_id", pa.string()), ("place", pa.int32()),
    ("back_because", pa.string()), ("listed", pa.bool_())])


@dataclass(frozen=True)
class Before:
    """Files of the night before, None where there are none; of_day: cases.parquet as they stood on an earlier day."""

    cases: Path | None = None
    ranked: Path | None = None
    control: Path | None = None
    of_day: Callable[[date], Path | None] = lambda day: None


@dataclass(frozen=True)
class Row:
    """A finding of an active rule, as both the ranking and the memory need it."""

    subject: Subject
    seen: Seen

    @property
    def entry(self) -> tuple[str, str, ranking.Finding]:
        one = self.seen
        return (*self.subject, ranking.Finding(one.detector_id, one.kind, one.concept, one.domain, one.severity,
                                               one.strength, one.amount_sek))


def rank(connection: duckdb.DuckDBPyConnection, run_dir: Path, settings: Settings, groups: Mapping[str, Group],
         as_of: date, catalogue: Catalogue, ledger: list[LedgerRow], judgements: Sequence[Outcome],
         before: Before) -> dict[str, Any]:
    """Rank the subjects of the temporary table `findings`; returns what run.json tells of it.

    Only findings of active rules count. judgements: the outcomes that stand (outcomes.examine). Writes ranked, cases,
    outcomes and ledger.parquet and audit/control.parquet into run_dir.
    """
    active = {row.detector_id for row in ledger if row.status == "active"}
    services = dict(connection.execute("SELECT provider_id, services FROM providers").fetchall())
    found = _findings(connection, active)
    earlier = read_cases(before.cases, before.ranked)
    weighed = _weigh(found, earlier, judgements, as_of, groups, services, before)
    kinds = {row.detector_id: row.kind for row in ledger}
    worth = precision.precision_of(precision.tally((w.subject, w.judged) for w in weighed.values()), kinds,
                                   _agreed(catalogue, settings))
    weights = {code: one.weight for code, one in worth.items() if one.weight != 1.0}
    linked = {(t, s): g for t, s, g in connection.execute(
        "SELECT DISTINCT subject_type, subject_id, link_group FROM findings WHERE link_group IS NOT NULL").fetchall()}
    hearing = {code for code in active if "outcomes" in catalogue.detectors[code].reads}
    counted = [row.entry for row in found if _counts(row, weighed.get(row.subject), hearing)]
    ranked = ranking.order_of(counted, weights, linked)
    plain = ranking.order_of(counted, None, linked) if weights else ranked
    ranking.set_apart(ranked, settings.listed_from)
    for row in ranked:
        row.groups = ranking.visible_groups(row, groups, services)
    slice_ = control.place_control(ranked, settings, as_of, control.read_control(before.control))
    cases = _settle(ranked, plain, weighed, earlier, found, as_of, groups, services,
                    {row.detector_id for row in ledger if row.outcome == "ran"})
    write_cases(cases.values(), as_of, run_dir / "cases.parquet")
    write_ranked(ranked, cases, run_dir / "ranked.parquet")
    outcomes.write_outcomes(judgements, run_dir / "outcomes.parquet")
    control.write_control(slice_, run_dir)
    _account(connection, ledger, worth, weighed, run_dir)
    judged = outcomes.judged(judgements)
    unaided = ranking.order_of((r.entry for r in found if r.seen.detector_id not in hearing), None, linked) \
        if judged else None
    gone = sorted(s for s, case in cases.items()
                  if case.state == "gone" and s in earlier and earlier[s].state != "gone")
    states = Counter(case.state for case in cases.values())
    return {
        "subjects": len(ranked), "listed_subjects": sum(row.listed for row in ranked),
        "set_apart_subjects": sum(not row.listed for row in ranked),
        "new_subjects": states["new"], "gone_subjects": len(gone),
        "gone": [f"{t}:{s}" for t, s in gone],
        "follow_up": {"explained": states["explained"], "snoozed": states["snoozed"], "reopened": states["reopened"],
                      "gone": len(gone)},
        "money_to_check": str(sum((r.amount_sek or Decimal(0) for r in ranked), Decimal(0))),
        "baselines": baselines.baselines(ranked, judged, baselines.paid_sizes(connection), settings.seed, unaided)}


def _findings(connection: duckdb.DuckDBPyConnection, active: set[str]) -> list[Row]:
    rows = connection.execute("""
        SELECT subject_type, subject_id, finding_id, detector_id, kind, severity, strength, amount_sek,
               CAST(n_evidence AS INTEGER), concept, domain, period_to
        FROM findings ORDER BY ALL""").fetchall()
    return [Row((row[0], row[1]), Seen(*row[2:])) for row in rows if row[3] in active]


def _counts(row: Row, judged: Weighed | None, hearing: set[str]) -> bool:
    """Whether a finding gives points. hearing: rules that read outcomes, such as `reviewed before and explained`.

    Such a rule speaks for a subject until something new comes; what has come back in spite of a judgement is new.
    """
    if judged is None:
        return True
    return row.seen.finding_id not in judged.resting and not (judged.back and row.seen.detector_id in hearing)


def _weigh(found: Sequence[Row], earlier: Mapping[Subject, Case], judgements: Sequence[Outcome], as_of: date,
           groups: Mapping[str, Group], services: Mapping[str, str], before: Before) -> dict[Subject, Weighed]:
    tonight: dict[Subject, list[Seen]] = defaultdict(list)
    for row in found:
        if row.seen.kind != "exculpating":
            tonight[row.subject].append(row.seen)
    said: dict[Subject, list[Outcome]] = defaultdict(list)
    for one in judgements:
        said[one.subject].append(one)
    listed = seen_in(before.of_day)
    result = {}
    for subject in sorted({*tonight, *earlier, *said}):
        own = [service for service in (services.get(subject[1]) or "").split("|") if service]

        def sees(group: str, finding: Seen, kind: str = subject[0], own: list[str] = own) -> bool:
            return group in groups and groups[group].sees(finding.domain, kind, own)

        findings = sorted(tonight.get(subject, ()), key=lambda f: f.finding_id)
        result[subject] = weigh(subject, findings, earlier.get(subject), said.get(subject, ()), as_of, sees, listed)
    return result


def _settle(ranked: Sequence[ranking.Ranked], plain: Sequence[ranking.Ranked], weighed: Mapping[Subject, Weighed],
            earlier: Mapping[Subject, Case], found: Sequence[Row], as_of: date, groups: Mapping[str, Group],
            services: Mapping[str, str], ran: set[str]) -> dict[Subject, Case]:
    """The cases after tonight; fills in state and first_seen of the ranked."""
    unweighted = {(r.subject_type, r.subject_id): r.score for r in plain}
    places = {(r.subject_type, r.subject_id): r for r in ranked}
    domains: dict[Subject, set[str]] = defaultdict(set)
    for row in found:
        domains[row.subject].add(row.seen.domain)
    cases = {}
    for subject, one in weighed.items():
        place, seen_by = None, tuple[str, ...]()
        if subject in places:
            own = places[subject]
            place, seen_by = Place(own.rank, own.score, unweighted[subject]), tuple(own.groups)
        elif one.findings:
            silent = ranking.Ranked(*subject, 0.0, None, [], [], domains[subject])
            seen_by = tuple(ranking.visible_groups(silent, groups, services))
        case = settle(one, earlier.get(subject), place, seen_by, as_of, ran)
        if case is None:
            continue
        cases[subject] = case
        if subject in places:
            places[subject].state, places[subject].first_seen = case.state, case.first_seen
    return cases


def _agreed(catalogue: Catalogue, settings: Settings) -> dict[str, float]:
    """Agreed precision by rule or kind: the rules' headers, over them what the municipality has agreed."""
    headers = {code: float(detector.header["agreed_precision"]) for code, detector in catalogue.detectors.items()
               if detector.header.get("agreed_precision") is not None}
    return headers | dict(settings.agreed_precision)


def _account(connection: duckdb.DuckDBPyConnection, ledger: list[LedgerRow], worth: Mapping[str, precision.Precision],
             weighed: Mapping[Subject, Weighed], run_dir: Path) -> None:
    """Tell the ledger what outcomes say of each rule and how many of its findings rest."""
    resting = Counter(f.detector_id for one in weighed.values() for f in one.findings if f.finding_id in one.resting)
    for row in ledger:
        row.follow_up(worth[row.detector_id], resting[row.detector_id])
    write_ledger(connection, ledger, run_dir / "ledger.parquet")


def write_ranked(ranked: Sequence[ranking.Ranked], cases: Mapping[Subject, Case], path: Path) -> None:
    """Write ranked.parquet in order of rank."""
    rows = [{"rank": r.rank, "rank_in_type": r.rank_in_type, "subject_type": r.subject_type,
             "subject_id": r.subject_id, "score": r.score, "amount_sek": r.amount_sek,
             "contributions": [{"detector_id": d, "points": p} for d, p in r.contributions],
             "concepts": r.concepts, "state": r.state, "first_seen": r.first_seen, "link_group": r.link_group,
             "groups": r.groups, "case_id": case_id(r.subject_type, r.subject_id), "place": r.place,
             "back_because": cases[r.subject_type, r.subject_id].back_because_json, "listed": r.listed} for r in ranked]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd")
