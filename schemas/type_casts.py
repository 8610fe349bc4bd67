"""SQL that turns a text column of a source into the contract's type, or NULL when it cannot.

Each cast has a fast branch for the common written form and a slow branch for every other accepted form; DuckDB
evaluates the slow one only for the rows that need it. The fast branch never accepts what the slow one refuses.

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

_TIMES = [
    f"%Y-%m-%d{sep}{clock}" for clock in ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f") for sep in (" ", "T")
]

_BLANKS = "\u00a0\u202f\u2009\u2007"
_MINUSES = "\u2212\u2013\u2011\u2010"

# Macros shared by all casts of a connection. `three_dot` / `three_comma` say whether a single dot or comma
# before exactly three digits is a thousands sign in this column.
MACROS = (
    f"CREATE MACRO avvik_signs(x) AS translate(x, '{_BLANKS}{_MINUSES}', "
    f"'{' ' * len(_BLANKS)}{'-' * len(_MINUSES)}')",
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
    """CREATE MACRO avvik_number(x, three_dot, three_comma) AS
        avvik_plain(avvik_signed(avvik_signs(trim(x))), three_dot, three_comma)""",
    f"""CREATE MACRO avvik_clean(x) AS nullif(trim(regexp_replace(regexp_replace(x,
        '[\\s\\p{{Z}}\\x{{0085}}]', ' ', 'g'),
        '[\\p{{Cc}}\\p{{Cf}}]', '', 'g')), '')""",
    f"""CREATE MACRO avvik_day(t) AS CASE
        WHEN t >= TIMESTAMP '{FIRST_DAY}' AND t <= TIMESTAMP '{LAST_DAY} 23:59:59.999999' THEN t END""",
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


def cast_sql(column: Column, raw: str, style: NumberStyle | None, odd: bool) -> str:
    """The typed value of the SQL expression `raw` (a VARCHAR), NULL when it cannot be read.

    `odd` says that the file holds blanks or control characters beyond the ordinary blank.
    """
    kind = column.logical_type
    clean = f"avvik_clean({raw})" if odd else f"nullif(trim({raw}), '')"
    if kind == "string":
        return _allowed(column, clean) if column.allowed_values else clean
    if kind == "boolean":
        folded = f"lower({clean})"
        return (
            f"CASE WHEN {folded} IN ({', '.join(map(text, _TRUE))}) THEN true "
            f"WHEN {folded} IN ({', '.join(map(text, _FALSE))}) THEN false END"
        )
    value = clean if odd else raw
    if kind in ("integer", "number"):
        return _number(column, value, style or NumberStyle(True, True))
    slow = clean
    tries = [
        f"try_strptime({value}, {_texts(_TIMES if kind == 'timestamp' else ['%Y-%m-%d', *_TIMES])})",
        f"CASE WHEN regexp_matches({slow}, '^[0-9]') THEN "
        f"coalesce(avvik_digits_time({slow}), try_strptime({slow}, {_texts(['%Y-%m-%d', *_TIMES])})) END",
    ]
    if column.month:
        tries.append(
            f"CASE WHEN regexp_full_match({slow}, '[0-9]{{4}}-?[0-9]{{2}}') "
            f"THEN try_strptime(replace({slow}, '-', '') || '01', '%Y%m%d') END"
        )
    if column.date_formats:
        tries.append(f"try_strptime({slow}, {_texts(column.date_formats)})")
    # 'infinity' is read as 1900-01-01 by strptime: a date begins with a digit unless a format says otherwise
    found = f"avvik_day(coalesce({', '.join(tries)}))"
    if not any(form.startswith(("%a", "%A", "%b", "%B")) for form in column.date_formats):
        found = f"CASE WHEN ltrim({value}) >= '0' AND ltrim({value}) < ':' THEN {found} END"
    if column.month:
        return f"CAST(date_trunc('month', {found}) AS DATE)"
    return f"CAST({found} AS DATE)" if kind == "date" else found


def _number(column: Column, value: str, style: NumberStyle) -> str:
    """Fast where the text without its digits is nothing, a minus or the plain decimal sign."""
    whole = column.logical_type == "integer"
    target = "DECIMAL(38,10)" if whole else column.duckdb_type
    rest = f"translate({value}, '0123456789', '')"
    branches = [f"WHEN {rest} IN ('', '-') THEN TRY_CAST({value} AS {column.duckdb_type})"]
    if not whole and not style.three_dot:
        branches.append(f"WHEN {rest} IN ('.', '-.') THEN TRY_CAST({value} AS {target})")
    if not whole and not style.three_comma:
        branches.append(f"WHEN {rest} IN (',', '-,') THEN TRY_CAST(replace({value}, ',', '.') AS {target})")
    fast = f"CASE {' '.join(branches)} END"
    plain = f"avvik_number({value}, {str(style.three_dot).lower()}, {str(style.three_comma).lower()})"
    if whole:
        exact = f"TRY_CAST({plain} AS {target})"
        slow = f"CASE WHEN {exact} = trunc({exact}) THEN TRY_CAST({exact} AS {column.duckdb_type}) END"
    elif column.duckdb_type == "DOUBLE":
        slow = f"CASE WHEN isfinite(TRY_CAST({plain} AS DOUBLE)) THEN TRY_CAST({plain} AS DOUBLE) END"
    else:
        slow = f"coalesce(TRY_CAST({plain} AS {target}), TRY_CAST(TRY_CAST({plain} AS DOUBLE) AS {target}))"
    return f"coalesce({fast}, {slow})"


def _allowed(column: Column, clean: str) -> str:
    folded = {value.lower(): value for value in column.allowed_values} | dict(column.value_aliases)
    exact = ", ".join(text(value) for value in column.allowed_values)
    cases = " ".join(f"WHEN {text(source)} THEN {text(target)}" for source, target in sorted(folded.items()))
    return f"CASE WHEN {clean} IN ({exact}) THEN {clean} ELSE CASE lower({clean}) {cases} END END"


def rule_of(column: Column) -> str:
    """The rule that a value breaks when its cast gives NULL."""
    return "allowed_values" if column.allowed_values else f"type_{column.logical_type}"


OFFSET_PATTERN = r"[0-9]{2}:?[0-9]{2}(:?[0-9]{2}([.][0-9]+)?)?\s*(Z|z|[-+][0-9]{2}(:?[0-9]{2})?)$"


def reason_sql(column: Column, raw: str) -> str:
    """SQL for the rule broken by the unreadable value `raw` of `column`."""
    if column.logical_type == "timestamp":
        return f"CASE WHEN regexp_matches({raw}, {text(OFFSET_PATTERN)}) THEN 'type_offset' ELSE 'type_timestamp' END"
    return text(rule_of(column))
