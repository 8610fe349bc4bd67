"""The collaboration groups: who may see which findings.

`groups.yaml` maps a group id to:

title            {sv, en}
domains          catalogue folders whose findings the group sees
ledger_services  ledger findings on subjects with one of these services; `all` = every subject
subject_types    the subjects the group works with
cross_domain     subject types whose cross-domain findings the group sees too, for subjects no other group may see
persons_visible  true: tokens of persons, households and accounts may be shown (shortened)
points_visible   false: the report shows no points, only each reason's share of its own case, so that a case that stands
                 in the list by lot is not told by few points (default true)
police           provider | association | legal_persons | none: the highest level of a police edition
contact          whom another group asks
meeting_dates    ISO dates; the latest one not after the night gives "new since the last meeting"
aggregates_only  true: the group gets the overview without subjects and nothing else

Source of the default cut: domain handbook, section 3 (need-to-know, default deny).
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

DEFAULT_PATH = Path(__file__).with_name("groups.yaml")

DOMAINS = ("home_care", "assistance", "hvb", "income_support", "associations", "ledger", "cross_domain")
SERVICES = ("home_care", "assistance", "hvb", "associations", "all")
SUBJECT_TYPES = ("provider", "association", "person", "household", "account", "address", "landlord")
POLICE = ("provider", "association", "legal_persons", "none")

# A group id becomes a folder name, so nothing that could leave the reports folder.
_GROUP_ID = re.compile(r"[a-z][a-z0-9-]{0,40}")


class GroupsError(ValueError):
    """groups.yaml (or groups.json) says something we do not understand; names group, key, remedy."""


@dataclass(frozen=True)
class Group:
    """One collaboration group; see the module text for the meaning of each field."""

    id: str
    title: Mapping[str, str]
    domains: tuple[str, ...] = ()
    ledger_services: tuple[str, ...] = ()
    subject_types: tuple[str, ...] = ()
    cross_domain: tuple[str, ...] = ()
    persons_visible: bool = False
    points_visible: bool = True
    police: str = "none"
    contact: str = ""
    meeting_dates: tuple[dt.date, ...] = ()
    aggregates_only: bool = field(default=False)

    def sees(self, domain: str, subject_type: str, services: Iterable[str] = ()) -> bool:
        """True when a finding of `domain` on such a subject belongs to this group.

        `services` are the subject's own (providers.services; `associations` for an association).
        Exculpating findings follow the subject and are seen by whoever sees the subject.
        """
        if self.aggregates_only or subject_type not in self.subject_types:
            return False
        if domain == "exculpating":
            return True
        if domain == "ledger":
            own = {"associations"} if subject_type == "association" else set(services)
            return "all" in self.ledger_services or bool(own & set(self.ledger_services))
        return domain in self.domains or (domain == "cross_domain" and subject_type in self.cross_domain)

    def last_meeting(self, as_of: dt.date) -> dt.date | None:
        """The latest meeting before the night's date, or None."""
        return max((day for day in self.meeting_dates if day < as_of), default=None)


def _nearest(word: object, valid: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(word), list(valid), n=1, cutoff=0.0)
    return f"; nearest valid: '{close[0]}'" if close else ""


def _words(group: str, key: str, raw: Any, valid: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(raw, (list, tuple)):
        raise GroupsError(f"group '{group}': '{key}' must be a list")
    for word in raw:
        if word not in valid:
            raise GroupsError(f"group '{group}': '{key}' has unknown value '{word}'{_nearest(word, valid)}")
    return tuple(raw)


def _dates(group: str, raw: Any) -> tuple[dt.date, ...]:
    try:
        if not isinstance(raw, (list, tuple, type(None))):
            raise ValueError
        return tuple(sorted(dt.date.fromisoformat(str(day)) for day in raw or []))
    except ValueError:
        raise GroupsError(f"group '{group}': meeting_dates needs a list of dates as YYYY-MM-DD") from None


def _flag(group: str, key: str, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise GroupsError(f"group '{group}': '{key}' must be true or false")
    return raw


def _group(group: str, raw: Any) -> Group:
    if not isinstance(group, str) or not _GROUP_ID.fullmatch(group):
        raise GroupsError(f"group id '{group}' may hold only a-z, 0-9 and '-', and starts with a letter")
    if not isinstance(raw, Mapping):
        raise GroupsError(f"group '{group}' must be a mapping of keys to values")
    valid = [name for name in Group.__dataclass_fields__ if name != "id"]
    for key in raw:
        if key not in valid:
            raise GroupsError(f"group '{group}': unknown key '{key}'{_nearest(key, valid)}")
    title = raw.get("title")
    if not isinstance(title, Mapping) or not all(isinstance(title.get(lang), str) for lang in ("sv", "en")):
        raise GroupsError(f"group '{group}': 'title' needs both sv and en")
    police = raw.get("police", "none")
    if police not in POLICE:
        raise GroupsError(f"group '{group}': 'police' has unknown value '{police}'{_nearest(police, POLICE)}")
    return Group(
        id=group,
        title=dict(title),
        domains=_words(group, "domains", raw.get("domains", []), DOMAINS),
        ledger_services=_words(group, "ledger_services", raw.get("ledger_services", []), SERVICES),
        subject_types=_words(group, "subject_types", raw.get("subject_types", []), SUBJECT_TYPES),
        cross_domain=_words(group, "cross_domain", raw.get("cross_domain", []), SUBJECT_TYPES),
        persons_visible=_flag(group, "persons_visible", raw.get("persons_visible", False)),
        points_visible=_flag(group, "points_visible", raw.get("points_visible", True)),
        police=police,
        contact=str(raw.get("contact", "")),
        meeting_dates=_dates(group, raw.get("meeting_dates")),
        aggregates_only=_flag(group, "aggregates_only", raw.get("aggregates_only", False)),
    )


def parse_groups(raw: Any) -> dict[str, Group]:
    """Groups from the parsed YAML or from a run's groups.json, in file order."""
    if not isinstance(raw, Mapping) or not raw:
        raise GroupsError("the groups file must map at least one group id to its keys")
    return {name: _group(name, body) for name, body in raw.items()}


def load_groups(path: Path | None = None) -> dict[str, Group]:
    """Groups of `path`, or the built-in ones. Raises GroupsError naming the file."""
    path = Path(path) if path else DEFAULT_PATH
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise GroupsError(f"{path.name}{where}: not valid YAML") from None
    try:
        return parse_groups(raw)
    except GroupsError as error:
        raise GroupsError(f"{path.name}: {error}") from None


def groups_as_json(groups: Mapping[str, Group]) -> dict[str, dict[str, Any]]:
    """What a run keeps as groups.json; `parse_groups` reads it back unchanged."""
    out: dict[str, dict[str, Any]] = {}
    for name, group in groups.items():
        body = asdict(group)
        del body["id"]
        body["meeting_dates"] = [day.isoformat() for day in group.meeting_dates]
        out[name] = {key: list(value) if isinstance(value, tuple) else value for key, value in body.items()}
    return out
