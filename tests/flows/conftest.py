"""A tiny inbox: a register and a ledger with a few invoices booked twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

PROVIDERS = """provider_id;name;org_form;services;registered_on
p1;Alfa Omsorg;ab;home_care;2015-03-01
p2;Beta Omsorg;ab;home_care|assistance;2018-09-15
"""


def payments(invoices: int = 40) -> str:
    """A supplier ledger; every tenth invoice is booked a second time three days later."""
    lines = ["payment_id;supplier_id;supplier_name;booked_on;invoice_no;amount_sek;account_no;unit"]
    for number in range(invoices):
        supplier, month, day = f"s{1 + number % 4}", 1 + number % 10, 2 + number % 20
        rest = f"F{number:04d};{1000 + 37 * number},50;4000;Stab"
        lines.append(f"b{number:04d};{supplier};Firma {supplier};2026-{month:02d}-{day:02d};{rest}")
        if number % 10 == 0:
            lines.append(f"c{number:04d};{supplier};Firma {supplier};2026-{month:02d}-{day + 3:02d};{rest}")
    return "\n".join(lines) + "\n"


def deliver(folder: Path) -> Path:
    folder.mkdir()
    (folder / "providers_2026-11-22.csv").write_text(PROVIDERS, encoding="utf-8")
    (folder / "supplier_payments_2026-11-22.csv").write_text(payments(), encoding="utf-8")
    return folder


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return deliver(tmp_path / "inbox")


@pytest.fixture(scope="session")
def _first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from flows.cli import main

    folder = tmp_path_factory.mktemp("first-night")
    assert main(["night", "--inbox", str(deliver(folder / "inbox")), "--workspace", str(folder / "workspace"),
                 "--as-of", "2026-11-22"]) == 0
    return folder / "workspace"


@pytest.fixture
def after_a_night(_first_night: Path, tmp_path: Path) -> Path:
    """A workspace of one's own in which the night of 2026-11-22 on `inbox` has been."""
    shutil.copytree(_first_night, tmp_path / "workspace", symlinks=True)
    return tmp_path / "workspace"
