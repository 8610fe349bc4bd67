"""How long each thing in the workspace is kept: the settings' `retention`, with defaults and the reason of each.

`avvik purge` removes what is past its date (flows/purge.py); a night itself never deletes data but the states
beyond the last seven. All values are whole days counted back from the day of the purge; something is past its date
when its own date lies before that day. A municipality's document plan (dokumenthanteringsplan) decides, the defaults
only have to be defensible until it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Retention:
    """Days by what they are about. `REASONS` says why each default is what it is."""

    events_days: int = 1_125
    replaced_days: int = 90
    quarantine_days: int = 90
    states_days: int = 30
    runs_days: int = 400
    cases_days: int = 730
    police_days: int = 180
    police_log_days: int = 3_650

    def reaching(self, lookback_days: int) -> Retention:
        """The same with events kept as long as the rules look back: for settings that name no days of their own."""
        return replace(self, events_days=max(self.events_days, lookback_days + LEAST_MARGIN))


REASONS: Mapping[str, str] = {
    "events_days": "rows of the exports: rules compare with the two years before, and recovery is claimed for three",
    "replaced_days": "rows that a later delivery replaced: a corrected file is questioned within a quarter or not",
    "quarantine_days": "rows that could not be read: the sender has corrected them within a quarter or never will",
    "states_days": "earlier warehouses: for going back after a bad night; older ones are built again from staging",
    "runs_days": "findings and reports: a night can be compared with the same one a year before; the law on high-risk "
                 "systems asks for logs of at least six months",
    "cases_days": "memory of subjects that are gone: an outcome is known again for two years, then forgotten",
    "police_days": "copies of extracts for the police: long enough to answer questions about one",
    "police_log_days": "who got what on which ground: ten years, as long as the offences concerned can be tried",
}

# What is compared with earlier years must be there; see lookback_days.
LEAST_MARGIN = 31


def too_short(retention: Retention, lookback_days: int) -> str | None:
    """Why these days cannot work with the look-back, or None."""
    needed = lookback_days + LEAST_MARGIN
    if retention.events_days < needed:
        return f"events_days must be at least {needed}: lookback_days ({lookback_days}) and a month"
    return None


NAMES = tuple(field.name for field in fields(Retention))
