"""What a reader of a group's report may see of tokens and free text. Default deny.

Persons visible: a token is shown shortened (the row is found by file and line). Persons not visible: a token is
shown as «person 1», «konto 2», numbered within the case, so that "the same account" can still be read but nothing
can be looked up or joined between cases. Free text never reaches a report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

FREE_TEXT = frozenset({"purpose_text", "note", "snooze_owner", "snooze_reason"})
_SHOWN = 10  # characters of a token
_KINDS = (("account", "account"), ("address", "address"), ("dwelling", "address"), ("venue", "venue"),
          ("receipt", "receipt"), ("household", "household"), ("landlord", "landlord"))
# Subjects whose id is itself a token.
TOKEN_SUBJECTS = frozenset({"person", "household", "account", "address", "landlord"})


def token_kind(column: str) -> str | None:
    """Which kind of thing a column's token stands for; None when the column holds no token."""
    if not (column == "token" or column.endswith(("_token", "_tokens"))):
        return None
    return next((kind for word, kind in _KINDS if word in column), "person")


def shorten(token: str) -> str:
    """The head of a token, enough to tell two of them apart on a page."""
    return token if len(token) <= _SHOWN + 2 else token[:_SHOWN] + "…"


class Mask:
    """Replaces the tokens of one case. `names`: words for the kinds of tokens in the report's language.

    `rekey`: (kind, token) -> what is shown in place of a visible token, for an edition with keys of its own.
    """

    def __init__(self, persons_visible: bool, names: Mapping[str, str],
                 rekey: Callable[[str, str], str] | None = None) -> None:
        self._visible = persons_visible
        self._names = names
        self._rekey = rekey
        self._seen: dict[str, dict[str, int]] = {}

    def token(self, column: str, value: str) -> str:
        """The form in which a token of this column may be shown."""
        kind = token_kind(column) or "person"
        if self._visible:
            return shorten(self._rekey(kind, value) if self._rekey else value)
        known = self._seen.setdefault(kind, {})
        return f"{self._names[kind]} {known.setdefault(value, len(known) + 1)}"

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A source row (or a finding's facts) without free text and with its tokens replaced."""
        out: dict[str, Any] = {}
        for column, value in values.items():
            if column in FREE_TEXT:
                continue
            if value is not None and token_kind(column):
                many = value if isinstance(value, list) else [value]
                shown = [self.token(column, str(one)) for one in many]
                out[column] = shown if isinstance(value, list) else shown[0]
            else:
                out[column] = value
        return out

    def key(self, key: str | None, values: Mapping[str, Any]) -> str:
        """A row's key, with the tokens it is made of replaced as in its columns."""
        text = key or ""
        tokens = [(str(value), column) for column, value in values.items() if value and token_kind(column)]
        for value, column in sorted(tokens, key=lambda pair: -len(pair[0])):
            text = text.replace(value, self.token(column, value))
        return text
