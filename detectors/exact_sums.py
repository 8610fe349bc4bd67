"""Sums that are the same whatever order the rows come in.

Floating numbers added in another order differ in their last bits: with other threads, or the same rows delivered in
another order, a sum that lies on a threshold would fire one night and not the next. A rule is therefore never run
with a sum or mean over DOUBLE: `exact_sums` writes each as a sum of decimals (12 places, which adds exactly) rounded
to 9 places, so that a third of an hour taken three times is one hour. Sums of whole numbers and of money are exact as
they stand and are left alone; what is no number (infinity, not-a-number) is left out of a sum, as null is.

Which values are DOUBLE follows from the text: divisions, `epoch`, means, roots and logarithms, casts, bound values,
and columns that are declared so; `tests/detectors/test_exact_sums.py` holds it against what DuckDB itself says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

ADDED_AS = "DECIMAL(38, 12)"
PLACES = 9
DOUBLE = (exp.Div, exp.TimeToUnix, exp.Avg, exp.Median, exp.Ln, exp.Exp, exp.Pow, exp.Sqrt)
WHOLE = (exp.Count, exp.CountIf, exp.DateDiff, exp.Extract, exp.Predicate, exp.Connector, exp.Not, exp.Length,
         exp.RowNumber, exp.Rank, exp.DenseRank, exp.Year, exp.Month, exp.Day, exp.Hour, exp.Minute)


def exact_sums(tree: exp.Query, doubles: Mapping[str, frozenset[str]]) -> tuple[int, frozenset[str]]:
    """Rewrite the sums of `tree` in place; returns how many, and the names of its result columns that are DOUBLE.

    doubles: for each table (or view) that is read its columns of type DOUBLE.
    """
    told: dict[int, list[tuple[str, bool]]] = {}  # scope -> its result columns: name, is DOUBLE
    changed = 0
    for scope in traverse_scope(tree):
        look = _Scope(scope, told, doubles)
        for node in list(scope.find_all(exp.Sum, exp.Avg)):
            changed += _rewrite(node, look)
        told[id(scope)] = look.results()
    return changed, frozenset(name for name, double in told[id(scope)] if double)


def _rewrite(node: exp.Expr, look: _Scope) -> bool:
    value = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    if not look.is_double(value):
        return False
    value.replace(exp.TryCast(this=value.copy(), to=exp.DataType.build(ADDED_AS, dialect="duckdb")))
    whole: exp.Expr = node
    while isinstance(whole.parent, (exp.Filter, exp.Window)) and whole.parent.this is whole:
        whole = whole.parent
    whole.replace(exp.Round(this=exp.cast(whole.copy(), "double"), decimals=exp.Literal.number(PLACES)))
    return True


class _Scope:
    """One SELECT and what is known of the columns it reads."""

    def __init__(self, scope: Scope, told: dict[int, list[tuple[str, bool]]],
                 doubles: Mapping[str, frozenset[str]]) -> None:
        self.scope, self.told, self.doubles = scope, told, doubles

    def results(self) -> list[tuple[str, bool]]:
        if self.scope.set_operation_scopes:
            left, right = (self.told[id(side)] for side in self.scope.set_operation_scopes)
            return [(name, one or other) for (name, one), (_, other) in zip(left, right, strict=True)]
        selects: list[exp.Expr] = getattr(self.scope.expression, "selects", [])
        return [(s.alias_or_name, self.is_double(s)) for s in selects]

    def is_double(self, node: Any) -> bool:
        """Whether the value may be DOUBLE; where the text does not tell, yes (the sum is then DOUBLE, never wrong)."""
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Literal):
            return node.is_number and "e" in node.name.lower()
        if isinstance(node, (exp.Parameter, exp.Placeholder)):
            return True
        if isinstance(node, exp.Cast):
            return node.to.this in exp.DataType.FLOAT_TYPES
        if isinstance(node, DOUBLE):
            return True
        if isinstance(node, WHOLE):
            return False
        if isinstance(node, (exp.Case, exp.If)):
            branches = [n.args.get("true") for n in node.args.get("ifs") or [node]]
            return any(self.is_double(b) for b in [*branches, node.args.get("default"), node.args.get("false")] if b)
        if isinstance(node, (exp.Window, exp.Filter, exp.Round)):
            return self.is_double(node.this)
        if isinstance(node, (exp.Subquery, exp.Select)):
            inner = next((s for s in self.scope.subquery_scopes if s.expression is node.unnest()), None)
            return inner is None or self.told[id(inner)][0][1]
        return any(self.is_double(child) for child in node.iter_expressions()) if isinstance(node, exp.Expr) else False

    def _column(self, column: exp.Column) -> bool:
        sources = {name: source for name, (_, source) in self.scope.selected_sources.items()}
        if column.table and column.table not in sources:
            return True  # a column of the query around this one
        for source in [sources[column.table]] if column.table else sources.values():
            if isinstance(source, exp.Table):
                if column.table or column.name in self.doubles.get(source.name, ()):
                    return column.name in self.doubles.get(source.name, ())
            elif column.name in (known := dict(self.told.get(id(source), []))):
                return known[column.name]
        # not listed as DOUBLE by any table read here, if tables are read; else an alias of this SELECT itself
        return not any(isinstance(source, exp.Table) for source in sources.values())
