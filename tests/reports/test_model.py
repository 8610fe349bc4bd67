"""The content of the reports: need-to-know, sums that hold, and a golden file."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from reports.edition import Edition
from reports.html import group_page, size_budget
from reports.load import Run, RunError, load_run
from reports.model import GroupModel
from reports.page import to_json
from reports.shares import fair_shares, rounded_parts
from tests.reports.run_builder import build

GOLDEN = Path(__file__).parents[1] / "golden" / "reports"
GROUPS = ("sg-hemtjanst", "sg-assistans", "sg-hvb", "sg-bistand", "sg-forening", "sg-tvar")


@pytest.fixture(scope="module")
def run(run_dir: Path) -> Run:
    return load_run(run_dir)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_golden_model(run: Run, language: str) -> None:
    """Two small groups whole. AVVIK_UPDATE_GOLDEN=1 writes the file anew: read the difference before committing."""
    models = {group: GroupModel(run, run.groups[group], language).as_json() for group in ("sg-forening", "sg-bistand")}
    text = json.dumps(json.loads(to_json(models)), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path = GOLDEN / f"model.{language}.json"
    if os.environ.get("AVVIK_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("group", GROUPS)
def test_contributions_shown_add_up_to_the_score(run: Run, group: str) -> None:
    """Gate C3, also as rounded on the page."""
    model = GroupModel(run, run.groups[group], "sv")
    for at, case in enumerate(model.cases):
        points = [part[1] for part in model.detail(at)["contributions"]]
        assert abs(sum(points) - case["score"]) <= 1e-9
        assert abs(sum(rounded_parts(points, case["score"])) - round(case["score"], 2)) <= 1e-9


@pytest.mark.parametrize("group", GROUPS)
def test_every_reason_has_evidence_with_file_and_line(run: Run, group: str) -> None:
    """Gate C2, even when the page has room for one row a case only."""
    model = GroupModel(run, run.groups[group], "sv")
    for at, case in enumerate(model.cases):
        detail = model.detail(at, limit=1)
        assert {finding["detector"] for finding in detail["findings"]} == set(case["reasons"])
        for finding in detail["findings"]:
            rows = [row for block in finding["evidence"] for row in block["rows"]]
            assert rows and all(row[0].endswith(".csv") and row[1] > 1 for row in rows)


def test_another_groups_findings_are_only_said_to_exist(run: Run) -> None:
    model = GroupModel(run, run.groups["sg-hemtjanst"], "sv")
    detail = model.detail(0)
    assert model.items[0].subject == ("provider", "U000")
    assert detail["elsewhere"] == [["Tvärgående nätverk", "Säkerhetschef, kommunstyrelsens förvaltning"]]
    assert ["other_groups", pytest.approx(11.333333)] in detail["contributions"]
    text = to_json(detail)
    assert "XD01" not in text and "assistance_shifts" not in text and "mellan hemtjänst och assistans" not in text


def test_tokens_are_shown_only_where_persons_are_visible(run: Run) -> None:
    grants, home = (GroupModel(run, run.groups[name], "sv") for name in ("sg-forening", "sg-hemtjanst"))
    hidden = to_json(grants.as_json())
    assert "person 1" in hidden and "Ledaren person 1 ledde 5 aktiviteter" in hidden
    for finding in run.findings[("association", "F000")]:
        for row in run.evidence.rows(finding["finding_id"]):
            assert row["values"]["leader_token"][:8] not in hidden
    token = run.evidence.rows(run.findings[("provider", "U003")][0]["finding_id"])[0]["values"]["client_token"]
    visible = to_json(home.as_json())
    assert token[:10] + "…" in visible and token not in visible


def test_free_text_and_unnamed_facts(run: Run) -> None:
    model = GroupModel(run, run.groups["sg-hemtjanst"], "sv")
    sentences = [finding["sentence"] for at in range(8) for finding in model.detail(at)["findings"]]
    assert "0,62 av besöken registrerades manuellt; uppgift saknas besök i perioden." in sentences
    paid = [finding["sentence"] for at in range(64) for finding in model.detail(at)["findings"]
            if finding["detector"] == "LP01"]
    assert paid == ["2 betalningar är lika, 4\u00a0938 kr; belopp 4\u00a0938."], "the finding's own columns serve too"
    nameless = next(case for case in model.cases if case["subject"] == "U005")
    assert nameless["subject_type"] == "provider"


def test_money_is_never_added_across_kinds(run: Run) -> None:
    head = GroupModel(run, run.groups["sg-hemtjanst"], "sv").head()
    exact = sum(1234.5 + 1000 * at for at in range(64))
    estimate = sum(52300.0 - at for at in range(0, 64, 3))
    assert head["money"] == {"exact": exact, "cap": 4938.0, "estimate": estimate}
    assert head["deviations"] == 64 and head["meeting"] == "2026-11-10" and head["since_meeting"] == head["new"] == 26


def test_a_subject_only_other_groups_know_is_not_listed(run: Run) -> None:
    across = GroupModel(run, run.groups["sg-tvar"], "sv")
    assert [case["subject_type"] for case in across.cases] == ["provider"]
    assert {f["detector"] for f in across.detail(0)["findings"]} == {"XD01"}


def test_who_is_too_weak_for_the_list_is_shown_after_it_and_counted_apart(run: Run) -> None:
    group = run.groups["sg-hemtjanst"]
    whole = GroupModel(run, group, "sv")
    last = [case.row["rank"] for case in whole.items[-3:]]
    weak = replace(run, ranked=[{**row, "listed": row["rank"] not in last} for row in run.ranked])
    model = GroupModel(weak, group, "sv")
    assert [case["id"] for case in model.cases] == [case["id"] for case in whole.cases], "nobody is lost"
    assert [case["listed"] for case in model.cases] == [True] * 61 + [False] * 3
    head, before = model.head(), whole.head()
    assert (head["deviations"], head["weak"], before["deviations"], before["weak"]) == (61, 3, 64, 0)
    assert head["money"]["exact"] == before["money"]["exact"] - sum(
        case["amounts"]["exact"] for case in whole.cases[-3:])
    older = replace(run, ranked=[{k: v for k, v in row.items() if k != "listed"} for row in run.ranked])
    assert GroupModel(older, group, "sv").listed == 64, "a run from before lists everybody"


def test_rows_are_shared_fairly() -> None:
    assert fair_shares([230, 2, 3, 4], 200) == [191, 2, 3, 4]
    assert fair_shares([5, 5, 5], 2) == [1, 1, 1], "every finding keeps one row"
    assert fair_shares([], 10) == [] and fair_shares([0, 3], 10) == [0, 3]


def test_five_thousand_subjects_fit_the_gate(tmp_path: Path) -> None:
    """Gate U1, the size: every subject has findings, evidence and thirty nights; every finding keeps a row."""
    large = load_run(build(tmp_path / "run", providers=5_000))
    page = group_page(GroupModel(large, large.groups["sg-hemtjanst"], "sv"))
    assert len(page.encode()) <= 2_000_000


def test_size_budget_stays_under_the_gates() -> None:
    assert size_budget(10) == size_budget(5000) < 2_000_000 and size_budget(50_000) < 12_000_000


@pytest.mark.parametrize("name", ["run.json", "findings.parquet", "groups.json", "evidence.parquet"])
@pytest.mark.parametrize("damage", ["gone", "broken"])
def test_a_damaged_run_names_the_file_and_the_remedy(tmp_path: Path, name: str, damage: str) -> None:
    folder = build(tmp_path / "run", providers=3)
    (folder / name).unlink()
    if damage == "broken":
        (folder / name).write_bytes(b"secret 19121212-1212")
    with pytest.raises(RunError, match=name.replace(".", r"\.")) as error:
        load_run(folder)
    assert "run the night again" in str(error.value) and "secret" not in str(error.value)


def test_an_edition_can_only_hide_re_key_and_leave_out(run: Run) -> None:
    def coded(kind: str, value: str) -> str:
        return "X" + hashlib.sha256(f"{kind}/{value}".encode()).hexdigest()[:8]

    edition = Edition(name="other", case_id=coded, rekey=coded, includes=lambda kind, own: own != "U003",
                      hidden_columns=frozenset({"edited_afterwards"}), tells_elsewhere=False, mark={"sv": "Utdrag"})
    plain = GroupModel(run, run.groups["sg-hemtjanst"], "sv")
    other = GroupModel(run, run.groups["sg-hemtjanst"], "sv", edition)
    assert len(other.cases) == len(plain.cases) - 1 and "U003" not in {item.subject[1] for item in other.items}
    assert [case["rank"] for case in other.cases] == list(range(1, len(other.cases) + 1))
    assert not {case["id"] for case in other.cases} & {case["id"] for case in plain.cases}
    assert other.detail(0)["elsewhere"] == [] and plain.detail(0)["elsewhere"]
    text = to_json(other.as_json())
    for subject in (("provider", "U000"), ("provider", "U001")):
        for finding in run.findings[subject]:
            for row in run.evidence.rows(finding["finding_id"]):
                tokens = [value for name, value in row["values"].items()
                          if name.endswith("_token") and value != subject[1]]
                assert tokens and not any(token[:10] in text for token in tokens)
    assert "edited_afterwards" not in text and "edited_afterwards" in to_json(plain.as_json())
    page = group_page(other)
    assert "Utdrag" in page and "Arbetsmaterial" not in page
    hidden = GroupModel(run, run.groups["sg-hemtjanst"], "sv", Edition(persons_visible=False))
    assert "person 1" in to_json(hidden.detail(0)) and not GroupModel(
        run, run.groups["sg-hvb"], "sv", Edition(persons_visible=True)).persons_visible
