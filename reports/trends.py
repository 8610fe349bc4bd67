"""Charts of the overview as inline SVG without style attributes: a line a domain, lying bars an area.

None = not shown (suppressed): a gap in a line, a hatched stub of fixed length for a bar. Each chart has its numbers
in a table beside it; the text of a chart is its title, first and last value.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

_WIDE, _HIGH, _LEFT, _TOP = 300, 92, 8, 20


def line(labels: Sequence[str], values: Sequence[float | None], shown: Sequence[str], title: str) -> Markup:
    """One series from zero up. Labels: first and last below the axis; shown: the values in words."""
    top = max((value for value in values if value), default=1) or 1
    step = (_WIDE - 2 * _LEFT) / max(1, len(values) - 1)
    points = [(_LEFT + at * step, _TOP + (_HIGH - _TOP) * (1 - value / top)) if value is not None else None
              for at, value in enumerate(values)]
    parts = [Markup('<svg class="small" role="img" viewBox="0 0 {} {}" width="{}" height="{}" aria-label="{}">').format(
        _WIDE, _HIGH + 18, _WIDE, _HIGH + 18, title),
        Markup('<path class="base" d="M{} {}.5h{}"/>').format(_LEFT, _HIGH, _WIDE - 2 * _LEFT)]
    run: list[str] = []
    for point in [*points, None]:
        if point is not None:
            run.append(f"{point[0]:.1f} {point[1]:.1f}")
        elif run:
            if len(run) > 1:
                parts.append(Markup('<path class="area" d="M{} {}L{}V{}Z"/>').format(
                    run[0].split()[0], _HIGH, "L".join(run), _HIGH))
                parts.append(Markup('<path class="line" d="M{}"/>').format("L".join(run)))
            else:
                parts.append(Markup('<circle class="dot" cx="{}" cy="{}" r="2.5"/>').format(*run[0].split()))
            run = []
    known = [at for at, point in enumerate(points) if point is not None]
    for at in ([known[0], known[-1]] if len(known) > 1 else known):
        x, y = points[at]  # type: ignore[misc]
        near = range(at, at + 4) if x < _WIDE / 2 else range(at - 3, at + 1)  # the points that its words stand over
        clear = min(point[1] for other in near if 0 <= other < len(points) and (point := points[other]))
        parts.append(Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(x, y))
        parts.append(Markup('<text class="end" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
            x, max(11.0, clear - 6), "start" if x < _WIDE / 2 else "end", shown[at]))
    if labels:
        parts.append(Markup('<text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>').format(
            _LEFT, _HIGH + 14, labels[0], _WIDE - _LEFT, _HIGH + 14, labels[-1]))
    return Markup("").join([*parts, Markup("</svg>")])


def bars(labels: Sequence[str], values: Sequence[float | None], shown: Sequence[str], title: str) -> Markup:
    """Lying bars with the name before and the value after."""
    top = max((value for value in values if value), default=1) or 1
    left, wide, row = 110, 250, 24
    height = row * len(values) + 6
    parts = [Markup('<svg class="lying" role="img" viewBox="0 0 {} {}" width="{}" height="{}" aria-label="{}">').format(
        left + wide + 90, height, left + wide + 90, height, title)]
    for at, (label, value, text) in enumerate(zip(labels, values, shown, strict=True)):
        y = at * row + 4
        size = 10.0 if value is None else wide * value / top
        css = "bar-hidden" if value is None else "bar"
        parts.append(Markup('<text class="name" x="{}" y="{}" text-anchor="end">{}</text>').format(
            left - 8, y + 13, label))
        if size:
            parts.append(Markup('<rect class="{}" x="{}" y="{}" width="{:.1f}" height="16"/>').format(
                css, left, y, size))
        parts.append(Markup('<text class="value" x="{:.1f}" y="{}">{}</text>').format(left + size + 7, y + 13, text))
    parts.append(Markup('<path class="base" d="M{}.5 0v{}"/>').format(left, height))
    return Markup("").join([*parts, Markup("</svg>")])
