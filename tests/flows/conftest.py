"""A tiny inbox: a register and a ledger with a few invoices booked twice."""

from __future__ import annotations

from pathlib import Path

import pytest

PROVIDERS = """provider_id;name;org_form;services;registered_on
p1;Alfa Omsorg;ab;home_care;2015-03-01
p2;Beta Omsorg;ab;home_care|assistance;2018-09-15
"""


def payments(invoices: int = 40) -> str:
    """A supplier ledger; every tenth invoice of s1 is booked twice, with the same date and amount."""
    lines = ["payment_id;supplier_id;supplier_name;booked_on;invoice_no;amount_sek;account_no;unit"]
    for number in range(invoices):
        supplier = f"s{1 + number % 4}"
        day, amount = f"2026-{1 + number % 10:02d}-{2 + number % 20:02d}", f"{1000 + 37 * number},50"
        line = f"{supplier};Firma {supplier};{day};F{number:04d};{amount}"
        lines.append(f"b{number:04d};{line};4000;Stab")
        if number % 10 == 0:
            lines.append(f"c{number:04d};{line};4000;Stab")
    return "\n".join(lines) + "\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "providers_2026-11-22.csv").write_text(PROVIDERS, encoding="utf-8")
    (folder / "supplier_payments_2026-11-22.csv").write_text(payments(), encoding="utf-8")
    return folder
