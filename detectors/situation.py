"""Figures of the municipality's situation, month by month, for the overview: sums and counts without any subject.

One row a measure, domain and month. `contributors`, `largest` and `second` are what disclosure control needs to
decide whether a sum may be shown; the rows themselves stay in the run's folder and are never published as they are.
The month of the night is left out: it is not complete. A table that was never delivered gives no rows.

measure   value
paid      kronor paid by month of service (grants: of payment), credits deducted; contributors = payees
paid_new  the part of `paid` that went to providers registered less than a year before the month
hours     hours performed; contributors = providers
people    persons or households served (associations: associations paid)
payees    providers, households' payments left out: providers or associations paid
entering  providers whose first paid month it is; leaving: whose last paid month it was (none after it so far)
reviewed  cases reviewed, by outcome in `part`; recovered: kronor decided to be paid back, contributors = cases
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

MONTHS_BACK = 60
QUIET_MONTHS = 3  # a provider without payment for so long has left

_COLUMNS = """measure VARCHAR, domain VARCHAR, month DATE, part VARCHAR, value DOUBLE, contributors INTEGER,
              largest DOUBLE, second DOUBLE"""


@dataclass(frozen=True)
class Flow:
    """Where a domain's money is: table, payee, month of service, kronor; and who was served."""

    domain: str
    table: str
    payee: str
    month: str
    amount: str
    served: str
    providers: bool


_FLOWS = (
    Flow("home_care", "home_care_invoices", "provider_id", "month", "amount_sek", "client_token", True),
    Flow("assistance", "assistance_invoices", "provider_id", "month", "amount_sek", "client_token", True),
    Flow("hvb", "hvb_invoices", "provider_id", "period_from", "amount_sek + coalesce(extras_sek, 0)", "placement_id",
         True),
    Flow("income_support", "income_support_payments", "household_token", "coalesce(month, paid_on)",
         "CASE WHEN credited THEN 0 ELSE amount_sek END", "household_token", False),
    Flow("associations", "association_grants", "association_id", "coalesce(paid_on, decided_on)", "paid_sek",
         "association_id", False),
)
_PERFORMED = (("home_care", "home_care_visits", "true"), ("assistance", "assistance_shifts", "kind = 'active'"))


def write(connection: duckdb.DuckDBPyConnection, run_dir: Path, as_of: date,
          delivered: Mapping[str, set[str]]) -> Path:
    """Write aggregates.parquet into run_dir. delivered: columns by dataset that any file has brought."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE aggregates ({_COLUMNS})")
    bounds = {"first": _months_before(as_of, MONTHS_BACK), "now": as_of.replace(day=1)}
    for flow in _FLOWS:
        if delivered.get(flow.table):
            _flow(connection, flow, bounds)
    for domain, table, which in _PERFORMED:
        if delivered.get(table):
            connection.execute(f"""
                INSERT INTO aggregates
                WITH own AS (SELECT provider_id AS who, CAST(date_trunc('month', started_at) AS DATE) AS month,
                                    sum(date_diff('second', started_at, ended_at)) AS s
                             FROM "{table}" WHERE ended_at > started_at AND {which} GROUP BY ALL)
                {_summed('hours', domain, 'own', 3600)}""", bounds)
    if delivered.get("outcomes"):
        _reviews(connection, bounds)
    path = run_dir / "aggregates.parquet"
    connection.execute(f"""COPY (SELECT * FROM aggregates ORDER BY measure, domain, month, part)
                           TO '{str(path).replace("'", "''")}' (FORMAT parquet, COMPRESSION zstd)""")
    connection.execute("DROP TABLE aggregates")
    path.chmod(0o600)
    return path


def _summed(measure: str, domain: str, source: str, unit: int = 1) -> str:
    """One row a month of `source` (who, month, s): the sum, how many add to it, the two largest.

    s is a whole number or a DECIMAL, so that no order of adding shows in the last digit.
    """
    return f"""SELECT '{measure}', '{domain}', month, '', CAST(sum(s) AS DOUBLE) / {unit},
                      CAST(count(*) FILTER (s > 0) AS INTEGER), CAST(max(s) AS DOUBLE) / {unit},
                      CAST(list_sort(list(s), 'DESC')[2] AS DOUBLE) / {unit}
               FROM {source} WHERE month >= $first AND month < $now GROUP BY month"""


def _counted(measure: str, domain: str, source: str) -> str:
    return f"""SELECT '{measure}', '{domain}', month, '', count(*), CAST(count(*) AS INTEGER), NULL, NULL
               FROM {source} WHERE month >= $first AND month < $now GROUP BY month"""


def _flow(connection: duckdb.DuckDBPyConnection, flow: Flow, bounds: Mapping[str, date]) -> None:
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE flow AS
        SELECT "{flow.payee}" AS who, CAST(date_trunc('month', {flow.month}) AS DATE) AS month,
               sum({flow.amount}) AS s
        FROM "{flow.table}" WHERE {flow.month} IS NOT NULL GROUP BY ALL""")
    connection.execute(f"INSERT INTO aggregates {_summed('paid', flow.domain, 'flow')}", bounds)
    connection.execute(f"""
        INSERT INTO aggregates
        WITH served AS (SELECT DISTINCT "{flow.served}" AS who, CAST(date_trunc('month', {flow.month}) AS DATE) AS month
                        FROM "{flow.table}" WHERE {flow.month} IS NOT NULL AND {flow.amount} > 0)
        {_counted('people', flow.domain, 'served')}""", bounds)
    if flow.domain != "income_support":
        connection.execute(f"""INSERT INTO aggregates WITH paid AS (SELECT who, month FROM flow WHERE s > 0)
                               {_counted('payees', flow.domain, 'paid')}""", bounds)
    if not flow.providers:
        return
    connection.execute(f"""
        INSERT INTO aggregates
        WITH fresh AS (SELECT f.who, f.month, f.s FROM flow f JOIN providers p ON p.provider_id = f.who
                       WHERE p.registered_on > f.month - INTERVAL 1 YEAR)
        {_summed('paid_new', flow.domain, 'fresh')}""", bounds)
    # the first month on record shows everybody as new, and the last months nobody as gone for certain
    connection.execute(f"""
        INSERT INTO aggregates
        WITH spans AS (SELECT who, min(month) AS first, max(month) AS last FROM flow WHERE s > 0 GROUP BY who),
        edge AS (SELECT min(first) AS first, max(last) AS last FROM spans),
        entering AS (SELECT s.first AS month FROM spans s, edge e WHERE s.first > e.first),
        leaving AS (SELECT s.last AS month FROM spans s, edge e WHERE s.last <= e.last - INTERVAL {QUIET_MONTHS} MONTH)
        {_counted('entering', flow.domain, 'entering')}
        UNION ALL {_counted('leaving', flow.domain, 'leaving')}""", bounds)


def _reviews(connection: duckdb.DuckDBPyConnection, bounds: Mapping[str, date]) -> None:
    """Cases reviewed and kronor decided back, by month of review: the newest outcome of a case in the month."""
    connection.execute("""
        INSERT INTO aggregates
        WITH newest AS (SELECT subject_type, subject_id, CAST(date_trunc('month', reviewed_on) AS DATE) AS month,
                               arg_max(outcome, (reviewed_on, row_ref)) AS outcome
                        FROM outcomes GROUP BY ALL)
        SELECT 'reviewed', '', month, outcome, count(*), CAST(count(*) AS INTEGER), NULL, NULL
        FROM newest WHERE month >= $first AND month <= $now GROUP BY month, outcome""", bounds)
    connection.execute(f"""
        INSERT INTO aggregates
        WITH back AS (SELECT subject_type || subject_id AS who, CAST(date_trunc('month', reviewed_on) AS DATE) AS month,
                             sum(recovered_sek) AS s FROM outcomes WHERE recovered_sek > 0 GROUP BY ALL)
        {_summed('recovered', '', 'back')}""", bounds)


def _months_before(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 - months
    return date(at // 12, at % 12 + 1, 1)
