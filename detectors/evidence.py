"""Write the findings with the source rows behind them: file, line and the row's values.

row_ref = file_id x 2^32 + line, so a reference finds its dataset, file and line without a join to the event table;
the values come from one join a dataset with only the referenced rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from schemas.contract import Contract

SHOWN = 200  # rows of evidence kept a finding; n_evidence tells the total


def write(connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract], run_dir: Path) -> None:
    """Write findings.parquet, evidence.parquet, peers.parquet and subjects.parquet from the temporary tables."""
    _choose(connection, contracts)
    used = [r[0] for r in connection.execute("SELECT DISTINCT dataset FROM evidence_refs ORDER BY 1").fetchall()]
    connection.execute("""CREATE OR REPLACE TEMP TABLE evidence_values (row_ref BIGINT, key VARCHAR,
        happened_at TIMESTAMP, amount_sek DECIMAL(14,2), "values" VARCHAR)""")
    for dataset in used:
        connection.execute(_values_sql(contracts[dataset]))
    _copy(connection, """
        SELECT e.finding_id, e.ord, e.dataset, e.file, e.line, v.key, v.happened_at, v.amount_sek, v."values"
        FROM evidence_refs e JOIN evidence_values v USING (row_ref) ORDER BY e.finding_id, e.ord""",
          run_dir / "evidence.parquet")
    _copy(connection, """
        SELECT f.finding_id, f.detector_id, f.detector_version, f.kind, f.concept, f.domain, f.subject_type,
               f.subject_id, f.period_from, f.period_to, f.strength, f.amount_sek, f.amount_kind, f.facts,
               f.n_evidence,
               coalesce(e.rows, []) AS evidence, f.link_group
        FROM findings f LEFT JOIN (
          SELECT finding_id, list({'dataset': dataset, 'file': file, 'line': line} ORDER BY ord) AS rows
          FROM evidence_refs GROUP BY finding_id) e USING (finding_id)
        ORDER BY f.detector_id, f.subject_id, f.subject_type, f.episode""", run_dir / "findings.parquet")
    _copy(connection, """
        SELECT f.finding_id, p.feature, p.own, p.peer_median, p.peer_q1, p.peer_q3, p.peer_p95, p.peer_n,
               p.peer_group, p.contribution
        FROM raw_peers p JOIN findings f USING (detector_id, subject_id, episode)
        ORDER BY f.finding_id, p.contribution DESC NULLS LAST, p.feature""", run_dir / "peers.parquet")
    _copy(connection, """
        WITH found AS (SELECT DISTINCT subject_type, subject_id FROM findings)
        SELECT 'provider' AS subject_type, provider_id AS subject_id, name,
               CAST(to_json(struct_pack(org_form := org_form, services := services, registered_on := registered_on,
                    contract_kind := contract_kind, permit_places := permit_places)) AS VARCHAR) AS facts
        FROM providers WHERE provider_id IN (SELECT subject_id FROM found WHERE subject_type = 'provider')
        UNION ALL
        SELECT 'association', association_id, name,
               CAST(to_json(struct_pack(category := category, registered_on := registered_on)) AS VARCHAR)
        FROM associations WHERE association_id IN (SELECT subject_id FROM found WHERE subject_type = 'association')
        UNION ALL
        SELECT 'provider', supplier_id, min(supplier_name), CAST('{}' AS VARCHAR) FROM supplier_payments
        WHERE supplier_id IN (SELECT subject_id FROM found WHERE subject_type = 'provider')
          AND supplier_id NOT IN (SELECT provider_id FROM providers) GROUP BY supplier_id
        ORDER BY 1, 2""", run_dir / "subjects.parquet")


def _choose(connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """Fill the table evidence_refs with the rows of evidence that are shown, in their order.

    Where a finding has more than can be shown, the rows of its smaller datasets come first (the absence, the decision
    or the role that makes the many visits a deviation), then the earliest, then by key: which rows stand there never
    hangs on the order in which an export lists them.
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE many_refs AS
        WITH refs AS (SELECT finding_id, unnest(evidence) AS row_ref FROM findings WHERE len(evidence) > {SHOWN})
        SELECT r.finding_id, r.row_ref, f.dataset, count(*) OVER (PARTITION BY r.finding_id, f.dataset) AS n_alike
        FROM refs r JOIN ledger.files f ON f.file_id = r.row_ref >> 32""")
    connection.execute("CREATE OR REPLACE TEMP TABLE many_keys (row_ref BIGINT, happened_at TIMESTAMP, key VARCHAR)")
    for (dataset,) in connection.execute("SELECT DISTINCT dataset FROM many_refs ORDER BY 1").fetchall():
        contract = contracts[dataset]
        connection.execute(f"""
            INSERT INTO many_keys SELECT row_ref, {_time_sql(contract)}, {_content_key_sql(contract)}
            FROM main."{dataset}" WHERE row_ref IN (SELECT row_ref FROM many_refs WHERE dataset = '{dataset}')""")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE evidence_refs AS
        WITH few AS (SELECT finding_id, unnest(evidence) AS row_ref, generate_subscripts(evidence, 1) AS ord
                     FROM findings WHERE len(evidence) <= {SHOWN}),
        many AS (SELECT r.finding_id, r.row_ref,
                        row_number() OVER (PARTITION BY r.finding_id ORDER BY r.n_alike, r.dataset,
                                           k.happened_at NULLS FIRST, k.key, r.row_ref) AS ord
                 FROM many_refs r JOIN many_keys k USING (row_ref)),
        shown AS (SELECT finding_id, row_ref, ord FROM few
                  UNION ALL SELECT finding_id, row_ref, ord FROM many WHERE ord <= {SHOWN})
        SELECT n.finding_id, CAST(n.ord AS INTEGER) AS ord, n.row_ref, f.dataset, f.file_name AS file,
               n.row_ref & 4294967295 AS line
        FROM shown n JOIN ledger.files f ON f.file_id = n.row_ref >> 32""")


def _time_sql(contract: Contract) -> str:
    return f'CAST("{contract.time_column}" AS TIMESTAMP)' if contract.time_column else "CAST(NULL AS TIMESTAMP)"


def _content_key_sql(contract: Contract) -> str:
    """The row's key as text; where keys are made from lines, all that the row says instead."""
    names = [c.name for c in contract.columns if c.name not in contract.key] if contract.generate_key else contract.key
    return " || '/' || ".join(f'coalesce(CAST("{c}" AS VARCHAR), \'\')' for c in names) or "''"


def _values_sql(contract: Contract) -> str:
    columns = [c for c in contract.columns if not c.audit_only]
    packed = ", ".join(f'"{c.name}" := CAST("{c.name}" AS VARCHAR)' for c in columns)
    key = " || '/' || ".join(f'coalesce(CAST("{c}" AS VARCHAR), \'\')' for c in contract.key) or "''"
    money = f'"{contract.money_column}"' if contract.money_column else "CAST(NULL AS DECIMAL(14,2))"
    return f"""
        INSERT INTO evidence_values
        SELECT row_ref, {key}, {_time_sql(contract)}, {money}, CAST(to_json(struct_pack({packed})) AS VARCHAR)
        FROM main."{contract.dataset}"
        WHERE row_ref IN (SELECT row_ref FROM evidence_refs WHERE dataset = '{contract.dataset}')"""


def _copy(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    quoted = str(path).replace("'", "''")
    connection.execute(f"COPY ({select}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
