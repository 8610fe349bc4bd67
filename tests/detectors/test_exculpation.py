"""An old explanation stops speaking for a subject when something new and material has come."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors import run
from detectors.header import DetectorError, check_header, load_retired, split_file
from detectors.own_values import check_settings
from schemas.contract import load_contracts
from schemas.settings import SettingsError, load_settings
from tests.detectors.cases import AS_OF, Bench

BENCH = Bench(load_contracts())
REVIEWED = "2026-03-31"


def standing(*others: tuple[str, str, str, str]) -> tuple[int, int]:
    """EX05 on provider u1 beside others (rule, subject type, subject id, last day): how many stand, how many went."""
    connection = BENCH.connection
    run.prepare(connection, BENCH.catalogue, load_settings(None), AS_OF)
    for code, subject_type, subject, last in [("EX05", "provider", "u1", REVIEWED), *others]:
        connection.execute("INSERT INTO raw_findings VALUES ($c, $s, '', DATE '2025-09-01', CAST($d AS DATE), 0.5, "
                           "NULL, 'unknown', '{}', 1, [1], $t)",
                           {"c": code, "s": subject, "d": last, "t": subject_type})
    run.build_findings(connection, BENCH.catalogue, None)
    left = connection.execute("SELECT count(*) FROM findings WHERE detector_id = 'EX05'").fetchone()
    gone = connection.execute("SELECT count(*) FROM withdrawn").fetchone()
    assert left and gone
    return left[0], gone[0]


def test_a_breach_that_reaches_past_the_review_withdraws_the_explanation() -> None:
    assert standing(("HC01", "provider", "u1", "2026-04-01")) == (0, 1)  # impossible
    assert standing(("HC07", "provider", "u1", "2026-04-01")) == (0, 1)  # breach


@pytest.mark.parametrize("other", [
    ("HC01", "provider", "u1", REVIEWED),  # known when it was reviewed
    ("HC01", "provider", "u2", "2026-04-01"),  # somebody else
    ("HC01", "person", "u1", "2026-04-01"),  # the same id of another kind
    ("HC11", "provider", "u1", "2026-06-01"),  # only unusual: a comparison goes on every night
    ("EX01", "provider", "u1", "2026-06-01"),  # speaks for the subject itself
])
def test_what_is_old_or_not_material_leaves_it(other: tuple[str, str, str, str]) -> None:
    assert standing(other) == (1, 0)


def test_a_withdrawn_explanation_is_accounted_for() -> None:
    assert standing(("HC01", "provider", "u1", "2026-04-01")) == (0, 1)
    rows = [run.LedgerRow.begin(BENCH.catalogue.detectors[code], "active") for code in ("EX05", "HC01")]
    for row in rows:
        row.population = 3
    run._fill_counts(BENCH.connection, rows, load_settings(None))
    assert (rows[0].fired, rows[0].excluded_by, rows[1].fired) == (0, {"overtaken_by_new": 1}, 1)


def test_only_exculpating_rules_are_overtaken() -> None:
    path = Path(run.__file__).parent / "catalogue" / "home_care" / "HC01_staff_in_two_places.sql"
    header, _ = split_file(path)
    with pytest.raises(DetectorError, match="exculpating only"):
        check_header(path.name, path, header | {"overtaken_by_new": True}, set())


def test_a_retired_code_is_never_used_again(tmp_path: Path) -> None:
    path = Path(run.__file__).parent / "catalogue" / "exculpating" / "EX05_explained_before.sql"
    header, _ = split_file(path)
    with pytest.raises(DetectorError, match="EX06 is retired since 2026-11-23; EX05 judges its cases now"):
        check_header("EX06_again.sql", tmp_path / "EX06_again.sql", header | {"code": "EX06"}, set())
    assert not set(load_retired()) & set(BENCH.catalogue.detectors)
    for entry in load_retired().values():
        assert entry["replaced_by"] in BENCH.catalogue.detectors and entry["because"]["sv"] and entry["because"]["en"]
    settings = tmp_path / "settings.yaml"
    settings.write_text("statuses: {EX07: draft}", encoding="utf-8")
    with pytest.raises(SettingsError, match="EX07 is retired"):
        check_settings(load_settings(settings), BENCH.catalogue)
