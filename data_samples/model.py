"""The state of a generated town: people, tokens, tables, truth.

Units used everywhere inside the generator:
    minute   int, minutes since 1970-01-01 00:00 local time (no offset, as exports have it)
    day      int, days since 1970-01-01
    month    int, year * 12 + month - 1
    SEK      float rounded to 2 decimals
References between rows are integers (index of a person, account, ...) and become opaque tokens
only when written; -1 (or NULL_TIME for times) stands for a missing value.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

NULL_TIME = np.iinfo(np.int32).min
EPOCH = date(1970, 1, 1)

# Column kinds: pool names are references; others say how a number is written.
SPEC: dict[str, list[tuple[str, Any]]] = {
    "providers": [
        ("provider_id", "provider"), ("name", "text"), ("org_form", "text"), ("services", "text"),
        ("registered_on", "day"), ("permit_from", "day"), ("permit_to", "day"), ("permit_places", "int"),
        ("bank_account_token", "account"), ("address_token", "address"), ("contract_kind", "text"),
        ("reimbursement_model", "text"), ("deregistered_on", "day")],
    "provider_roles": [
        ("provider_id", "provider"), ("person_token", "person"), ("role", "text"), ("role_from", "day"),
        ("role_to", "day")],
    "associations": [
        ("association_id", "association"), ("name", "text"), ("category", "text"), ("registered_on", "day"),
        ("bank_account_token", "account"), ("address_token", "address"),
        ("parent_association_id", "association")],
    "association_roles": [
        ("association_id", "association"), ("person_token", "person"), ("role", "text"), ("role_from", "day"),
        ("role_to", "day")],
    "persons": [
        ("person_token", "person"), ("birth_year", "int"), ("area_code", "area"), ("address_token", "address"),
        ("bank_account_token", "account"), ("registered_from", "day"), ("registered_to", "day"),
        ("sex", "text"), ("origin_group", "text"), ("protected", "bool")],
    "supplier_payments": [
        ("payment_id", "key:B"), ("supplier_id", "text"), ("supplier_name", "text"), ("booked_on", "day"),
        ("invoice_no", "text"), ("amount_sek", "sek"), ("account_no", "text"), ("account_text", "text"),
        ("unit", "text"), ("bank_account_token", "account")],
    "absences": [
        ("person_token", "person"), ("kind", "text"), ("absent_from", "minute"), ("absent_to", "minute"),
        ("reported_on", "day"), ("reported_by_provider_id", "provider")],
    "home_care_decisions": [
        ("decision_id", "key:HB"), ("client_token", "person"), ("provider_id", "provider"),
        ("valid_from", "day"), ("valid_to", "day"), ("granted_minutes_per_month", "int"),
        ("double_staffed", "bool"), ("area_code", "area"), ("decided_on", "day"), ("night_granted", "bool")],
    "home_care_visits": [
        ("visit_id", "key:V"), ("client_token", "person"), ("provider_id", "provider"),
        ("staff_token", "person"), ("started_at", "minute"), ("ended_at", "minute"),
        ("registration", ("tag", "app", "phone", "manual")), ("edited_afterwards", "bool"),
        ("service", ("personal_care", "service", "meal", "safety", "other")), ("planned_minutes", "int"),
        ("area_code", "area"), ("edited_at", "minute")],
    "home_care_invoices": [
        ("invoice_id", "key:HF"), ("provider_id", "provider"), ("client_token", "person"), ("month", "month"),
        ("billed_minutes", "int"), ("amount_sek", "sek"), ("invoiced_on", "day"),
        ("bank_account_token", "account")],
    "assistance_decisions": [
        ("decision_id", "key:AB"), ("client_token", "person"), ("provider_id", "provider"),
        ("valid_from", "day"), ("valid_to", "day"), ("hours_per_week", "dec"),
        ("double_hours_per_week", "dec"), ("law", ("lss", "sfb")),
        ("decided_on", "day"), ("raised_rate", "bool")],
    "assistance_shifts": [
        ("shift_id", "key:S"), ("client_token", "person"), ("provider_id", "provider"),
        ("assistant_token", "person"), ("started_at", "minute"), ("ended_at", "minute"),
        ("kind", ("active", "awake_standby", "home_standby"))],
    "assistance_invoices": [
        ("invoice_id", "key:AF"), ("provider_id", "provider"), ("client_token", "person"), ("month", "month"),
        ("billed_hours", "dec"), ("rate_sek", "sek"), ("amount_sek", "sek"), ("invoiced_on", "day"),
        ("bank_account_token", "account")],
    "hvb_placements": [
        ("placement_id", "ref:PL"), ("client_token", "person"), ("provider_id", "provider"),
        ("placed_on", "day"), ("left_on", "day"), ("law", ("sol", "lvu", "lsu")), ("agreed_rate_sek", "sek"),
        ("framework_agreement", "bool")],
    "hvb_invoices": [
        ("invoice_id", "key:BF"), ("placement_id", "ref:PL"), ("provider_id", "provider"),
        ("period_from", "day"), ("period_to", "day"), ("billed_days", "int"), ("amount_sek", "sek"),
        ("extras_sek", "sek"), ("invoiced_on", "day"), ("bank_account_token", "account")],
    "income_support_members": [
        ("household_token", "household"), ("person_token", "person"), ("month", "month"),
        ("role", ("applicant", "co_applicant", "child"))],
    "income_support_applications": [
        ("application_id", "key:AN"), ("household_token", "household"), ("month", "month"),
        ("adults", "int"), ("children", "int"), ("declared_income_sek", "sek"), ("declared_rent_sek", "sek"),
        ("dwelling_token", "address"), ("landlord_token", "landlord"), ("municipality_code", "text")],
    "income_support_payments": [
        ("payment_id", "key:UB"), ("household_token", "household"), ("month", "month"), ("paid_on", "day"),
        ("purpose", ("norm", "rent", "electricity", "dental", "medical", "furniture", "moving", "debt",
                     "other")),
        ("amount_sek", "sek"), ("payee", ("household", "landlord", "third_party")),
        ("bank_account_token", "account"), ("receipt_token", "receipt")],
    "association_grants": [
        ("grant_id", "key:G"), ("association_id", "association"),
        ("kind", ("activity", "start", "rent", "project", "equipment")), ("committee", "text"),
        ("year", "int"), ("applied_on", "day"), ("decided_on", "day"), ("paid_on", "day"),
        ("applied_sek", "sek"), ("granted_sek", "sek"), ("paid_sek", "sek"),
        ("bank_account_token", "account"), ("purpose_text", "text"), ("purpose_code", "text")],
    "association_members": [
        ("association_id", "association"), ("member_token", "person"), ("year", "int"), ("birth_year", "int")],
    "association_activities": [
        ("activity_id", "ref:K"), ("association_id", "association"), ("started_at", "minute"),
        ("ended_at", "minute"), ("venue_token", "venue"), ("leader_token", "person"),
        ("participants", "int")],
    "association_attendance": [("activity_id", "ref:K"), ("member_token", "person")],
    "venue_bookings": [
        ("booking_id", "key:BO"), ("venue_token", "venue"), ("association_id", "association"),
        ("booked_from", "minute"), ("booked_to", "minute"), ("cancelled", "bool")],
    "outcomes": [
        ("subject_type", "text"), ("subject_id", "text"), ("reviewed_on", "day"), ("outcome", "text"),
        ("recovered_sek", "sek"), ("note", "text"), ("reviewer_group", "text"), ("detector_id", "text")],
}

COLUMNS = {name: [column for column, _ in columns] for name, columns in SPEC.items()}
KINDS = {name: dict(columns) for name, columns in SPEC.items()}
TEXT_KINDS = ("text",)


def day(value: date) -> int:
    return (value - EPOCH).days


def as_date(value: int) -> date:
    return EPOCH + timedelta(days=int(value))


def month_of(days: np.ndarray | int) -> Any:
    """Month number of a day number (array or scalar)."""
    months = (np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)) + 1970 * 12
    return months if isinstance(days, np.ndarray) else int(months)


def first_day(months: np.ndarray | int) -> Any:
    """Day number of the first day of a month number (array or scalar)."""
    days = (np.asarray(months) - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days if isinstance(months, np.ndarray) else int(days)


def round_sek(values: Any) -> np.ndarray:
    return np.round(np.asarray(values, dtype=np.float64), 2)


class Pool:
    """Opaque tokens of one kind: a prefix and 16 hex digits, never a long run of decimal digits."""

    def __init__(self, prefix: str, rng: np.random.Generator) -> None:
        self.prefix, self._rng = prefix, rng
        self.tokens: list[str] = []

    def new(self, n: int) -> np.ndarray:
        start = len(self.tokens)
        for raw in self._rng.integers(0, 2**63, n, dtype=np.int64).tolist():
            text = list(f"{raw:016x}")
            for place in (4, 9, 13):  # a letter here and there, so that no run looks like an identity number
                text[place] = "abcdef"[int(text[place], 16) % 6]
            self.tokens.append(self.prefix + "".join(text))
        return np.arange(start, start + n)

    def one(self) -> int:
        return int(self.new(1)[0])


@dataclass
class People:
    """Everybody, as parallel arrays; index = person reference."""

    pool: Pool
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def new(self, n: int, **values: Any) -> np.ndarray:
        """n persons; values: born, area, address, account, since, until, sex, origin."""
        index = self.pool.new(n)
        defaults = {"born": 1980, "area": 0, "address": -1, "account": -1, "since": day(date(2015, 1, 1)),
                    "until": NULL_TIME, "sex": 0, "origin": 0}
        for name, default in defaults.items():
            part = np.broadcast_to(np.asarray(values.get(name, default), dtype=np.int64), n)
            old = self.arrays.get(name)
            self.arrays[name] = part.copy() if old is None else np.concatenate([old, part])
        return index

    def __getattr__(self, name: str) -> np.ndarray:
        try:
            return self.__dict__["arrays"][name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Truth:
    """One planted scheme or innocent look-alike; subject_id '*' = the whole domain (an outage day)."""

    scheme: str
    subject_type: str
    subject_id: str
    difficulty: str
    period_from: date
    period_to: date
    amount_sek: float
    kind: str
    note: str
    rows: int


class Town:
    """All state of one generation."""

    def __init__(self, scale: float, seed: int, as_of: date, start: date, difficulty: str) -> None:
        self.scale, self.seed, self.as_of, self.difficulty = scale, seed, as_of, difficulty
        self.start, self.end = day(start), day(as_of)  # event window [start, end)
        pools = {"person": "p_", "account": "k_", "address": "a_", "household": "h_", "landlord": "l_",
                 "receipt": "r_", "venue": "v_"}
        self.pools = {name: Pool(prefix, self.rng("tokens." + name)) for name, prefix in pools.items()}
        self.people = People(self.pools["person"])
        self.provider_ids: list[str] = []
        self.association_ids: list[str] = []
        self.areas = [f"O{n:02d}" for n in range(1, 13)]
        self.truth: list[Truth] = []
        self.used: set[tuple[str, int]] = set()
        self.roles_of: dict[tuple[str, int], set[str]] = {}
        self.adding = "planted"  # or lookalike: what is being added now
        self.lists: dict[str, list[str]] = {
            "trustee_accounts": [], "municipal_landlords": [], "accountant_addresses": [], "umbrella_accounts": []}
        self.info: dict[str, Any] = {}  # what one builder leaves for the next (rates, teams, groups)
        self._chunks: dict[str, list[dict[str, np.ndarray]]] = {name: [] for name in SPEC}

    # ---- randomness and time
    def rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    @property
    def months(self) -> list[int]:
        """Complete months inside the event window (the running month is not invoiced yet)."""
        return list(range(month_of(self.start), month_of(self.end)))

    # ---- tables
    def add(self, dataset: str, **columns: Any) -> None:
        """Append rows; scalars are broadcast; a column left out is missing (null) in these rows."""
        n = max((len(value) for value in columns.values() if hasattr(value, "__len__")
                 and not isinstance(value, str)), default=1)
        chunk = {}
        for name in COLUMNS[dataset]:
            kind = KINDS[dataset][name]
            if isinstance(kind, str) and kind.startswith("key:"):
                continue
            dtype = object if kind in TEXT_KINDS else np.float64 if kind in ("sek", "dec") else np.int32
            default: Any = None if dtype is object else np.nan if dtype is np.float64 else (
                NULL_TIME if kind in ("day", "minute", "int", "month") else -1)
            value = columns.pop(name, default)
            chunk[name] = np.broadcast_to(np.asarray(value, dtype=dtype), n).copy()
        if columns:
            raise ValueError(f"{dataset} has no column {sorted(columns)}")
        self._chunks[dataset].append(chunk)

    def get(self, dataset: str) -> dict[str, np.ndarray]:
        """The table's arrays; changes to them are changes to the table."""
        chunks = self._chunks[dataset]
        if not chunks:
            self.add(dataset, **{c: [] for c in COLUMNS[dataset] if not _is_key(dataset, c)})
        elif len(chunks) > 1:
            joined = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
            self._chunks[dataset] = [joined]
        return self._chunks[dataset][0]

    def size(self, dataset: str) -> int:
        return sum(len(next(iter(chunk.values()))) for chunk in self._chunks[dataset])

    def drop(self, dataset: str, gone: np.ndarray) -> None:
        """Remove the rows where `gone` is true."""
        table = self.get(dataset)
        self._chunks[dataset] = [{name: values[~gone] for name, values in table.items()}]

    def order(self, dataset: str, *keys: np.ndarray) -> None:
        """Sort stably; the last key is the primary one (as numpy.lexsort)."""
        index = np.lexsort(keys)
        table = self.get(dataset)
        self._chunks[dataset] = [{name: values[index] for name, values in table.items()}]

    # ---- subjects and truth
    def token(self, pool: str, index: int) -> str:
        return self.pools[pool].tokens[int(index)]

    def pick(self, kind: str, candidates: Iterable[int], rng: np.random.Generator) -> int:
        """A random candidate not yet used by a scheme or look-alike, else any candidate."""
        options = [int(c) for c in candidates]
        free = [c for c in options if (kind, c) not in self.used]
        chosen = int(rng.choice(free or self.unmixed(kind, options)))
        self.used.add((kind, chosen))
        self.roles_of.setdefault((kind, chosen), set()).add(self.adding)
        return chosen

    def unmixed(self, kind: str, options: list[int]) -> list[int]:
        """Those that carry no scheme when a look-alike is added, and the other way round (all if none is left)."""
        other = "lookalike" if self.adding == "planted" else "planted"
        return [c for c in options if other not in self.roles_of.get((kind, c), set())] or options

    def subject(self, subject_type: str, index: int) -> str:
        ids = {"provider": self.provider_ids, "association": self.association_ids}
        return ids[subject_type][index] if subject_type in ids else self.token(subject_type, index)

    def note(self, scheme: str, subject_type: str, index: int | str, difficulty: str, days: tuple[int, int],
             amount: float, rows: int, note: str, kind: str = "planted") -> None:
        subject = index if isinstance(index, str) else self.subject(subject_type, index)
        self.truth.append(Truth(scheme, subject_type, subject, difficulty, as_date(days[0]), as_date(days[1]),
                                round(float(amount), 2), kind, note, int(rows)))


def _is_key(dataset: str, column: str) -> bool:
    return str(KINDS[dataset][column]).startswith("key:")
