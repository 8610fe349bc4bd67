"""Marks what concerns protected persons (skyddade personuppgifter) in a night's findings; gate P6.

A token is protected when it stands for somebody that `persons.protected` marks:
- the person, and the household they are a member of;
- their address and account in the register of persons;
- an account or dwelling that only such households use in income support;
- a placement of theirs, because invoices for it name no person;
- a provider that is themselves (enskild firma).
What belongs to a provider, an association or a listed trustee is theirs and not protected by this.

Whatever is unclear counts as protected: a quarantined row of the register does unless it clearly says no, and
somebody marked on an earlier night stays so until a delivery says `protected = false` of them.
Source: gate P6; law map, matrix row "protected identity: aggregate only".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import duckdb

from schemas import protected
from schemas.contract import Contract

# what a quarantined row must say for its person not to count as protected
_CLEARLY_NOT = ("", "false", "0", "0.0", "nej", "n", "falskt", "no")

_OWN = """
    SELECT bank_account_token AS token FROM providers WHERE org_form IS DISTINCT FROM 'ef'
    UNION SELECT address_token FROM providers WHERE org_form IS DISTINCT FROM 'ef'
    UNION SELECT bank_account_token FROM associations UNION SELECT address_token FROM associations
    UNION SELECT token FROM listed_tokens"""

# kind, token, person_token by dataset they need; $-less, so that they can be joined with UNION
_DERIVED = """
    WITH people AS (SELECT DISTINCT person_token FROM protected_tokens WHERE kind = 'person'),
    homes AS (SELECT DISTINCT m.household_token, m.person_token
              FROM income_support_members m JOIN people USING (person_token)),
    used AS (
      SELECT 'account' AS kind, bank_account_token AS token, household_token
      FROM income_support_payments WHERE payee = 'household'
      UNION SELECT 'address', dwelling_token, household_token FROM income_support_applications),
    theirs AS (
      SELECT kind, token FROM used WHERE token IS NOT NULL
      GROUP BY kind, token HAVING bool_and(household_token IN (SELECT household_token FROM homes)))
    SELECT 'household', household_token, person_token FROM homes
    UNION SELECT 'address', address_token, p.person_token FROM persons p JOIN people USING (person_token)
      WHERE address_token IS NOT NULL AND address_token NOT IN (SELECT token FROM own_tokens)
    UNION SELECT 'account', bank_account_token, p.person_token FROM persons p JOIN people USING (person_token)
      WHERE bank_account_token IS NOT NULL AND bank_account_token NOT IN (SELECT token FROM own_tokens)
    UNION SELECT u.kind, u.token, h.person_token FROM used u JOIN theirs USING (kind, token)
      JOIN homes h ON h.household_token = u.household_token WHERE u.token NOT IN (SELECT token FROM own_tokens)
    UNION SELECT 'provider', provider_id, p.person_token FROM providers JOIN provider_roles r USING (provider_id)
      JOIN people p USING (person_token) WHERE org_form = 'ef'
    UNION SELECT 'placement', placement_id, client_token FROM hvb_placements
      JOIN people ON person_token = client_token"""


def write(
    connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract], run_dir: Path,
    columns_delivered: set[str], officer: str, previous: Path | None,
) -> bool:
    """Write run_dir/restricted/ from the loaded tables and the temporary tables `findings` and `evidence_refs`.

    columns_delivered: what the files of `persons` brought. previous: the run before, whose marks are carried on.
    Returns whether the register says who is protected.
    """
    folder = Path(run_dir) / protected.FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    known = "protected" in columns_delivered
    _tokens(connection, previous)
    _rows(connection, contracts)
    _copy(connection, "SELECT DISTINCT kind, token, person_token FROM protected_tokens ORDER BY ALL",
          folder / protected.TOKENS)
    _copy(connection, "SELECT finding_id, ord FROM evidence_refs WHERE row_ref IN (SELECT row_ref FROM protected_rows) "
                      "ORDER BY ALL", folder / protected.ROWS)
    _copy(connection, _CONCERNED, folder / protected.FINDINGS)
    (folder / protected.ABOUT).write_text(
        json.dumps({"known": known, "officer": officer}, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o600)
    return known


def _tokens(connection: duckdb.DuckDBPyConnection, previous: Path | None) -> None:
    """The temporary table protected_tokens(kind, token, person_token)."""
    no = ", ".join(f"'{word}'" for word in _CLEARLY_NOT)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE protected_tokens AS
        SELECT 'person' AS kind, person_token AS token, person_token FROM main.persons WHERE protected
        UNION SELECT 'person', person_token, person_token FROM quarantine.persons
        WHERE person_token IS NOT NULL AND lower(trim(coalesce(protected, ''))) NOT IN ({no})""")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE own_tokens AS SELECT token FROM ({_OWN}) WHERE token IS NOT NULL")
    earlier = Path(previous) / protected.FOLDER / protected.TOKENS if previous is not None else None
    if earlier is not None and earlier.is_file():
        connection.execute("""
            CREATE OR REPLACE TEMP TABLE carried AS SELECT kind, token, person_token FROM read_parquet($1)
            WHERE person_token NOT IN (SELECT person_token FROM main.persons WHERE NOT protected)""", [str(earlier)])
        connection.execute("INSERT INTO protected_tokens SELECT * FROM carried WHERE kind = 'person'")
    if not connection.execute("SELECT count(*) FROM protected_tokens").fetchall()[0][0]:
        return
    connection.execute(f"INSERT INTO protected_tokens {_DERIVED}")
    if earlier is not None and earlier.is_file():
        connection.execute("INSERT INTO protected_tokens SELECT * FROM carried WHERE token NOT IN "
                           "(SELECT token FROM own_tokens)")


def _rows(connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """The temporary tables cited(finding_id, row_ref) and protected_rows(row_ref): rows that name such a token.

    Any text column counts, so that a contract from another package needs no declaration.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE protected_rows (row_ref BIGINT)")
    connection.execute("CREATE OR REPLACE TEMP TABLE cited AS SELECT finding_id, unnest(evidence) AS row_ref "
                       "FROM findings WHERE EXISTS (SELECT 1 FROM protected_tokens)")
    datasets = connection.execute(
        "SELECT DISTINCT f.dataset FROM (SELECT DISTINCT row_ref >> 32 AS file_id FROM cited) "
        "JOIN ledger.files f USING (file_id) ORDER BY 1").fetchall()
    for (dataset,) in datasets:
        texts = [f'"{column.name}"' for column in contracts[dataset].columns if column.duckdb_type == "VARCHAR"]
        if texts:
            connection.execute(f"""
                INSERT INTO protected_rows
                SELECT DISTINCT row_ref FROM (
                  SELECT row_ref, unnest([{", ".join(texts)}]) AS token FROM main."{dataset}"
                  WHERE row_ref IN (SELECT row_ref FROM cited))
                WHERE token IN (SELECT token FROM protected_tokens)""")


_CONCERNED = """
    WITH through_rows AS (
      SELECT finding_id, count(*) AS n_rows FROM cited SEMI JOIN protected_rows USING (row_ref) GROUP BY finding_id),
    said AS (
      SELECT finding_id, unnest(json_extract_string(facts, '$.*') || json_extract_string(facts, '$.*[*]')) AS token
      FROM findings WHERE facts IS NOT NULL AND EXISTS (SELECT 1 FROM protected_tokens)),
    through_facts AS (SELECT DISTINCT finding_id FROM said SEMI JOIN protected_tokens USING (token)),
    themselves AS (SELECT finding_id FROM findings WHERE subject_id IN (SELECT token FROM protected_tokens))
    SELECT f.finding_id, coalesce(r.n_rows, 0) AS n_rows FROM findings f LEFT JOIN through_rows r USING (finding_id)
    WHERE r.n_rows IS NOT NULL OR f.finding_id IN (SELECT finding_id FROM through_facts)
       OR f.finding_id IN (SELECT finding_id FROM themselves)
    ORDER BY f.finding_id"""


def _copy(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    quoted = str(path).replace("'", "''")
    connection.execute(f"COPY ({select}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
