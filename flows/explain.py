"""`avvik detectors [ID]`: the catalogue as a list, and one detector explained as its header says it."""

from __future__ import annotations

import datetime
import difflib
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.failures import UsageError

_WORDS = {
    "sv": {"why": "Varför det är ett tecken", "innocent": "Oskyldiga förklaringar", "blind_spots": "Ser inte",
           "next_step": "Nästa steg", "reads": "Läser", "parameters": "Parametrar", "basis": "Grund",
           "own": "kommunens värde", "law": "enligt lag eller avtal", "total": "detektorer",
           "amount": "Belopp", "law_values": "Värden enligt lag eller avtal", "from": "från", "to": "till"},
    "en": {"why": "Why it is a sign", "innocent": "Innocent explanations", "blind_spots": "Does not see",
           "next_step": "Next step", "reads": "Reads", "parameters": "Parameters", "basis": "Basis",
           "own": "the municipality's value", "law": "by law or agreement", "total": "detectors",
           "amount": "Amount", "law_values": "Values by law or agreement", "from": "from", "to": "to"},
}


def show_detectors(code: str | None, settings_path: Path | None) -> int:
    """Print the list, or the detector `code`. UsageError names the nearest code when there is none such."""
    from detectors.header import retired_note
    from detectors.own_values import check_settings, described_law
    from detectors.run import catalogue_for, lookback_start
    from schemas.contract import load_contracts
    from schemas.settings import load_settings

    settings = load_settings(settings_path)
    catalogue = catalogue_for(load_contracts())
    check_settings(settings, catalogue)
    detectors = catalogue.detectors
    statuses = {name: settings.statuses.get(name, detector.status) for name, detector in detectors.items()}
    if code is None:
        for line in listing(detectors, statuses, settings.language):
            print(line)
        for fault in catalogue.faults:
            print(f"avvik: left out: {fault}", file=sys.stderr)
        return 0
    wanted = code.upper()
    if note := retired_note(wanted):
        raise UsageError(f"{note}. `avvik detectors` lists those in use.")
    if wanted not in detectors:
        if refused := [fault for fault in catalogue.faults if fault.startswith(f"{wanted}_")]:
            raise UsageError("\n".join(refused))
        near = difflib.get_close_matches(wanted, list(detectors), 1)
        hint = f"; the nearest is {near[0]}" if near else ""
        raise UsageError(f"no detector {code}{hint}. `avvik detectors` lists them all.")
    overrides = settings.parameters.get(wanted, {})
    today = datetime.date.today()
    law = described_law(detectors[wanted], settings, lookback_start(today, settings.lookback_days), today)
    print(explanation(detectors[wanted], statuses[wanted], overrides, settings.language, law))
    return 0


def listing(detectors: Mapping[str, Any], statuses: Mapping[str, str], language: str) -> list[str]:
    """One line a detector under its domain, and the number of them last."""
    lines: list[str] = []
    domain = None
    for detector in sorted(detectors.values(), key=lambda d: (d.domain, d.code)):
        if detector.domain != domain:
            domain = detector.domain
            lines += ["", domain] if lines else [domain]
        lines.append(
            f"  {detector.code}  {statuses[detector.code]:<7} {detector.kind:<11} {detector.title[language]}"
        )
    return [*lines, "", f"{len(detectors)} {_WORDS[language]['total']}"]


def explanation(detector: Any, status: str, overrides: Mapping[str, Any], language: str,
                law: Mapping[str, list[dict[str, Any]]]) -> str:
    """The detector's header in words, its parameters with value and reason, the dated values of law, its SELECT.

    law: by name the values in force in the look-back, as `own_values.described_law` gives them.
    """
    words, header = _WORDS[language], detector.header
    lines = [
        f"{detector.code}  {detector.title[language]}",
        f"{status} · {detector.kind} · {detector.method} · {detector.subject_type} · gate {detector.gate}"
        f" · version {detector.version}",
        "",
        _wrapped(f"“{header['sentence'][language]}”"),
    ]
    for key in ("why", "innocent", "blind_spots", "next_step"):
        lines += ["", f"{words[key]}:", _wrapped(header[key][language])]
    if header.get("amount"):
        how = header["amount"]["how"]
        lines += ["", f"{words['amount']} ({header['amount']['kind']}):",
                  _wrapped(how[language] if isinstance(how, Mapping) else str(how))]
    lines += ["", f"{words['reads']}: {', '.join(detector.reads)}"]
    if detector.parameters:
        lines += ["", f"{words['parameters']}:"]
        for name, parameter in detector.parameters.items():
            value = f"{words['law']} ({parameter.law})" if parameter.law else parameter.value
            lines.append(f"  {name} = {value} {parameter.unit} – {parameter.because}")
            if name in overrides:
                own = overrides[name]
                lines.append(f"    {words['own']}: {own.value} – {own.because} ({own.decided}, {own.by})")
    if law:
        lines += ["", f"{words['law_values']}:"]
        for name, dated in law.items():
            for value in dated:
                lines.append(f"  {name} = {value['value']:g} {words['from']} {value['from']}"
                             + (f" {words['to']} {value['to']}" if value["to"] else ""))
                if own := value["override"]:
                    lines.append(f"    {words['own']} – {own['because']} ({own['decided']}, {own['by']})")
    lines += ["", f"{words['basis']}: {'; '.join(str(entry.get('title', entry)) for entry in header['basis'])}"]
    return "\n".join([*lines, "", textwrap.indent(detector.sql, "  ")])


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(str(text).split()), 100, initial_indent="  ", subsequent_indent="  ")
