"""Detector headers as a run keeps them in detectors.json; made up for the tests of the reports."""

from __future__ import annotations

from typing import Any


def _head(code: str, domain: str, kind: str, concept: str, subject: str, title: str, title_en: str, reads: list[str],
          sentence: str, sentence_en: str, amount: str = "unknown", **more: Any) -> dict[str, Any]:
    return {
        "code": code, "title": {"sv": title, "en": title_en}, "method": more.pop("method", "rule"), "kind": kind,
        "concept": concept, "subject": subject, "gate": more.pop("gate", "P1"), "reads": reads,
        "population": f"{reads[0]}.{subject}_id",
        "why": {"sv": "Uppgifterna kan inte båda stämma, eller avviker från det som beslutats.",
                "en": "The records cannot both be right, or differ from what was decided."},
        "innocent": {"sv": "Sen registrering, två brukare i samma hushåll eller en sen rättelse.",
                     "en": "Late registration, two clients in one household, or a late correction."},
        "blind_spots": {"sv": "Personer vars beteckning skiljer sig mellan system.",
                        "en": "Persons whose token differs between systems."},
        "next_step": {"sv": "Jämför registreringarna med råloggen och med utförarens planering.",
                      "en": "Compare the registrations with the raw log and with the provider's plan."},
        "sentence": {"sv": sentence, "en": sentence_en},
        "amount": {"kind": amount, "how": {"sv": "överlappande minuter gånger timpris", "en": "minutes times rate"}},
        "basis": [{"title": "handbok, hemtjänst"}, {"title": "avtal om valfrihet", "reference": "punkt 7.2"}],
        "parameters": more.pop("parameters", {}), "severity": 4, "status": "active", "since": "2026-11-23",
        "version": "1", "sql_hash": (code.lower() * 16)[:64], "domain": domain, **more}


_MINUTES = {"min_overlap_minutes": {"value": 15, "unit": "minutes", "because": "klockor går olika"}}

DETECTORS: dict[str, dict[str, Any]] = {head["code"]: head for head in (
    _head("HC01", "home_care", "impossible", "presence", "provider", "Samma personal på två platser",
          "Same staff in two places", ["home_care_visits"],
          "{n} gånger var samma personal hos två brukare samtidigt, sammanlagt {minutes} minuter",
          "{n} times the same staff were with two clients at once, {minutes} minutes in all", "estimate",
          parameters=_MINUTES),
    _head("HC07", "home_care", "breach", "billing", "provider", "Fakturerat mer än utfört",
          "Billed more than performed", ["home_care_invoices"],
          "Fakturerat {minutes} minuter mer än utfört i {months} månader",
          "Billed {minutes} minutes more than performed in {months} months", "exact"),
    _head("HC11", "home_care", "unusual", "registration", "provider", "Hög andel manuell registrering",
          "High share of manual entry", ["home_care_visits"],
          "{share} av besöken registrerades manuellt; {n} besök i perioden",
          "{share} of the visits were entered by hand; {n} visits in the period", method="peer",
          features={"manual_share": {"sv": "andel manuella besök (procent)", "en": "manual visits (percent)"},
                    "edited_share": {"sv": "andel ändrade besök (procent)", "en": "edited visits (percent)"}}),
    _head("HC16", "home_care", "unusual", "relation", "provider", "Anhöriga anställda", "Relatives employed",
          ["home_care_visits"], "{n} besök av anhörig", "{n} visits by a relative"),
    _head("HV04", "hvb", "impossible", "placement", "provider", "Två hem samma natt", "Two homes the same night",
          ["hvb_placements"], "{nights} nätter i två hem", "{nights} nights in two homes", "cap"),
    _head("XD01", "cross_domain", "impossible", "presence", "provider", "Personal i två verksamheter samtidigt",
          "Staff in two services at once", ["home_care_visits", "assistance_shifts"],
          "{n} pass överlappar mellan hemtjänst och assistans", "{n} shifts overlap between services", "estimate",
          gate="P2"),
    _head("LP01", "ledger", "breach", "payment", "provider", "Exakt dubbelbetalning", "Exact duplicate payment",
          ["supplier_payments"], "{n} betalningar är lika, {paid_sek} kr; belopp {amount_sek}.",
          "{n} payments are equal, {paid_sek} SEK",
          "cap", gate="P0"),
    _head("AG14", "associations", "impossible", "presence", "association", "Ledare på två platser",
          "Leader in two places", ["association_activities"],
          "Ledaren {leader_token} ledde {n} aktiviteter samtidigt i olika lokaler",
          "The leader {leader_token} led {n} activities at once in different venues", "estimate",
          datasets=["association_activities", "associations"]),
    _head("IS14", "income_support", "breach", "payment", "household", "Samma utbetalning två gånger",
          "The same payment twice", ["income_support_payments"],
          "{n} utbetalningar har samma månad, ändamål och belopp ({amount_sek} kr)",
          "{n} payments share month, purpose and amount ({amount_sek} SEK)", "exact"),
    _head("EX01", "exculpating", "exculpating", "correction", "provider", "Utföraren har själv rättat",
          "The provider corrected it", ["home_care_invoices"], "{n} fakturor har krediterats inom 30 dagar",
          "{n} invoices were credited within 30 days"),
)}
