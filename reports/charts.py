"""Small charts as inline SVG, drawn without style attributes so that the page's policy can stay closed."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape


def spark(weeks: Sequence[int], label: str) -> Markup:
    """52 thin bars, scaled to the subject's own highest week."""
    weeks = [min(n, 35) for n in weeks]  # as the packed list draws it
    top = max(weeks, default=0)
    if not top:
        return Markup('<span class="sub">–</span>')
    path = "".join(f"M{at * 2 + 1} 20v-{max(2, round(18 * n / top))}" for at, n in enumerate(weeks) if n)
    return Markup(
        '<svg class="spark" role="img" width="105" height="22" viewBox="0 0 105 22" aria-label="{}">'
        '<path class="axis" d="M0 20.5h105"/><path class="bars" d="{}"/></svg>').format(label, path)


def columns(labels: Sequence[str], values: Sequence[int | None], shown: Sequence[str], title: str,
            hidden: str) -> Markup:
    """Upright bars with their value above. None = suppressed: a hatched stub of fixed height that says nothing."""
    top = max((value for value in values if value), default=1)
    step, height = 56, 150
    width = step * len(values) + 10
    parts = [Markup('<svg class="chart" role="img" viewBox="0 0 {} {}" width="{}" height="{}" aria-label="{}">').format(
        width, height + 44, width, height + 44, title),
        Markup('<path class="axis" d="M5 {}h{}"/>').format(height + 20.5, width - 10)]
    for at, (label, value, text) in enumerate(zip(labels, values, shown, strict=True)):
        x, middle = 10 + at * step, 10 + at * step + 20
        size = 6 if value is None else round(height * value / top)
        css = "bar-hidden" if value is None else "bar"
        if size:
            parts.append(Markup('<rect class="{}" x="{}" y="{}" width="40" height="{}"/>').format(
                css, x, height + 20 - size, size))
        caption = hidden if value is None else text
        parts.append(Markup('<text class="value" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            middle, height + 14 - size, caption))
        parts.append(Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(middle, height + 38, label))
    return Markup("").join([*parts, Markup("</svg>")])


def stacked(labels: Sequence[str], rows: Sequence[Sequence[int]], legend: Sequence[str], title: str) -> Markup:
    """Lying bars in parts, one class a part (part-0, part-1, ...), numbers written in the parts."""
    top = max((sum(row) for row in rows), default=1) or 1
    line, left, wide = 30, 190, 400
    width, height = left + wide + 30, line * len(rows) + 34
    parts = [Markup('<svg class="chart" role="img" viewBox="0 0 {} {}" width="{}" height="{}" aria-label="{}">').format(
        width, height, width, height, title)]
    for at, (label, row) in enumerate(zip(labels, rows, strict=True)):
        y, x = at * line + 6, float(left)
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(left - 8, y + 15, label))
        for part, value in enumerate(row):
            size = wide * value / top
            if value:
                parts.append(Markup('<rect class="part-{}" x="{:.1f}" y="{}" width="{:.1f}" height="20"/>').format(
                    part, x, y, size))
                if size > 18:
                    parts.append(Markup('<text class="on-{}" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                        part, x + size / 2, y + 15, value))
            x += size
    at_x = left
    for part, name in enumerate(legend):
        y = line * len(rows) + 12
        parts.append(Markup('<rect class="part-{}" x="{}" y="{}" width="12" height="12"/>').format(part, at_x, y))
        parts.append(Markup('<text x="{}" y="{}">{}</text>').format(at_x + 17, y + 11, name))
        at_x += 34 + 7 * len(str(escape(name)))
    return Markup("").join([*parts, Markup("</svg>")])
