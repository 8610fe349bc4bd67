"""Sharing rows between findings, and rounding parts so that they still add up."""

from __future__ import annotations


def fair_shares(wanted: list[int], limit: int) -> list[int]:
    """Share `limit` rows: everybody gets one, small wishes are met in full, the rest is split evenly in order."""
    shares = [min(1, rows) for rows in wanted]
    left = limit - sum(shares)
    while left > 0:
        open_ = [at for at, rows in enumerate(wanted) if shares[at] < rows]
        if not open_:
            break
        step = max(1, left // len(open_))
        for at in open_:
            more = min(step, wanted[at] - shares[at], left)
            shares[at] += more
            left -= more
    return shares


def rounded_parts(parts: list[float], total: float, decimals: int = 2) -> list[float]:
    """Round each part so that the rounded parts add up to the rounded total (largest remainder)."""
    unit = 10**decimals
    goal = round(total * unit)
    floors = [int(part * unit // 1) for part in parts]
    order = sorted(range(len(parts)), key=lambda at: (floors[at] - parts[at] * unit, at))
    for at in order[: max(0, goal - sum(floors))]:
        floors[at] += 1
    return [value / unit for value in floors]
