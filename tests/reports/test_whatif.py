"""The what-if page: complete counts, words in both languages, no token of a person, nothing that loads or runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reports import whatif, words
from schemas.case_id import case_id


def subject(kind: str, number: int, **more: Any) -> dict[str, Any]:
    return {"subject_type": kind, "subject_id": f"{kind}-token-{number:04d}", **more}


def result(language: str, lost: int = 60) -> dict[str, Any]:
    finding = {"detector_id": "IS01", "from": "2026-01-01", "to": "2026-02-01", "strength": 0.5,
               "amount_sek": "1234.00", "amount_kind": "exact", "n_evidence": 3}
    ran = {"outcome": "ran", "reason": "", "reason_en": ""}
    shut = {"outcome": "gate_closed", "reason": "grund saknas", "reason_en": "no ground"}
    counts = {"findings_before": lost, "findings_after": 1, "gained": 1, "lost": lost, "changed": 0}
    moved = {"before": 3, "after": None, "score_before": 12.5, "score_after": None}
    return {
        "run_id": "2026-11-22-0123abcd", "as_of": "2026-11-22", "municipality": "Åmåla", "language": language,
        "changes": [{"code": "IS01", "name": "min_hours", "unit": "hours", "before": 40, "after": 80.5,
                     "title": {"sv": "Arbetar <b>", "en": "Works <b>"}}],
        "rules": [{"code": "IS01", "title": {"sv": "Arbetar", "en": "Works"}, "active": False, "before": ran,
                   "after": shut, **counts}],
        "same_rule": False, "findings_gained": [subject("provider", 1, **finding)],
        "findings_lost": [subject("household", n, **finding) for n in range(lost)],
        "subjects_before": 61, "subjects_after": 2, "subjects_gained": [],
        "subjects_lost": [subject("person", n, rank=n + 1, score=4.25, amount_sek=None) for n in range(lost)],
        "money_before": "74040.00", "money_after": "1234.00",
        "groups": [{"group": "sg-bistand", "title": {"sv": "Bistånd", "en": "Support"}, "findings_gained": 0,
                    "findings_lost": lost, "subjects_gained": 0, "subjects_lost": lost}],
        "top": {"size": 50, "entered": [], "left": [subject("account", 1, **moved)], "moved": [], "unmoved": 49},
        "outcomes": [subject("household", 3, outcome="confirmed", detector_id="IS01", reviewed_on="2026-03-01",
                             findings_gained=0, findings_lost=1, subject_gained=0, subject_lost=1)],
        "link_groups": {"before": 0, "after": 0}, "names": {"provider:provider-token-0001": "Firma <i>"},
    }


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_page_and_text_say_the_same_and_show_no_token(tmp_path: Path, language: str) -> None:
    made = result(language)
    path = whatif.write_page(made, tmp_path / "what-if.html")
    html, text = path.read_text(encoding="utf-8"), "\n".join(whatif.as_text(made))
    for shown in (html, text):
        for kind in ("household", "person", "account"):
            assert f"{kind}-token" not in shown
        assert case_id("household", "household-token-0003") in shown
        assert words.texts(language)["disclaimer"] in shown and words.texts(language)["whatif"]["rule_changed"] in shown
        assert words.texts(language)["whatif"]["not_active"].format(code="IS01") in shown
        assert ("grund saknas" if language == "sv" else "no ground") in shown
        assert words.texts(language)["whatif"]["more"].format(shown=50, all=60) in shown
    assert "<script" not in html and "<b>" not in html.replace("<b>" + words.texts(language)["disclaimer"], "")
    assert "Firma &lt;i&gt;" in html and "Firma <i>" in text
    assert "default-src &#39;none&#39;" in html


def test_the_folder_of_the_page_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = whatif.write_page(result("sv"), tmp_path / "x.html")
    assert (tmp_path.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o755, 0o600)
    with pytest.raises(FileNotFoundError):
        whatif.write_page(result("sv"), tmp_path / "none" / "x.html")
