"""Rules run on more than one engine: what they may use, and how they are written for another one.

A rule is written once, in DuckDB's words. sqlglot translates the names; where engines give the same words another
meaning, `to_dialect` makes the tree explicit first, and what cannot be made explicit is refused when the rule is
loaded (`check_portable`). Seen on Spark 4.3 and DuckDB 2.0, held by `tests/detectors/test_spark.py`:

- `/` divides exactly in DuckDB (DOUBLE) and by zero gives infinity; Spark keeps decimals, cuts them after six digits
  and fails at zero. For Spark zero gives null, so a rule that says something by way of infinity shows a difference.
- `avg` of money is DOUBLE in DuckDB; Spark rounds it to a decimal.
- `floor` and `ceil` of a DOUBLE stay DOUBLE in DuckDB; Spark makes them whole numbers.
- `epoch` keeps fractions of seconds; Spark's unix_timestamp cuts them off.
- `date_diff('day', a, b)` counts midnights passed; Spark's counts spans of 24 hours.
- `array_agg(..) FILTER (..)` of no rows is null in DuckDB, an empty list in Spark.
- `INTERVAL ($n) DAY` takes a bound value in DuckDB only; elsewhere it is one day times the value.

Refused, because no translation keeps the meaning: a CAST of a fraction to a whole number (rounds or cuts off), `//`,
a day minus a day, a standard deviation (its last bits follow the order of the rows), extract of weekdays and weeks
(Sunday is 0 or 1), an order inside array_agg, DISTINCT ON, sums of yes and no. Not visible in the text and left to the
cases: `ln(0)` is minus infinity or null, and half an öre in a DOUBLE can round either way when it becomes a DECIMAL.
"""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from detectors.header import DetectorError

# The common dialect of the engines we run on. A function outside this list is refused: each name here has been
# seen to give the same result on DuckDB and, through sqlglot, on Spark.
PORTABLE_FUNCTIONS = {
    "ABS", "AND", "ARRAY_AGG", "AVG", "CASE", "CAST", "CEIL", "COALESCE", "CONCAT", "COUNT", "COUNT_IF", "DATEDIFF",
    "TIMESTAMP_TRUNC", "DATE_TRUNC", "TIME_TO_UNIX", "DAY", "DENSE_RANK", "EXISTS", "EXP", "EXTRACT", "FIRST_VALUE",
    "FLOOR", "GREATEST", "HOUR", "IF", "LAG", "LAST_VALUE", "LEAD", "LEAST", "LENGTH", "LN", "LOGICAL_AND",
    "LOGICAL_OR", "LOWER", "MAX", "MEDIAN", "MIN", "MINUTE", "MOD", "MONTH", "NULLIF", "OR", "POWER", "RANK",
    "REPLACE", "ROUND", "ROW_NUMBER", "SIGN", "SQRT", "SUBSTRING", "SUM", "TRIM", "UPPER", "YEAR",
}
NOT_PORTABLE: dict[type[exp.Expr], str] = {
    exp.Qualify: "QUALIFY", exp.Lambda: "a lambda", exp.Slice: "a list slice", exp.Bracket: "indexing",
    exp.Pivot: "PIVOT", exp.Command: "a command", exp.Rand: "random()", exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "now()", exp.Limit: "LIMIT", exp.TryCast: "TRY_CAST",
}
FRACTIONAL = (exp.Div, exp.TimeToUnix, exp.Avg, exp.Median, exp.Ln, exp.Exp, exp.Pow, exp.Sqrt)
SAME_PARTS = ("year", "month", "day", "hour", "minute")
WHOLE = (exp.Round, exp.Floor, exp.Ceil, exp.Count, exp.DateDiff, exp.Predicate)


def check_portable(name: str, tree: exp.Query) -> set[str]:
    """Refuse what engines do not share; returns the names of the bound parameters."""
    bound: set[str] = set()
    for node in tree.walk():
        words = NOT_PORTABLE.get(type(node))
        if words:
            raise DetectorError(f"{name}: {words} is not portable; write it with the common functions")
        differs = _differs(node)
        if differs:
            raise DetectorError(f"{name}: {differs}")
        if isinstance(node, exp.Window) and isinstance(
                node.this, (exp.RowNumber, exp.Lead, exp.Lag, exp.FirstValue, exp.LastValue)):
            _check_tie_break(name, node)
        if isinstance(node, (exp.Parameter, exp.Placeholder)):
            bound.add(str(node.this.name if isinstance(node.this, exp.Expression) else node.this or node.name))
        if isinstance(node, exp.Func):
            word = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).upper()
            if word not in PORTABLE_FUNCTIONS:
                raise DetectorError(f"{name}: the function {word.lower()} is outside the portable list")
    return bound


def _check_tie_break(name: str, window: exp.Window) -> None:
    order = window.args.get("order")
    last = order.expressions[-1].this if order and order.expressions else None
    unique = isinstance(last, exp.Column) and (last.name == "row_ref" or last.name.endswith("_id"))
    if not unique:
        raise DetectorError(f"{name}: ORDER BY in a window ends with a tie-break: row_ref or an _id column")


def _differs(node: exp.Expr) -> str:
    """What two engines understand differently by this, and what to write instead; empty when they agree."""
    if isinstance(node, exp.Join) and (node.args.get("method") or "").upper() == "ASOF":
        return "ASOF JOIN is not portable; use a window or a range join"
    if isinstance(node, exp.Star) and isinstance(node.parent, exp.Select):
        return "SELECT * hides what is read; name the columns"
    if isinstance(node, (exp.DateDiff, exp.TimestampDiff)) \
            and str(node.args.get("unit") or "DAY").upper().strip("'") != "DAY":
        return "date_diff counts whole days only; other units differ between engines"
    if isinstance(node, exp.Cast) and node.to.this in exp.DataType.INTEGER_TYPES and _has_decimals(node.this):
        return ("CAST of a fraction to a whole number rounds on one engine and cuts off on another; "
                "write CAST(round(..) AS BIGINT), floor or ceil")
    if isinstance(node, exp.IntDiv):
        return "// keeps decimals on one engine and not on another; write floor(a / b)"
    if isinstance(node, exp.Sub) and _is_day(node.this) and _is_day(node.expression):
        return "a day minus a day is a number on one engine and an interval on another; write date_diff('day', ..)"
    if isinstance(node, exp.Extract) and node.name.lower() not in SAME_PARTS:
        return f"extract of {node.name.lower()} counts differently between engines; join the table calendar"
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        return "DISTINCT ON is not portable; use row_number with a tie-break"
    if isinstance(node, exp.ArrayAgg) and node.find(exp.Order):
        return "the order inside array_agg is lost on other engines; lists are sets here"
    if isinstance(node, (exp.Sum, exp.Avg)) and isinstance(node.this.unnest(), (exp.Predicate, exp.Connector, exp.Not)):
        return "yes and no cannot be added on every engine; write count_if or CASE WHEN .. THEN 1 ELSE 0 END"
    return ""


def _has_decimals(value: exp.Expr) -> bool:
    """Whether the value visibly can have decimals; what is rounded or counted inside it has none."""
    inside = value.walk(prune=lambda n: isinstance(n, WHOLE))
    return any(isinstance(node, FRACTIONAL) or (isinstance(node, exp.Literal) and node.is_number and "." in node.name)
               for node in inside)


def _is_day(node: exp.Expr) -> bool:
    node = node.unnest()
    return (isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.DATE) \
        or (isinstance(node, (exp.Parameter, exp.Placeholder)) and node.name in ("as_of", "since"))


def to_dialect(sql: str, dialect: str) -> str:
    """The same SELECT for another engine, e.g. 'spark'. Parameters keep their names (`$n` becomes `:n` there)."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    if dialect == "spark":
        for node in reversed(list(tree.bfs())):  # inner ones first: a replaced node takes its children along
            explicit = _for_spark(node)
            if explicit is not node:
                node.replace(explicit)
    return tree.sql(dialect=dialect, comments=False)


def _for_spark(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Div):
        node.set("this", _double(node.this))
        if not (isinstance(node.expression, exp.Literal) and float(node.expression.this)):
            node.set("expression", exp.Nullif(this=node.expression, expression=exp.Literal.number(0)))
    elif isinstance(node, exp.Avg):
        node.set("this", _double(node.this))
    elif isinstance(node, (exp.Floor, exp.Ceil)) and not _is_double(node.parent):
        return _double(node.copy())
    elif isinstance(node, exp.Filter) and isinstance(node.this, exp.ArrayAgg):
        return exp.func("NULLIF", node.copy(), exp.Anonymous(this="ARRAY"))
    elif isinstance(node, exp.TimeToUnix):
        micros = exp.Anonymous(this="UNIX_MICROS", expressions=[exp.cast(node.this.copy(), "timestampltz")])
        return exp.paren(exp.Div(this=_double(micros), expression=exp.Literal.number(1_000_000)))
    elif isinstance(node, exp.Cast) and node.to.this in exp.DataType.INTEGER_TYPES \
            and isinstance(node.this, (exp.Parameter, exp.Placeholder)):
        node.set("this", exp.Round(this=node.this.copy()))
    elif isinstance(node, exp.Interval) and not isinstance(node.this, exp.Literal):
        one = exp.Interval(this=exp.Literal.string("1"), unit=node.args["unit"].copy())
        return exp.paren(exp.Mul(this=one, expression=node.this.copy()))
    elif isinstance(node, exp.DateDiff):
        days = [exp.cast(node.args[side].copy(), "date") for side in ("this", "expression")]
        return exp.Anonymous(this="DATEDIFF", expressions=days)
    return node


def _double(node: exp.Expr) -> exp.Expr:
    return node if _is_double(node) else exp.cast(node.copy(), "double")


def _is_double(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.DOUBLE
