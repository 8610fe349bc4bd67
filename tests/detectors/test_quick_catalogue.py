"""The catalogue that tests share is the one that would be read: a changed byte is read anew, headers are one's own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from detectors import detector, run
from schemas.contract import load_contracts

RULES = Path(detector.__file__).parent / "catalogue" / "ledger"


def test_what_is_changed_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = next(RULES.glob("LP01_*.sql"))
    (tmp_path / "ledger").mkdir()
    path = tmp_path / "ledger" / source.name
    shutil.copy(source, path)
    monkeypatch.setattr(detector, "catalogue_folders", lambda: [tmp_path])
    contracts = load_contracts()
    first = run.catalogue_for(contracts)
    assert list(first.detectors) == ["LP01"]
    first.detectors["LP01"].header["severity"] = 77  # type: ignore[index]
    again = run.catalogue_for(contracts)
    assert again.detectors["LP01"].severity != 77 and again.detectors["LP01"].sql == first.detectors["LP01"].sql
    other = 1 if again.detectors["LP01"].severity != 1 else 2
    changed = re.sub(r"(?m)^severity: \d", f"severity: {other}", path.read_text(encoding="utf-8"))
    path.write_text(changed, encoding="utf-8")
    assert run.catalogue_for(contracts).detectors["LP01"].severity == other
    fewer = {name: contract for name, contract in contracts.items() if name != "supplier_payments"}
    assert run.catalogue_for(fewer).detectors == {} and run.catalogue_for(fewer).faults
