"""Who sees what: the groups file is strict, and default is no."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from schemas.groups import GroupsError, groups_as_json, load_groups, parse_groups


def _write(folder: Path, text: str) -> Path:
    path = folder / "groups.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_built_in_groups_survive_a_run_unchanged() -> None:
    groups = load_groups()
    assert list(groups) == ["sg-hemtjanst", "sg-assistans", "sg-hvb", "sg-bistand", "sg-forening", "sg-tvar",
                            "lagesbild"]
    assert parse_groups(json.loads(json.dumps(groups_as_json(groups)))) == groups


@pytest.mark.parametrize(("body", "says"), [
    ("domian: [home_care]", "unknown key 'domian'; nearest valid: 'domains'"),
    ("domains: [homecare]", "unknown value 'homecare'; nearest valid: 'home_care'"),
    ("domains: home_care", "'domains' must be a list"),
    ("police: everybody", "'police' has unknown value"),
    ("persons_visible: 1", "'persons_visible' must be true or false"),
    ("meeting_dates: [soon]", "meeting_dates needs a list of dates as YYYY-MM-DD"),
    ("meeting_dates: true", "meeting_dates needs a list of dates as YYYY-MM-DD"),
    ("meeting_dates: 2026-11-01", "meeting_dates needs a list of dates as YYYY-MM-DD"),
    ("meeting_dates: [2026-11-01, 2026-11-02 10:00:00]", "meeting_dates needs a list of dates as YYYY-MM-DD"),
])
def test_a_wrong_group_is_refused_and_the_remedy_named(tmp_path: Path, body: str, says: str) -> None:
    with pytest.raises(GroupsError, match="groups.yaml: group 'g'") as error:
        load_groups(_write(tmp_path, f"g:\n  title: {{sv: G, en: G}}\n  {body}\n"))
    assert says in str(error.value)


@pytest.mark.parametrize("name", ["../escape", "A", "g/h", "'.'"])
def test_a_group_id_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(GroupsError, match="may hold only"):
        load_groups(_write(tmp_path, f"{name}:\n  title: {{sv: G, en: G}}\n"))


def test_broken_yaml_names_the_line_and_no_content(tmp_path: Path) -> None:
    with pytest.raises(GroupsError, match=r"groups.yaml, line \d+: not valid YAML") as error:
        load_groups(_write(tmp_path, "g:\n  title: {sv: secret\n"))
    assert "secret" not in str(error.value)


def test_need_to_know_is_default_deny() -> None:
    groups = load_groups()
    home, across, grants = groups["sg-hemtjanst"], groups["sg-tvar"], groups["sg-forening"]
    assert home.sees("home_care", "provider") and not home.sees("assistance", "provider")
    assert not home.sees("home_care", "person"), "a subject type that is not listed"
    assert home.sees("ledger", "provider", ["home_care"]) and not home.sees("ledger", "provider", ["hvb"])
    assert not home.sees("ledger", "provider", []), "a supplier that is in no register"
    assert across.sees("ledger", "provider", []) and not across.sees("home_care", "provider")
    assert grants.sees("ledger", "association") and not grants.sees("ledger", "provider", ["associations"])
    assert home.sees("exculpating", "provider") and not groups["lagesbild"].sees("home_care", "provider")


def test_the_last_meeting_is_before_the_night() -> None:
    days = ["2026-11-23", "2026-11-10", "2026-10-01"]
    group = parse_groups({"g": {"title": {"sv": "G", "en": "G"}, "meeting_dates": days}})["g"]
    assert group.last_meeting(dt.date(2026, 11, 23)) == dt.date(2026, 11, 10)
    assert group.last_meeting(dt.date(2026, 9, 1)) is None
