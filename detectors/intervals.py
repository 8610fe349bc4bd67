"""Shares, their differences and ratios with 95 % intervals. Each function returns (value, low, high).

Sources: Wilson 1927 (a share), Newcombe 1998 method 10 (a difference of two shares), Katz et al. 1978 (a ratio of two
shares), Woolf 1955 (an odds ratio). The ratio and the odds ratio need a hit on both sides: ValueError otherwise.
"""

from __future__ import annotations

from math import exp, log, sqrt

Z95 = 1.959964
Interval = tuple[float, float, float]


def share(hits: int, of: int, z: float = Z95) -> Interval:
    """hits / of with Wilson's interval; `of` at least 1."""
    if not 0 <= hits <= of or of < 1:
        raise ValueError("a share needs 0 <= hits <= of and of >= 1")
    p, base = hits / of, 1 + z * z / of
    middle, half = p + z * z / (2 * of), z * sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return p, max(0.0, (middle - half) / base), min(1.0, (middle + half) / base)


def difference(hits: int, of: int, other_hits: int, other_of: int) -> Interval:
    """hits/of - other_hits/other_of with Newcombe's interval; holds with no hit at all on a side."""
    a, a_low, a_high = share(hits, of)
    b, b_low, b_high = share(other_hits, other_of)
    return (a - b, a - b - sqrt((a - a_low) ** 2 + (b_high - b) ** 2),
            a - b + sqrt((a_high - a) ** 2 + (b - b_low) ** 2))


def ratio(hits: int, of: int, other_hits: int, other_of: int) -> Interval:
    """(hits/of) / (other_hits/other_of) with Katz' interval."""
    if min(hits, other_hits) < 1:
        raise ValueError("a ratio of shares needs a hit on both sides")
    value = (hits / of) / (other_hits / other_of)
    error = Z95 * sqrt(1 / hits - 1 / of + 1 / other_hits - 1 / other_of)
    return value, value * exp(-error), value * exp(error)


def odds_ratio(a: int, b: int, c: int, d: int) -> Interval:
    """(a/b) / (c/d) with Woolf's interval; every count at least 1."""
    if min(a, b, c, d) < 1:
        raise ValueError("an odds ratio needs every count to be at least 1")
    error = Z95 * sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    middle = log(a * d / (b * c))
    return exp(middle), exp(middle - error), exp(middle + error)
