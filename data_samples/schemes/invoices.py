"""Home-care schemes in the invoices: HC07 and HC19."""

from __future__ import annotations

import numpy as np

from data_samples.model import Town
from data_samples.schemes.case import Case, copy_rows, scheme
from data_samples.schemes.home_care import provider

CLAIMS = "home_care_invoices"


@scheme("HC07", "invoices")
def billed_over_performed(town: Town, case: Case) -> None:
    p = provider(town, case, 3, reimbursement_model={"performed"})
    t = town.get(CLAIMS)
    rows = np.flatnonzero(t["provider_id"] == p)
    hit = rows[case.rng.random(len(rows)) < case.size(0.25, 1.0)]
    more = np.maximum(t["billed_minutes"][hit] * case.size(0.07, 0.5), 66).astype(int)
    rate = t["amount_sek"][hit] / np.maximum(t["billed_minutes"][hit], 1)
    t["billed_minutes"][hit] += more
    t["amount_sek"][hit] = np.round(t["billed_minutes"][hit] * rate, 2)
    case.note("provider", p, float((more * rate).sum()), len(hit), "fakturerar mer tid än registrerat")


@scheme("HC19", "invoices")
def duplicate_claims(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    t = town.get(CLAIMS)
    rows = np.flatnonzero(t["provider_id"] == p)
    hit = case.rng.permutation(rows)[: case.count(2, max(3, len(rows) // 2))]
    copy_rows(town, CLAIMS, hit, invoiced_on=t["invoiced_on"][hit] + case.rng.integers(3, 30, len(hit)))
    case.note("provider", p, float(t["amount_sek"][hit].sum()), len(hit), "samma brukare, månad och belopp två gånger")
