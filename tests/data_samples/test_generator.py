"""The generator: deterministic, keys that fit, no overlaps but planted ones, labelled look-alikes, no identities."""

from __future__ import annotations

import csv
import gzip
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from data_samples import assistance, build, generate, town
from data_samples.lookalikes import LOOKALIKES
from data_samples.model import COLUMNS, Town
from data_samples.schemes import REGISTRY
from data_samples.schemes.assistance import active_nights, standby_share
from data_samples.schemes.case import Case

AS_OF = date(2026, 11, 22)
SAMPLE = Path(build.__file__).parent
DOMAINS = {"HC": 19, "PA": 15, "HV": 13, "IS": 14, "AG": 16, "LP": 10, "XD": 15}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small town without schemes, clean files."""
    out = tmp_path_factory.mktemp("clean")
    generate(out, 0.02, 5, AS_OF, mess=False, schemes=0)
    return out


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small town with every scheme once."""
    out = tmp_path_factory.mktemp("planted")
    generate(out, 0.05, 6, AS_OF, mess=False)
    return out


def rows(folder: Path, dataset: str) -> list[dict[str, str]]:
    with next(folder.glob(f"{dataset}_2*.csv")).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def truth(folder: Path) -> list[dict[str, object]]:
    return yaml.safe_load((folder / "planted.yaml").read_text(encoding="utf-8"))["planted"]


def contents(folder: Path) -> dict[str, object]:
    """File name -> bytes, unpacked where the packing depends on a library's version."""
    found: dict[str, object] = {}
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        data = path.read_bytes()
        if path.suffix == ".gz":
            found[path.name] = gzip.decompress(data)
        elif path.suffix == ".parquet":
            found[path.name] = pq.read_table(path).to_pylist()
        else:
            found[path.name] = data
    return found


@pytest.mark.parametrize("mess", [False, True])
def test_same_arguments_give_the_same_bytes(tmp_path: Path, mess: bool) -> None:
    for name in ("a", "b"):
        generate(tmp_path / name, 0.01, 3, AS_OF, "hard", mess, schemes=30)
    generate(tmp_path / "c", 0.01, 4, AS_OF, "hard", mess, schemes=30)
    one, two, other = (contents(tmp_path / name) for name in "abc")
    assert list(one) == list(two)
    assert [name for name in one if one[name] != two[name]] == []
    assert other != one


def test_committed_inbox_comes_from_the_recorded_arguments(tmp_path: Path) -> None:
    recorded = yaml.safe_load((SAMPLE / "planted.yaml").read_text(encoding="utf-8"))["generate"]
    assert {key: recorded[key] for key in build.ARGUMENTS} == build.ARGUMENTS
    generate(tmp_path / "inbox", truth=tmp_path, **recorded)
    made, committed = contents(tmp_path / "inbox"), contents(SAMPLE / "inbox")
    assert list(made) == list(committed)
    assert [name for name in made if made[name] != committed[name]] == []
    for name in ("planted.yaml", "truth.csv", "settings.yaml"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_committed_inbox_is_small_and_holds_every_dataset() -> None:
    files = list((SAMPLE / "inbox").iterdir())
    assert sum(path.stat().st_size for path in files) < 5_000_000
    for dataset in COLUMNS:
        assert any(path.name.startswith(dataset + "_2") for path in files), dataset


def test_sample_plants_every_domain_and_labels_as_many_look_alikes() -> None:
    found = truth(SAMPLE)
    schemes = {row["scheme"] for row in found if row["kind"] == "planted"}
    assert 35 <= len(schemes) <= 45
    assert {code[:2] for code in schemes} == set(DOMAINS)
    assert len({row["scheme"] for row in found if row["kind"] == "lookalike"}) >= len(schemes)


def test_every_rule_of_the_handbook_can_be_planted(planted: Path) -> None:
    wanted = {f"{prefix}{n:02d}" for prefix, many in DOMAINS.items() for n in range(1, many + 1)}
    assert set(REGISTRY) == wanted
    assert {row["scheme"] for row in truth(planted) if row["kind"] == "planted"} == wanted


def test_active_nights_are_planted_where_there_are_nights() -> None:
    """PA13 at a provider of daytime clients only would be a few late evenings and no scheme."""
    place = Town(0.05, 6, AS_OF, (AS_OF - timedelta(weeks=13)).replace(day=1), "hard")
    town.build_providers(place)
    assistance.build(place)
    nights = standby_share(place)
    assert 0.2 < (nights == 0).mean() < 0.98, "there are providers with and without nights"
    for number in range(4):
        active_nights(place, Case(place, "PA13", number, "hard"))
    chosen = [entry.subject_id for entry in place.truth if entry.scheme == "PA13"]
    assert len(set(chosen)) == 4
    assert all(nights[place.provider_ids.index(name)] >= 0.1 for name in chosen)


def test_truth_names_known_subjects_and_labels_look_alikes(planted: Path) -> None:
    ids = {"provider": {row["provider_id"] for row in rows(planted, "providers")}
           | {row["supplier_id"] for row in rows(planted, "supplier_payments")},
           "association": {row["association_id"] for row in rows(planted, "associations")},
           "household": {row["household_token"] for row in rows(planted, "income_support_applications")},
           "account": {row["bank_account_token"] for row in rows(planted, "income_support_payments")}
           | {row["bank_account_token"] for row in rows(planted, "providers")},
           "address": {row["dwelling_token"] for row in rows(planted, "income_support_applications")}
           | {row["address_token"] for row in rows(planted, "providers")},
           "landlord": {row["landlord_token"] for row in rows(planted, "income_support_applications")}}
    found = truth(planted)
    for row in found:
        assert row["subject_id"] == "*" or row["subject_id"] in ids[row["subject_type"]], row
        assert row["period_from"] <= row["period_to"]
        assert row["difficulty"] in ("easy", "medium", "hard") if row["kind"] == "planted" else row["note"]
    assert {row["scheme"] for row in found if row["kind"] == "lookalike"} == set(LOOKALIKES)


@pytest.mark.parametrize(("dataset", "who"), [
    ("home_care_visits", "staff_token"), ("assistance_shifts", "assistant_token"),
    ("home_care_visits", "client_token"), ("assistance_shifts", "client_token")])
def test_nobody_is_in_two_places_unless_the_truth_says_so(clean: Path, dataset: str, who: str) -> None:
    labelled = {row["subject_id"] for row in truth(clean)}
    double = {row["client_token"] for row in rows(clean, "home_care_decisions") if row["double_staffed"] == "true"}
    last: dict[str, tuple[str, str]] = {}
    for row in sorted(rows(clean, dataset), key=lambda r: (r["started_at"], r["ended_at"])):
        before = last.get(row[who])
        if before and row["started_at"] < before[0] and row[who] not in double:
            assert {row["provider_id"], before[1]} & labelled, (row, before)
        if before is None or row["ended_at"] > before[0]:
            last[row[who]] = (row["ended_at"], row["provider_id"])


def test_keys_are_unique_and_references_fit(planted: Path) -> None:
    people = {row["person_token"] for row in rows(planted, "persons")}
    providers = {row["provider_id"] for row in rows(planted, "providers")}
    clubs = {row["association_id"] for row in rows(planted, "associations")}
    activities = {row["activity_id"] for row in rows(planted, "association_activities")}
    placements = {row["placement_id"] for row in rows(planted, "hvb_placements")}
    valid = {"provider_id": providers, "association_id": clubs, "client_token": people, "staff_token": people,
             "assistant_token": people, "member_token": people, "leader_token": people, "person_token": people,
             "activity_id": activities, "placement_id": placements}
    keys = {"association_members": ("association_id", "member_token", "year"),
            "association_attendance": ("activity_id", "member_token"),
            "income_support_members": ("household_token", "person_token", "month"),
            "absences": ("person_token", "kind", "absent_from"),
            "provider_roles": ("provider_id", "person_token", "role", "role_from"),
            "association_roles": ("association_id", "person_token", "role", "role_from"),
            "outcomes": ("subject_type", "subject_id", "reviewed_on")}
    for dataset, columns in COLUMNS.items():
        table = rows(planted, dataset)
        assert list(table[0]) == columns
        seen = {tuple(row[c] for c in keys.get(dataset, columns[:1])) for row in table}
        assert len(seen) == len(table), dataset
        for column in set(columns) & set(valid):
            assert {row[column] for row in table} - valid[column] <= {""}, (dataset, column)


def test_intervals_are_positive_and_inside_the_window(planted: Path) -> None:
    for dataset in ("home_care_visits", "assistance_shifts"):
        for row in rows(planted, dataset):
            assert row["started_at"] < row["ended_at"]
            assert "2026-08-01" <= row["started_at"] < "2026-11-22"


def test_the_missing_hour_of_spring_has_no_visit(tmp_path: Path) -> None:
    generate(tmp_path, 0.02, 9, date(2026, 4, 20), mess=False, schemes=0)
    starts = [row["started_at"] for row in rows(tmp_path, "home_care_visits")]
    assert any(start.startswith("2026-03-29 0") for start in starts)
    assert not any(start.startswith("2026-03-29 02") for start in starts)


def test_a_leap_day_is_an_ordinary_day(tmp_path: Path) -> None:
    generate(tmp_path, 0.02, 9, date(2028, 3, 20), mess=False, schemes=0)
    assert any(row["started_at"].startswith("2028-02-29") for row in rows(tmp_path, "assistance_shifts"))


def test_organisations_do_not_shrink_below_a_peer_group(clean: Path) -> None:
    services = [row["services"] for row in rows(clean, "providers")]
    assert sum("home_care" in s.split("|") for s in services) >= 32
    assert sum("assistance" in s.split("|") for s in services) >= 30
    assert services.count("hvb") >= 30
    assert len(rows(clean, "associations")) >= 60


def test_events_grow_with_the_scale(clean: Path, tmp_path: Path) -> None:
    generate(tmp_path, 0.2, 5, AS_OF, mess=False, schemes=0, weeks=13)
    assert len(rows(tmp_path, "home_care_visits")) > 2.5 * len(rows(clean, "home_care_visits"))


def test_most_months_stay_inside_the_grant(clean: Path) -> None:
    granted = {row["client_token"]: int(row["granted_minutes_per_month"]) for row in rows(clean, "home_care_decisions")}
    minutes: dict[tuple[str, str], float] = {}
    for row in rows(clean, "home_care_visits"):
        start, end = (datetime.fromisoformat(row[c]) for c in ("started_at", "ended_at"))
        key = (row["client_token"], row["started_at"][:7])
        minutes[key] = minutes.get(key, 0) + (end - start).total_seconds() / 60
    shares = [value / granted[client] for (client, month), value in minutes.items() if month < "2026-11"]
    assert sum(share <= 1.1 for share in shares) > 0.97 * len(shares)
    assert 0.8 < sorted(shares)[len(shares) // 2] < 1.0


def looks_like_identity(text: str) -> bool:
    digits = re.sub(r"[-+ ]", "", text)
    if not re.fullmatch(r"\d{10}|\d{12}", digits):
        return False
    digits = digits[-10:]
    day = int(digits[4:6])
    if not (1 <= int(digits[2:4]) <= 12 and (1 <= day <= 31 or 61 <= day <= 91)):
        return False
    doubled = [int(d) * (2 - k % 2) for k, d in enumerate(digits)]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def test_no_column_looks_like_identity_numbers(planted: Path) -> None:
    assert looks_like_identity("811218-9876"), "the check itself must recognise the well-known example"
    for dataset, columns in COLUMNS.items():
        table = rows(planted, dataset)[:5000]
        for column in columns:
            values = [row[column] for row in table if row[column]]
            hits = sum(looks_like_identity(value) for value in values)
            assert hits <= 0.05 * len(values), (dataset, column)
    for row in rows(planted, "persons"):
        assert re.fullmatch(r"p_[0-9a-f]{16}", row["person_token"])
        assert not re.search(r"\d{10}", row["person_token"])


@pytest.mark.parametrize("wrong", [{"scale": 0}, {"difficulty": "brutal"}, {"weeks": 3}])
def test_arguments_outside_their_range_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        generate(**({"out": tmp_path, "scale": 0.02, "seed": 1} | wrong))
