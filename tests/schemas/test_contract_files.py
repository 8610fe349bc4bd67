"""The contract files we ship: valid ODCS, loadable, equal to the fixed tables, and useful to a steward."""

from __future__ import annotations

import importlib.resources
import json
import re
from pathlib import Path
from typing import Any

import open_data_contract_standard
import pytest
import yaml
from jsonschema.validators import validator_for
from open_data_contract_standard.model import OpenDataContractStandard

from schemas.contract import Contract, fold_heading, load_contracts

SCHEMAS = Path(__file__).parents[2] / "schemas"
INPUTS = sorted((SCHEMAS / "datasets").rglob("*.odcs.yaml"))
OUTPUTS = sorted(SCHEMAS.glob("*.odcs.yaml"))

# What other systems are built against, typed by hand: folder, then each column with its type and
# K = key, R = required. "+" marks an optional column that we have added to the fixed table.
# s text, i integer, n number, m money, b boolean, d date, t timestamp, M month
TABLES: dict[str, tuple[str, str]] = {
    "providers": (
        "registers",
        "provider_id:sK name:s org_form:sR services:sR registered_on:d permit_from:d permit_to:d "
        "permit_places:i bank_account_token:s address_token:s contract_kind:s reimbursement_model:s "
        "deregistered_on:d+ bankruptcy_on:d+ f_tax:b+ permit_age_from:i+ permit_age_to:i+",
    ),
    "provider_roles": ("registers", "provider_id:sK person_token:sK role:sK role_from:dK role_to:d"),
    "associations": (
        "registers",
        "association_id:sK name:s category:s registered_on:d bank_account_token:s address_token:s "
        "parent_association_id:s+",
    ),
    "association_roles": ("registers", "association_id:sK person_token:sK role:sK role_from:dK role_to:d"),
    "persons": (
        "registers",
        "person_token:sK birth_year:i area_code:s address_token:s bank_account_token:s registered_from:d "
        "registered_to:d sex:s origin_group:s protected:b+ guardian_token:s+",
    ),
    "absences": (
        "registers",
        "person_token:sK kind:sK absent_from:tK absent_to:t reported_on:d+ reported_by_provider_id:s+",
    ),
    "supplier_payments": (
        "ledger",
        "payment_id:sK supplier_id:sR supplier_name:s booked_on:dR invoice_no:s amount_sek:mR account_no:s "
        "account_text:s unit:s bank_account_token:s credits_payment_id:s+",
    ),
    "home_care_decisions": (
        "home_care",
        "decision_id:sK client_token:sR provider_id:s valid_from:dR valid_to:d granted_minutes_per_month:iR "
        "double_staffed:b area_code:s decided_on:d+ night_granted:b+",
    ),
    "home_care_visits": (
        "home_care",
        "visit_id:sK client_token:sR provider_id:sR staff_token:sR started_at:tR ended_at:tR registration:sR "
        "edited_afterwards:b service:s planned_minutes:i area_code:s planned_start:t+ planned_end:t+ "
        "edited_at:t+ address_token:s+",
    ),
    "home_care_invoices": (
        "home_care",
        "invoice_id:sK provider_id:sR client_token:sR month:MR billed_minutes:iR amount_sek:mR invoiced_on:d "
        "bank_account_token:s credits_invoice_id:s+",
    ),
    "assistance_decisions": (
        "assistance",
        "decision_id:sK client_token:sR provider_id:s valid_from:dR valid_to:d hours_per_week:nR "
        "double_hours_per_week:n law:s decided_on:d+ raised_rate:b+",
    ),
    "assistance_shifts": (
        "assistance",
        "shift_id:sK client_token:sR provider_id:sR assistant_token:sR started_at:tR ended_at:tR kind:sR",
    ),
    "assistance_invoices": (
        "assistance",
        "invoice_id:sK provider_id:sR client_token:sR month:MR billed_hours:nR rate_sek:m amount_sek:mR "
        "invoiced_on:d bank_account_token:s credits_invoice_id:s+",
    ),
    "hvb_placements": (
        "hvb",
        "placement_id:sK client_token:sR provider_id:sR placed_on:dR left_on:d law:s agreed_rate_sek:mR "
        "framework_agreement:b last_followup_on:d+ extra_services:s+ extras_agreed_sek:m+",
    ),
    "hvb_invoices": (
        "hvb",
        "invoice_id:sK placement_id:sR provider_id:sR period_from:dR period_to:dR billed_days:iR "
        "amount_sek:mR extras_sek:m invoiced_on:d bank_account_token:s credits_invoice_id:s+",
    ),
    "income_support_members": ("income_support", "household_token:sK person_token:sK month:MK role:sR"),
    "income_support_applications": (
        "income_support",
        "application_id:sK household_token:sR month:MR adults:iR children:iR declared_income_sek:mR "
        "declared_rent_sek:m dwelling_token:s landlord_token:s municipality_code:s lease_ends_on:d+",
    ),
    "income_support_payments": (
        "income_support",
        "payment_id:sK household_token:sR month:MR paid_on:dR purpose:sR amount_sek:mR payee:sR "
        "bank_account_token:sR receipt_token:s credited:b+",
    ),
    "association_grants": (
        "associations",
        "grant_id:sK association_id:sR kind:sR committee:s year:iR applied_on:d decided_on:d paid_on:d "
        "applied_sek:m granted_sek:m paid_sek:mR bank_account_token:s purpose_text:s members_claimed:i+ "
        "activities_claimed:i+ purpose_code:s+ reported_on:d+",
    ),
    "association_members": (
        "associations",
        "association_id:sK member_token:sK year:iK birth_year:i fee_paid_on:d+ resident_here:b+",
    ),
    "association_activities": (
        "associations",
        "activity_id:sK association_id:sR started_at:tR ended_at:tR venue_token:s leader_token:s participants:iR "
        "counted_for_support:b+",
    ),
    "association_attendance": ("associations", "activity_id:sK member_token:sK"),
    "venue_bookings": (
        "associations",
        "booking_id:sK venue_token:sR association_id:s booked_from:tR booked_to:tR cancelled:b",
    ),
    "outcomes": (
        "review",
        "outcome_id:sK case_id:s subject_type:s subject_id:s reviewed_on:d listed_on:d outcome:sR recovered_sek:m "
        "note:s reviewer_group:s detector_id:s snooze_until:d snooze_owner:s snooze_reason:s",
    ),
}
TYPES = {
    "s": ("string", "VARCHAR"),
    "i": ("integer", "INTEGER"),
    "n": ("number", "DOUBLE"),
    "m": ("number", "DECIMAL(14,2)"),
    "b": ("boolean", "BOOLEAN"),
    "d": ("date", "DATE"),
    "t": ("timestamp", "TIMESTAMP"),
    "M": ("date", "DATE"),
}
VALUES = {
    ("providers", "org_form"): "ab hb ef ideell kommunal",
    ("providers", "contract_kind"): "lov lou framework direct own",
    ("providers", "reimbursement_model"): "performed granted level appropriation",
    ("provider_roles", "role"): "board chair ceo owner beneficial_owner deputy auditor signatory",
    ("associations", "category"): "sport culture youth religious ethnic other",
    ("association_roles", "role"): "board chair treasurer auditor leader",
    ("absences", "kind"): "hospital short_term_care hvb custody abroad deceased",
    ("home_care_visits", "registration"): "tag app phone manual",
    ("home_care_visits", "service"): "personal_care service meal safety other",
    ("assistance_decisions", "law"): "lss sfb",
    ("assistance_shifts", "kind"): "active awake_standby home_standby",
    ("hvb_placements", "law"): "sol lvu lsu",
    ("income_support_members", "role"): "applicant co_applicant child",
    ("income_support_payments", "purpose"): ("norm rent electricity dental medical furniture moving debt other"),
    ("income_support_payments", "payee"): "household landlord third_party",
    ("association_grants", "kind"): "activity start rent project equipment",
    ("outcomes", "subject_type"): "provider association person household account address landlord",
    ("outcomes", "outcome"): "confirmed explained data_error referred open",
}
SAME_IN_SWEDISH = frozenset({"hvb", "person", "lov", "lou", "sol", "lvu", "lsu"})
OUTPUT_COLUMNS = {
    "findings": (
        "finding_id detector_id detector_version kind concept domain subject_type subject_id period_from "
        "period_to strength amount_sek amount_kind facts n_evidence evidence link_group"
    ),
    "ranked": (
        "rank rank_in_type subject_type subject_id score amount_sek contributions concepts state first_seen "
        "link_group groups case_id place back_because listed"
    ),
    "cases": (
        "case_id subject_type subject_id state why first_seen last_seen rank score plain_score severity findings "
        "history outcome outcome_on outcome_group snooze_owner snooze_reason snooze_until back_because resting "
        "judged groups changed_on snooze_group"
    ),
    "resolved_outcomes": (
        "case_id subject_type subject_id detector_id outcome reviewed_on reviewer_group recovered_sek"
    ),
    "detector_ledger": (
        "detector_id detector_version domain kind status outcome reason reason_en population evaluated "
        "excluded excluded_by fired findings new suppressed share warning seconds observed_since last_fired reviewed "
        "confirmed precision precision_low precision_high weight"
    ),
    "reconciliation": (
        "dataset file sha256 status rows_received rows_loaded rows_replaced rows_quarantined rows_refused "
        "rows_skipped sek_received sek_loaded sek_replaced sek_quarantined sek_refused sek_skipped message"
    ),
}
# Headings that say the column holds a person's number, name or whereabouts in clear text.
IN_CLEAR = re.compile(
    r"person(nummer|nr)|\bpnr\b|samordning|organisationsn|\borg\.?n|telefonn|mobiln|e-?post|mail|adress$|gatu|postn|"
    r"bankgiro|plusgiro|\bclearing|förnamn|efternamn"
)
SHIPPED = load_contracts([SCHEMAS / "datasets"])


@pytest.fixture(scope="module")
def odcs_schema() -> Any:
    text = importlib.resources.files(open_data_contract_standard).joinpath("schema.json").read_text("utf-8")
    schema = json.loads(text)
    return validator_for(schema)(schema)


def _columns(dataset: str) -> list[tuple[str, str, str]]:
    """(name, type letter, flags) of the table above."""
    pairs = (word.split(":") for word in TABLES[dataset][1].split())
    return [(name, kind[0], kind[1:]) for name, kind in pairs]


@pytest.mark.parametrize("path", INPUTS + OUTPUTS, ids=lambda path: path.name.split(".")[0])
def test_valid_odcs(path: Path, odcs_schema: Any) -> None:
    """The package's classes ignore unknown keys below the top; the standard's own JSON schema does not."""
    document = yaml.safe_load(path.read_text("utf-8"))
    OpenDataContractStandard(**document)
    faults = [f"{list(fault.absolute_path)}: {fault.message[:120]}" for fault in odcs_schema.iter_errors(document)]
    assert faults == []
    misspelt = json.loads(json.dumps(document, default=str))
    misspelt["schema"][0]["properties"][0]["requred"] = True
    assert not odcs_schema.is_valid(misspelt)


def test_every_dataset_has_one_contract_in_its_folder() -> None:
    assert sorted(SHIPPED) == sorted(TABLES)
    assert {n: c.path.parent.name for n, c in SHIPPED.items()} == {n: t[0] for n, t in TABLES.items()}
    for name, contract in SHIPPED.items():
        assert contract.path.name == f"{name}.odcs.yaml"
        assert contract.domain == contract.path.parent.name


@pytest.mark.parametrize("dataset", TABLES)
def test_columns_are_those_of_the_fixed_table(dataset: str) -> None:
    contract, expected = SHIPPED[dataset], _columns(dataset)
    assert list(contract.column_names) == [name for name, _, _ in expected]
    assert contract.key == tuple(name for name, _, flags in expected if "K" in flags)
    for name, letter, flags in expected:
        column = contract.column(name)
        assert (column.logical_type, column.duckdb_type) == TYPES[letter], name
        assert column.month == (letter == "M"), name
        assert column.required == bool(set(flags) & {"K", "R"}), name
        assert column.description.startswith("Valfritt tillägg") == ("+" in flags), name
        assert not column.unique, "a later file may bring the same row again; the key takes care of it"
        assert not ("+" in flags and column.required), name


def test_enumerations_are_those_of_the_fixed_table() -> None:
    found = {(d, c.name): c.allowed_values for d, k in SHIPPED.items() for c in k.columns if c.allowed_values}
    assert found == {place: tuple(words.split()) for place, words in VALUES.items()}
    for (dataset, name), allowed in found.items():
        swedish = set(SHIPPED[dataset].column(name).value_aliases.values()) | SAME_IN_SWEDISH
        assert set(allowed) <= swedish, f"{dataset}.{name}: a value without a Swedish word"


def test_audit_only_and_free_text_columns() -> None:
    audit = {(d, c.name) for d, k in SHIPPED.items() for c in k.columns if c.audit_only}
    assert audit == {("persons", "sex"), ("persons", "origin_group")}
    free = {(d, c.name) for d, k in SHIPPED.items() for c in k.columns if c.free_text}
    assert free == {
        ("providers", "name"),
        ("associations", "name"),
        ("supplier_payments", "supplier_name"),
        ("supplier_payments", "account_text"),
        ("association_grants", "purpose_text"),
        ("hvb_placements", "extra_services"),
        ("outcomes", "note"),
        ("outcomes", "snooze_reason"),
    }


def test_money_and_time_columns_are_declared() -> None:
    for name, contract in SHIPPED.items():
        amounts = [c.name for c in contract.columns if c.name in ("amount_sek", "paid_sek", "recovered_sek")]
        assert ([contract.money_column] if contract.money_column else []) == amounts, name
        moments = [c for c in contract.columns if c.required and c.logical_type in ("date", "timestamp")]
        assert contract.time_column is not None or not moments, name
    keyless = [name for name, contract in SHIPPED.items() if contract.generate_key]
    assert keyless == ["outcomes", "supplier_payments"]


@pytest.mark.parametrize("dataset", TABLES)
def test_headings_lead_to_one_column_and_show_no_person(dataset: str) -> None:
    contract: Contract = SHIPPED[dataset]
    owner: dict[str, str] = {}
    for column in contract.columns:
        assert column.aliases, f"{column.name}: what does a Swedish export call it?"
        folded = {fold_heading(heading) for heading in (column.name, *column.aliases)}
        for heading in folded:
            assert owner.setdefault(heading, column.name) == column.name, heading
            assert not IN_CLEAR.search(heading), f"{column.name}: '{heading}' promises personal data"
            if column.name.endswith("_token"):
                assert "namn" not in heading, f"{column.name}: '{heading}' promises a name"
            plain = heading.translate(str.maketrans("åäöé", "aaoe"))
            assert plain in folded, f"{column.name}: '{heading}' also comes without å ä ö"


@pytest.mark.parametrize(
    ("text", "in_clear"),
    [
        ("personnr", True),
        ("orgnr", True),
        ("org.nr", True),
        ("adress", True),
        ("e-post", True),
        ("adresstoken", False),
        ("personkod", False),
        ("organisationsform", False),
        ("personal", False),
    ],
)
def test_what_counts_as_personal_data_in_a_heading(text: str, in_clear: bool) -> None:
    assert bool(IN_CLEAR.search(text)) == in_clear


def test_totals_rows_are_recognised_but_companies_are_not() -> None:
    declared = {n: c.ignore_rows for n, c in SHIPPED.items() if c.ignore_rows and not c.hand_written}
    assert set(declared) == {name for name, c in SHIPPED.items() if c.money_column and name != "outcomes"}, (
        "every dataset of money may arrive with a totals row"
    )
    for name, ignore in declared.items():
        for total in ("Summa", "TOTALT", "Delsumma:", "slutsumma", " Total "):
            assert re.search(ignore.matches, total), (name, total)
        for company in ("Total Hygien AB", "Summa Kapital AB", "Totaltjänst", "S100"):
            assert not re.search(ignore.matches, company), (name, company)


@pytest.mark.parametrize("dataset", TABLES)
def test_checks_say_something_a_steward_wants(dataset: str) -> None:
    rules = SHIPPED[dataset].all_quality
    assert len(rules) >= 3
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        assert len(rule.description) > 20, rule.id
        if rule.expectation == "unexpected_rows_expectation":
            query = rule.kwargs["unexpected_rows_query"]
            assert query.startswith("SELECT * FROM {batch} WHERE "), f"{rule.id}: row_ref must be selected"
        elif "mostly" in rule.kwargs:
            assert rule.severity == "info", f"{rule.id}: a share cannot say which rows to quarantine"
        if rule.severity == "error":
            assert "count(*) >= 20" in str(rule.kwargs), f"{rule.id}: a few bad rows must not refuse a file"


def test_checks_exist_in_great_expectations_and_take_their_arguments() -> None:
    core = pytest.importorskip("great_expectations.expectations.core")
    named = {getattr(cls, "expectation_type", None): cls for cls in vars(core).values() if isinstance(cls, type)}
    known: dict[str, Any] = {name: cls for name, cls in named.items() if isinstance(name, str)}
    for contract in SHIPPED.values():
        for rule in contract.all_quality:
            assert rule.expectation in known, rule.id
            assert set(rule.kwargs) <= set(known[rule.expectation].__fields__), rule.id
            known[rule.expectation](**rule.kwargs)


@pytest.mark.parametrize("name", OUTPUT_COLUMNS)
def test_output_contracts_have_the_published_columns(name: str) -> None:
    (table,) = yaml.safe_load((SCHEMAS / f"{name}.odcs.yaml").read_text("utf-8"))["schema"]
    assert [column["name"] for column in table["properties"]] == OUTPUT_COLUMNS[name].split()
    assert any(column.get("primaryKey") for column in table["properties"])
    assert all(column["description"] for column in table["properties"])


def test_output_contracts_are_no_inputs() -> None:
    assert {path.name.split(".")[0] for path in OUTPUTS} == set(OUTPUT_COLUMNS)
    assert not set(OUTPUT_COLUMNS) & set(load_contracts())
