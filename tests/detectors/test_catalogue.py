"""Rules about rules: what every file of the catalogue must hold."""

from __future__ import annotations

import json
import re
import string

import pytest

from detectors import run
from detectors.detector import Catalogue, Detector
from detectors.header import load_law_values
from detectors.methods import bind
from detectors.own_history import FACTS
from schemas.contract import load_contracts
from schemas.settings import load_settings
from tests.detectors.cases import AS_OF, FOLDER, Bench, case_files, load_cases

CONTRACTS = load_contracts()
CATALOGUE = run.catalogue_for(CONTRACTS)
DETECTORS = list(CATALOGUE.detectors.values())
PREFIX = {"home_care": "HC", "assistance": "PA", "hvb": "HV", "income_support": "IS", "associations": "AG",
          "ledger": "LP", "cross_domain": "XD", "exculpating": "EX"}
ACCUSING = re.compile(
    r"\b(fraud|guilty|criminal|cheat|bedrägeri|bedragare|skyldig|brottsling|fusk\w*|kriminell\w*)\b", re.I)
METHOD_FACTS = {
    "peer": {"own_value", "peer_median", "peer_p95", "peer_fence", "peer_n"},
    "isolation_forest": {"peer_n", "percentile", "n_periods"}
    | {f"{name}_{i}" for name in ("own", "median", "p95") for i in (1, 2, 3)}
    | {f"feature_{i}_{lang}" for i in (1, 2, 3) for lang in ("sv", "en")}
    | {"differences_sv", "differences_en"},
    "rule": set(), "link": set(),
}


def ids(detector: Detector) -> str:
    return detector.code


@pytest.mark.parametrize("detector", DETECTORS, ids=ids)
def test_code_matches_its_folder(detector: Detector) -> None:
    assert detector.code[:2] == PREFIX[detector.domain]


@pytest.mark.parametrize("detector", DETECTORS, ids=ids)
def test_sentence_uses_only_facts_the_select_gives(detector: Detector) -> None:
    own_history = (detector.header.get("peers") or {}).get("compare") == "own_history"
    given = (set(detector.fact_columns) | (set(FACTS) if own_history else METHOD_FACTS[detector.method])
             | {"subject_id", "period_from", "period_to", "amount_sek", "n_evidence"})
    for text in detector.header["sentence"].values():
        named = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        assert named and named <= given, f"facts unknown to the SELECT: {named - given}"


@pytest.mark.parametrize("detector", DETECTORS, ids=ids)
def test_words_never_accuse(detector: Detector) -> None:
    texts = json.dumps({k: detector.header[k] for k in ("title", "sentence", "next_step", "why", "innocent")},
                       ensure_ascii=False)
    assert not ACCUSING.search(texts), ACCUSING.findall(texts)


@pytest.mark.parametrize("detector", DETECTORS, ids=ids)
def test_every_detector_has_hit_innocent_and_boundary_cases(detector: Detector) -> None:
    path = FOLDER / detector.domain / f"{detector.code}.yaml"
    assert path.exists(), f"write {path.relative_to(FOLDER.parent)}"
    kinds = {case.kind for case in load_cases(path)}
    assert {"hit", "innocent", "boundary"} <= kinds, f"cases of kind {sorted(kinds)} only"
    for case in load_cases(path):
        if case.kind == "hit":
            assert case.expect, f"{case.name}: a hit expects findings"
        if case.kind == "innocent":
            assert case.expect == [], f"{case.name}: an innocent case expects none"


@pytest.mark.parametrize("detector", DETECTORS, ids=ids)
def test_hits_show_evidence(detector: Detector) -> None:
    if detector.method == "link":
        return  # an edge names one source row, row_ref
    assert "evidence" in detector.result_columns, "every reason needs rows behind it (gate C2)"
    cases = load_cases(FOLDER / detector.domain / f"{detector.code}.yaml")
    assert any("evidence" in e or "n_evidence" in e for c in cases if c.kind == "hit" for e in c.expect)


def test_no_file_is_refused() -> None:
    assert CATALOGUE.faults == ()


def test_case_files_belong_to_a_detector() -> None:
    for path in case_files():
        assert path.stem in CATALOGUE.detectors, f"{path.name} has no detector"


def test_cases_show_rows_of_the_contracts_only() -> None:
    for path in case_files():
        for case in load_cases(path):
            assert set(case.tables) | set(case.tables_sql) <= set(CONTRACTS)


def test_people_are_touched_by_rules_alone() -> None:
    for detector in DETECTORS:
        if detector.subject_type in ("person", "household"):
            assert detector.method == "rule", f"{detector.code} scores people"


def test_law_values_are_dated_and_sourced() -> None:
    for name, spec in load_law_values().items():
        assert spec["meaning"]["sv"] and spec["meaning"]["en"] and spec["unit"] and spec["last_checked"], name
        assert spec["values"], name
        for value in spec["values"]:
            assert value["from"] and value["reference"], name


def test_every_view_runs_on_empty_tables() -> None:
    bench = Bench(CONTRACTS)
    run.prepare(bench.connection, Catalogue({}, {}), load_settings(None), AS_OF)
    for view in CATALOGUE.views.values():
        values = bind(view.run_sql, {"as_of": AS_OF, "since": AS_OF})
        columns = [d[0] for d in bench.connection.execute(view.run_sql, values).description]
        assert tuple(columns) == view.columns


def test_the_sample_settings_open_every_gate() -> None:
    settings = load_settings(FOLDER.parents[1] / "data_samples" / "settings.yaml")
    gated = {d.code for d in DETECTORS if d.gate == "P2" and d.status == "active"}
    assert gated <= set(settings.gates)
