"""SQL that turns a text column of a source into the contract's type, or NULL when it cannot.

Each cast has a fast branch for the common written form and a slow branch for every other accepted form; DuckDB
evaluates the slow one only for the rows that need it.

Accepted (the byte forms of the table conventions):
- numbers: sign + or - (also U+2212 and a trailing minus), thousands by blank, no-break blank, dot or comma in
  groups of three, decimal comma or point; exponent for numbers. Rounded half up to the column's scale.
- integers: as numbers, but a fraction other than zero is refused.
- dates: 2026-11-23, 20261123, either with a time after it (the time is dropped); month columns also 2026-11 and
  202611. Years 1900-2100. Times: date, blank or T, hours and minutes, seconds if any; never an offset.
- booleans: true/false, 1/0, ja/nej, j/n, sant/falskt, yes/no, y/n in any case.
- texts: trimmed, the empty text is NULL; control characters and unseen characters (zero-width, BOM, soft hyphen,
  direction marks) are removed, line breaks, tabs and every kind of blank become one ordinary blank each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.contract import Column

FIRST_DAY, LAST_DAY = "1900-01-01", "2100-12-31"

_TRUE = ("true", "1", "ja", "j", "sant", "yes", "y", "1.0")
_FALSE = ("false", "0", "nej", "n", "falskt", "no", "0.0")

_TIMES = [f"%Y-%m-%d{sep}{clock}" for clock in ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f") for sep in (" ", "T")]

_BLANKS = "\u00a0\u202f\u2009\u2007"
_MINUSES = "\u2212\u2013\u2011\u2010"

# Macros shared by all casts of a connection. `three_dot` / `three_comma` say whether a single dot or comma
# before exactly three digits is a thousands sign in this column.
MACROS = (
    f"CREATE MACRO avvik_signs(x) AS translate(x, '{_BLANKS}{_MINUSES}', '{' ' * len(_BLANKS)}{'-' * len(_MINUSES)}')",
    # 5- -> -5, and no blank after the sign
    "CREATE MACRO avvik_signed(x) AS regexp_replace(regexp_replace(x, '^([^-+]*[0-9])\\s*-$', '-\\1'), "
    "'^([-+])\\s+', '\\1')",
    """CREATE MACRO avvik_plain(x, three_dot, three_comma) AS CASE
        WHEN regexp_full_match(x, '[-+]?[0-9]+') THEN x
        WHEN regexp_full_match(x, '[-+]?[0-9]{1,3}( [0-9]{3})+([.,][0-9]+)?')
            THEN replace(replace(x, ' ', ''), ',', '.')
        WHEN regexp_full_match(x, '[-+]?[0-9]{1,3}([.][0-9]{3})+,[0-9]+')
            THEN replace(replace(x, '.', ''), ',', '.')
        WHEN regexp_full_match(x, '[-+]?[0-9]{1,3}(,[0-9]{3})+[.][0-9]+') THEN replace(x, ',', '')
        WHEN regexp_full_match(x, '[-+]?[0-9]{1,3}([.][0-9]{3}){2,}') THEN replace(x, '.', '')
        WHEN regexp_full_match(x, '[-+]?[0-9]{1,3}(,[0-9]{3}){2,}') THEN replace(x, ',', '')
        WHEN three_dot AND regexp_full_match(x, '[-+]?[1-9][0-9]{0,2}[.][0-9]{3}') THEN replace(x, '.', '')
        WHEN three_comma AND regexp_full_match(x, '[-+]?[1-9][0-9]{0,2},[0-9]{3}') THEN replace(x, ',', '')
        WHEN regexp_full_match(x, '[-+]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][-+]?[0-9]{1,3})?')
            THEN replace(x, ',', '.')
        END""",
    """CREATE MACRO avvik_clean(x) AS nullif(trim(regexp_replace(regexp_replace(x,
        '\\r\\n|[\\s\\p{Z}\\x{0085}]', ' ', 'g'),
        '[\\p{Cc}\\p{Cf}]', '', 'g')), '')""",
    """CREATE MACRO avvik_digits_time(x) AS CASE
        WHEN regexp_full_match(x, '[0-9]{8}') THEN try_strptime(x, '%Y%m%d')
        WHEN regexp_full_match(x, '[0-9]{8}[ T]?[0-9]{4}')
            THEN try_strptime(regexp_replace(x, '[ T]', ''), '%Y%m%d%H%M')
        WHEN regexp_full_match(x, '[0-9]{8}[ T]?[0-9]{6}')
            THEN try_strptime(regexp_replace(x, '[ T]', ''), '%Y%m%d%H%M%S')
        WHEN regexp_full_match(x, '[0-9]{8}[ T][0-9]{2}:[0-9]{2}')
            THEN try_strptime(replace(x, 'T', ' '), '%Y%m%d %H:%M')
        WHEN regexp_full_match(x, '[0-9]{8}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}')
            THEN try_strptime(replace(x, 'T', ' '), '%Y%m%d %H:%M:%S')
        END""",
)


@dataclass(frozen=True)
class NumberStyle:
    """Whether one dot / comma before exactly three digits means thousands in a column (else decimals)."""

    three_dot: bool
    three_comma: bool


def number_style(column: Column, sample: Iterable[str]) -> NumberStyle:
    """Decides what `1.234` and `1,234` mean in a column from the values that can be read in one way only.

    Without such a value, three digits cannot be decimals of a column with fewer decimals than three, so there
    the sign is a thousands sign; in a column with more decimals it is the decimal sign.
    """
    if column.logical_type == "integer":
        return NumberStyle(True, True)
    comma = point = False
    for value in sample:
        if "," in value or "." in value:
            last = max(value.rfind(","), value.rfind("."))
            after = value[last + 1 :].rstrip(" -\u2212")
            sign = value[last]
            alone = value.count(sign) == 1
            both = "," in value and "." in value
            zero = value[:last].lstrip("+-\u2212 ") in ("", "0")
            if alone and (both or len(after) != 3 or zero):
                comma, point = comma or sign == ",", point or sign == "."
    if comma != point:
        return NumberStyle(three_dot=comma, three_comma=point)
    decimals = re.search(r",(\d+)\)", column.duckdb_type)
    few = bool(decimals) and int(decimals[1]) < 3  # type: ignore[index]
    return NumberStyle(few, few)


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """An SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def _texts(values: Iterable[str]) -> str:
    return "[" + ", ".join(text(value) for value in values) + "]"


@dataclass(frozen=True)
class Cast:
    """Three expressions, each used in a SELECT of its own so that nothing is computed twice.

    `prepared` reads the raw column, `found` reads the prepared alias, `typed` reads the found one.
    """

    prepared: str
    found: str
    typed: str


def cast_of(column: Column, raw: str, style: NumberStyle | None, odd: bool) -> Cast:
    """The cast of the SQL column `raw` (VARCHAR) to the contract's type, NULL when it cannot be read.

    `odd` says that the file holds blanks or control characters beyond the ordinary blank. The aliases of the
    layers are p_<column> and f_<column>.
    """
    p, f = quoted("p_" + column.name), quoted("f_" + column.name)
    clean = f"avvik_clean({raw})" if odd else f"nullif(trim({raw}), '')"
    kind = column.logical_type
    if kind == "string" and not column.allowed_values:
        blanks = ", ".join(text(value) for value in column.blanks)
        return Cast(clean, f"CASE WHEN {p} NOT IN ({blanks}) THEN {p} END" if blanks else p, f)
    if kind == "string":
        folded = {value.lower(): value for value in column.allowed_values} | dict(column.value_aliases)
        exact = ", ".join(text(value) for value in column.allowed_values)
        cases = " ".join(f"WHEN {p} = {text(key)} THEN {text(folded[key])}" for key in sorted(folded))
        prepared = f"CASE WHEN {raw} IN ({exact}) THEN {raw} ELSE lower({clean}) END"
        return Cast(prepared, f"CASE WHEN {p} IN ({exact}) THEN {p} {cases} END", f)
    if kind == "boolean":
        yes, no = (", ".join(map(text, words)) for words in (_TRUE, _FALSE))
        prepared = f"CASE WHEN {raw} IN ({yes}, {no}) THEN {raw} ELSE lower({clean}) END"
        return Cast(prepared, f"CASE WHEN {p} IN ({yes}) THEN true WHEN {p} IN ({no}) THEN false END", f)
    if kind in ("integer", "number"):
        return _number(column, raw, clean, style or NumberStyle(True, True))
    return _time(column, raw, clean)


def _time(column: Column, raw: str, clean: str) -> Cast:
    p, f = quoted("p_" + column.name), quoted("f_" + column.name)
    common = _TIMES if column.logical_type == "timestamp" else ["%Y-%m-%d", *_TIMES]
    slow = [f"avvik_digits_time({clean})", f"try_strptime({clean}, {_texts(['%Y-%m-%d', *_TIMES])})"]
    if column.month:
        slow.append(
            f"CASE WHEN regexp_full_match({clean}, '[0-9]{{4}}-?[0-9]{{2}}') "
            f"THEN try_strptime(replace({clean}, '-', '') || '01', '%Y%m%d') END"
        )
    if column.date_formats:
        # two-digit years first: %Y would take 13 for the year 13, while %y leaves 2013 to the others
        forms = sorted(column.date_formats, key=lambda form: "%Y" in form)
        slow.append(f"try_strptime({clean}, {_texts(forms)})")
    found = f"CASE WHEN {p} IS NOT NULL THEN {p} ELSE coalesce({', '.join(slow)}) END"
    # strptime reads 'infinity' as the first day: that day must be written
    within = (
        f"CASE WHEN {f} > TIMESTAMP '{FIRST_DAY}' AND {f} < TIMESTAMP '{LAST_DAY}' + INTERVAL 1 DAY THEN {f} "
        f"WHEN {f} = TIMESTAMP '{FIRST_DAY}' AND regexp_matches({raw}, '[0-9]') THEN {f} END"
    )
    if column.month:
        within = f"CAST(date_trunc('month', {within}) AS DATE)"
    elif column.logical_type == "date":
        within = f"CAST({within} AS DATE)"
    return Cast(f"try_strptime({raw}, {_texts(common)})", found, within)


def _number(column: Column, raw: str, clean: str, style: NumberStyle) -> Cast:
    """Digits alone (with a decimal point where it can be nothing else) go the fast way: prepared stays NULL."""
    p, f = quoted("p_" + column.name), quoted("f_" + column.name)
    whole = column.logical_type == "integer"
    fast = "-?[0-9]+" if whole or style.three_dot else "-?[0-9]+([.][0-9]+)?"
    prepared = f"CASE WHEN regexp_full_match({raw}, '{fast}') THEN NULL ELSE avvik_signed(avvik_signs({clean})) END"
    comma = ""
    if not whole and not style.three_comma:
        comma = f"WHEN regexp_full_match({p}, '-?[0-9]+,[0-9]+') THEN replace({p}, ',', '.') "
    plain = f"avvik_plain({p}, {str(style.three_dot).lower()}, {str(style.three_comma).lower()})"
    found = f"CASE WHEN {p} IS NULL THEN {raw} {comma}ELSE {plain} END"
    if whole:
        typed = (
            f"CASE WHEN {p} IS NULL THEN TRY_CAST({f} AS {column.duckdb_type}) "
            f"WHEN TRY_CAST({f} AS DECIMAL(38,10)) = trunc(TRY_CAST({f} AS DECIMAL(38,10))) "
            f"THEN TRY_CAST(TRY_CAST({f} AS DECIMAL(38,10)) AS {column.duckdb_type}) END"
        )
    elif column.duckdb_type == "DOUBLE":
        typed = f"CASE WHEN isfinite(TRY_CAST({f} AS DOUBLE)) THEN TRY_CAST({f} AS DOUBLE) END"
    else:
        typed = f"TRY_CAST({f} AS {column.duckdb_type})"
    return Cast(prepared, found, typed)


def rule_of(column: Column) -> str:
    """The rule that a value breaks when its cast gives NULL."""
    return "allowed_values" if column.allowed_values else f"type_{column.logical_type}"


OFFSET_PATTERN = r"[0-9]{2}:?[0-9]{2}(:?[0-9]{2}([.][0-9]+)?)?\s*(Z|z|[-+][0-9]{2}(:?[0-9]{2})?)$"


def reason_sql(column: Column, raw: str) -> str:
    """SQL for the rule broken by the unreadable value `raw` of `column`."""
    if column.logical_type == "timestamp":
        return f"CASE WHEN regexp_matches({raw}, {text(OFFSET_PATTERN)}) THEN 'type_offset' ELSE 'type_timestamp' END"
    return text(rule_of(column))
