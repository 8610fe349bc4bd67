"""Rules of contracts: one that cannot be is refused by name; each that we ship can be computed."""

from __future__ import annotations

import duckdb
import pytest

from schemas.contract import ContractError, QualityRule, load_contracts
from schemas.quality import check_rules, checks_of, validate
from tests.schemas.quality_kit import FILE_1, contract, rule

# one process imports Great Expectations, not one per worker
pytestmark = pytest.mark.xdist_group("great_expectations")


@pytest.mark.parametrize("asked, said", [
    (rule("expect_column_values_to_be_betwen", column="low"), "did you mean 'expect_column_values_to_be_between'"),
    (rule("expect_column_values_to_be_between", column="low", max_valu=3), "did you mean 'max_value'"),
    (rule("expect_column_values_to_match_regex", column="code"), "'regex' is missing"),
    (rule("unexpected_rows_expectation"), "'unexpected_rows_query' is missing"),
    (rule("expect_column_values_to_be_between", column="low"), "give 'min_value', 'max_value' or both"),
    (rule("expect_column_values_to_not_be_null", column="kode"), "did you mean 'code'"),
    (rule("expect_column_pair_values_to_be_equal", column_A="low", column_B="hig"), "did you mean 'high'"),
    (rule("expect_compound_columns_to_be_unique", column_list=["low", "hgh"]), "did you mean 'high'"),
    (rule("unexpected_rows_expectation", unexpected_rows_query="SELECT 1"), "FROM {batch}"),
    (rule("expect_unexpected_rows", unexpected_rows_query="SELECT 1"), "'unexpected_rows_expectation'"),
    (rule("expect_column_values_to_match_regex", column="code", regex="(A"), "not a regular expression"),
    (rule("expect_column_values_to_match_regex", column="code", regex="(?!A)"), "look-around"),
    (rule("expect_query_results_to_match_comparison"), "not offered"),
    (rule("expect_column_values_to_not_be_null", column="code", mostly=7), "mostly"),
])  # fmt: skip
def test_a_rule_that_cannot_be_is_refused_with_what_would_be_valid(asked: QualityRule, said: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_rules({"things": contract(asked)})
    assert said in str(caught.value)
    assert "things.odcs.yaml" in str(caught.value) and asked.id in str(caught.value)


def test_every_built_in_contract_has_rules_that_can_be() -> None:
    contracts = load_contracts()
    assert contracts
    check_rules(contracts)
    identities = [one.id for contract in contracts.values() for one in checks_of(contract)]
    assert len(identities) == len(set(identities))


def test_every_built_in_rule_can_be_computed() -> None:
    """On one row of blanks and one of zeros: no rule may depend on what happens to be delivered."""
    contracts = load_contracts()
    connection = duckdb.connect()
    for name, one in contracts.items():
        columns = ", ".join(f'"{c.name}" {c.duckdb_type}' for c in one.columns)
        connection.execute(f'CREATE TABLE "{name}" ({columns}, row_ref BIGINT)')
        plain = {"VARCHAR": "'x'", "DATE": "DATE '2026-01-01'", "TIMESTAMP": "TIMESTAMP '2026-01-01'"}
        values = ", ".join(plain.get(c.duckdb_type, "CAST(0 AS " + c.duckdb_type + ")") for c in one.columns)
        connection.execute(f'INSERT INTO "{name}" SELECT {values}, {FILE_1 + 2}')
        nothing = ", ".join("NULL" for _ in one.columns)
        connection.execute(f'INSERT INTO "{name}" SELECT {nothing}, {FILE_1 + 3}')
    results = validate(connection, None, contracts, None)
    assert [(r.check_id, r.reason) for r in results if not r.computed or r.reason] == []
