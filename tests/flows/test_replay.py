"""What-if on stored runs: what comes and goes, what is refused, and that the stored run is left as it was."""

from __future__ import annotations

import datetime
import hashlib
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.cli import main
from schemas.workspace import Workspace
from tests.flows.conftest import PROVIDERS, payments

LIMIT = "LP01.min_amount"


def digest(folder: Path) -> dict[str, str]:
    """Hash of every file of a workspace, its lock file aside."""
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock"}


def night(inbox: Path, workspace: Path, day: str = "2026-11-22", settings: Path | None = None) -> str:
    more = ["--settings", str(settings)] if settings else []
    assert main(["night", "--inbox", str(inbox), "--workspace", str(workspace), "--as-of", day, *more]) == 0
    return (workspace / "latest").resolve().name


def replay(workspace: Path, *changes: str, run: str = "latest", page: Path | None = None) -> int:
    sets = [word for change in changes for word in ("--set", change)]
    return main(["replay", run, *sets, "--workspace", str(workspace), *(["--page", str(page)] if page else [])])


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A workspace of two nights that every test only reads: its folder, the first run, the second."""
    root = tmp_path_factory.mktemp("replay")
    inbox, place = root / "inbox", root / "workspace"
    inbox.mkdir()
    (inbox / "providers_2026-11-22.csv").write_text(PROVIDERS, encoding="utf-8")
    (inbox / "supplier_payments_2026-11-22.csv").write_text(payments(), encoding="utf-8")
    # reviewed cases on suppliers that were paid twice, one of them for another rule
    (inbox / "outcomes_2026-11-22.csv").write_text(
        "subject_type;subject_id;reviewed_on;outcome;reviewer_group;detector_id\n"
        "provider;s1;2026-10-01;explained;sg-tvar;LP01\nprovider;s3;2026-10-01;confirmed;sg-tvar;LP05\n",
        encoding="utf-8")
    first = night(inbox, place)
    (inbox / "supplier_payments_2026-11-23.csv").write_text(
        "payment_id;supplier_id;supplier_name;booked_on;invoice_no;amount_sek\n"
        "x1;s9;Firma s9;2026-11-01;X1;5000,00\nx2;s9;Firma s9;2026-11-05;X1;5000,00\n", encoding="utf-8")
    return place, first, night(inbox, place, "2026-11-23")


@pytest.fixture
def workspace(nights: tuple[Path, str, str]) -> Path:
    return nights[0]


def rule_line(text: str) -> list[int]:
    """Findings before, after, gained, lost, changed of LP01."""
    line = next(line for line in text.splitlines() if line.startswith("  LP01") and "min_amount" not in line)
    return [int(number) for number in re.findall(r"(?<=\s)\d+", line)][-5:]


def test_a_higher_limit_loses_and_the_run_is_left_alone(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digest(workspace)
    page = tmp_path / "what-if.html"
    capsys.readouterr()
    assert replay(workspace, f"{LIMIT}=90000", page=page) == 0
    told = capsys.readouterr().out
    assert digest(workspace) == before
    found, after, gained, lost, _ = rule_line(told)
    assert found > 0 and (after, gained, lost) == (0, 0, found)
    explained = next(line for line in told.splitlines() if "  förklarat  " in line)
    assert "fynd faller bort" in explained and "ärendet" not in explained  # that had left the list already
    confirmed = next(line for line in told.splitlines() if "  bekräftat  " in line)
    assert "LP05" in confirmed and "fynd" not in confirmed and "ärendet faller bort" in confirmed  # another rule's
    assert f"{found - 1} före, 0 efter; 0 tillkom, {found - 1} föll bort" in told  # cases
    assert "Avvikelse att granska" in told
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html and "http-equiv" in html and "src=" not in html and "Föll bort" in html
    assert page.stat().st_mode & 0o077 == 0


def test_the_same_value_changes_nothing(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    present = re.search(r"min_amount\)? +(\d+)", _shown(workspace, capsys))
    assert present
    assert replay(workspace, f"{LIMIT}={present[1]}") == 0
    found, after, gained, lost, changed = rule_line(capsys.readouterr().out)
    assert found == after > 0 and (gained, lost, changed) == (0, 0, 0)


def _shown(workspace: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert replay(workspace, f"{LIMIT}=90000") == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("change", "says"), [
    ("LP1.min_amount=3", "nearest is LP"), ("LP01.min_amont=3", "nearest is min_amount"),
    ("LP01.min_amount=soon", "must be a number"),
    ("LP01.min_amount", "HC01.min_overlap_minutes=30"), ("LP01=3", "HC01.min_overlap_minutes=30"),
])
def test_wrong_changes_are_usage(
    workspace: Path, change: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert replay(workspace, change) == 2
    assert says in capsys.readouterr().err


def test_wrong_places_are_usage(workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = (workspace / "latest").resolve().name
    assert replay(workspace, f"{LIMIT}=90000", run="2026-01-01-00000000") == 2
    assert run in capsys.readouterr().err
    assert replay(workspace, f"{LIMIT}=90000", f"{LIMIT}=2") == 2
    assert replay(workspace, f"{LIMIT}=90000", page=workspace / "runs" / run / "reports" / "x.html") == 2
    assert replay(workspace, f"{LIMIT}=90000", page=tmp_path / "nowhere" / "x.html") == 2
    assert replay(tmp_path / "nowhere", f"{LIMIT}=90000") == 2


def test_the_settings_of_the_run_hold(inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("parameters: {LP01: {min_amount: {value: 90000, because: t, decided: 2026-01-01, by: t}}}\n")
    place = tmp_path / "own"
    night(inbox, place, settings=settings)
    capsys.readouterr()
    assert replay(place, f"{LIMIT}=500") == 0
    told = capsys.readouterr().out
    assert re.search(r"min_amount\)? +90.000 +500 ", told)
    found, after, gained, _, _ = rule_line(told)
    assert (found, gained) == (0, after) and after > 0


def test_an_older_run_is_read_from_its_own_state(
    nights: tuple[Path, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, first, second = nights
    workspace = tmp_path / "copy"
    shutil.copytree(kept, workspace, symlinks=True)
    assert replay(workspace, f"{LIMIT}=90000", run=first) == 0
    older = rule_line(capsys.readouterr().out)
    assert replay(workspace, f"{LIMIT}=90000", run=second) == 0
    newer = rule_line(capsys.readouterr().out)
    assert newer[0] == older[0] + 1

    # its state is gone: built again from the typed copies, with the same result and the workspace untouched
    for state in Workspace(workspace).kept_states():
        state.unlink()
    before = digest(workspace)
    assert replay(workspace, f"{LIMIT}=90000", run=first) == 0
    told = capsys.readouterr().out
    assert "byggs på nytt" in told and rule_line(told) == older
    assert digest(workspace) == before

    # and when a copy is gone too, the runs that can be replayed are named
    next((workspace / "staging").glob("providers-*.parquet")).unlink()
    assert replay(workspace, f"{LIMIT}=90000", run=first) == 2
    assert second in capsys.readouterr().err


def test_the_ledger_of_the_last_run_is_listed(
    nights: tuple[Path, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    place, _, second = nights
    capsys.readouterr()
    assert main(["detectors", "--last-run", "--workspace", str(place)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == second
    row = next(line for line in told if line.startswith("LP01 ")).split()
    assert row[1] == "kördes" and row[5:7] == ["3", "1"]  # three suppliers fired, one of them new
    assert any(line.startswith("HC01 ") and "underlag saknas: home_care_visits" in line for line in told)
    assert main(["detectors", "LP01", "--last-run", "--workspace", str(place)]) == 0
    assert "1 regler, 1 kördes, 1 träffade" in capsys.readouterr().out
    assert main(["detectors", "ZZ01", "--last-run", "--workspace", str(place)]) == 2


def test_what_review_has_explained_is_silent_in_a_what_if_too(nights: tuple[Path, str, str]) -> None:
    """The order before the change is the run's own: judged findings, weights and links as they were that night."""
    from detectors.replay import State, parse_changes, what_if
    from detectors.run import catalogue_for
    from flows.replay import settings_of_run
    from flows.stored_state import stored_state
    from schemas.groups import load_groups
    from schemas.source_mapping import contracts_for
    from schemas.warehouse import delivered_columns
    from schemas.warehouse_load import read_files

    place, _, second = nights
    folder = place / "runs" / second
    settings = settings_of_run(folder)
    contracts = contracts_for(settings)
    catalogue, day = catalogue_for(contracts), datetime.date(2026, 11, 23)
    cases = pq.read_table(folder / "cases.parquet").to_pylist()
    assert any(row["resting"] for row in cases)
    with stored_state(Workspace(place), folder, settings, contracts) as warehouse:
        delivered = delivered_columns(read_files(warehouse.connection), contracts)
        state = State(warehouse.connection, folder, day, settings, load_groups(), delivered)
        found = what_if(state, catalogue, parse_changes([f"{LIMIT}=1"], catalogue, settings, day))
    ranked = pq.read_table(folder / "ranked.parquet")
    assert found["subjects_before"] == ranked.num_rows
    assert found["money_before"] == str(sum(filter(None, ranked["amount_sek"].to_pylist())))
