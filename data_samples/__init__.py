"""Seeded generator of a municipality's exports at any scale, with planted deviations and look-alikes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from data_samples.model import SPEC, Town

__all__ = ["generate"]


def generate(out: Path, scale: float, seed: int, as_of: date = date(2026, 11, 22), difficulty: str = "mixed",
             mess: bool = True, *, schemes: int | None = None, weeks: int | None = None,
             truth: Path | None = None) -> None:
    """Write one file or more per dataset into `out`, and planted.yaml, truth.csv, settings.yaml.

    scale       1.0 = a municipality-year; organisations do not shrink below the size of a peer group
    difficulty  easy | medium | hard | mixed: size and subtlety of the planted schemes
    mess        True: forms real exports come in (several encodings, late and corrected files, dirty rows);
                False: clean UTF-8 comma CSV with canonical names
    schemes     how many schemes to plant; None = every rule once (more at large scale)
    weeks       length of the event window before `as_of`, extended to the start of its first month;
                None = 52 from scale 0.1 up, else 13
    truth       where planted.yaml, truth.csv and settings.yaml go; None = `out`
    Same arguments = same bytes. Raises ValueError for arguments outside their range.
    """
    from data_samples import (
        assistance,
        associations,
        home_care,
        hvb,
        income_support,
        ledger,
        lookalikes,
        settings,
        town,
        write,
    )
    from data_samples import mess as messy
    from data_samples import schemes as planted

    if not 0 < scale <= 20:
        raise ValueError("scale must be above 0 and at most 20")
    if difficulty not in ("easy", "medium", "hard", "mixed"):
        raise ValueError("difficulty must be easy, medium, hard or mixed")
    weeks = weeks if weeks is not None else 52 if scale >= 0.1 else 13
    if not 9 <= weeks <= 520:
        raise ValueError("weeks must be between 9 and 520: monthly rules need two whole months")
    out.mkdir(parents=True, exist_ok=True)
    truth = truth or out
    truth.mkdir(parents=True, exist_ok=True)
    start = (as_of - timedelta(weeks=weeks)).replace(day=1)
    place = Town(scale, seed, as_of, start, difficulty)

    town.build_providers(place)
    town.build_associations(place)
    home_care.build(place)
    assistance.build(place)
    hvb.build(place)
    income_support.build(place)
    associations.build(place)
    plan = planted.plan(place, schemes)
    planted.plant(place, plan, "events")
    lookalikes.add(place, "events")
    home_care.invoice(place)
    assistance.invoice(place)
    hvb.invoice(place)
    planted.plant(place, plan, "invoices")
    lookalikes.add(place, "invoices")
    ledger.build(place)
    planted.plant(place, plan, "ledger")
    lookalikes.add(place, "ledger")
    town.finish_persons(place)
    write.sort_events(place)

    for dataset in SPEC:
        if mess:
            messy.write(out, dataset, place)
        else:
            write.clean_csv(out / f"{dataset}_{as_of.isoformat()}.csv", write.to_arrow(place, dataset), dataset)
    write.write_truth(truth, place.truth, {
        "scale": scale, "seed": seed, "as_of": as_of.isoformat(), "difficulty": difficulty, "mess": mess,
        "schemes": schemes, "weeks": weeks})
    settings.write(truth / "settings.yaml", place)
