"""YAML read strictly: no duplicate keys, no surprises, and messages that name the nearest valid key."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

_Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def words(text: str) -> frozenset[str]:
    """The blank-separated words of `text`, for tables of valid keys that fit on a line."""
    return frozenset(text.split())


class DuplicateKeyError(ValueError):
    """The same key stands twice in one YAML mapping (plain YAML would silently keep the last)."""


class _StrictLoader(_Base):  # type: ignore[misc, valid-type]
    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, (list, dict)):
                raise DuplicateKeyError(f"line {key_node.start_mark.line + 1}: a key must be plain text")
            if key in seen:
                raise DuplicateKeyError(f"line {key_node.start_mark.line + 1}: the key '{key}' stands twice")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> Any:
    """The document of `path`; ValueError with line number when it is not YAML, OSError when unreadable."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start}: not UTF-8; save the file as UTF-8") from None
    try:
        return yaml.load(text, Loader=_StrictLoader)  # the strict loader is a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{where}not valid YAML ({error.problem or error.context})") from None
    except yaml.YAMLError as error:
        raise ValueError(f"not valid YAML ({type(error).__name__})") from None


def nearest(key: object, valid: Iterable[str]) -> str:
    """A hint such as "; did you mean 'alias'?" or the list of valid keys when nothing is close."""
    names = sorted(valid)
    lowered = {name.lower(): name for name in names}
    close = difflib.get_close_matches(str(key).lower(), list(lowered), n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{lowered[close[0]]}'?"
    return f"; valid here: {', '.join(names)}" if names else ""


def unknown_keys(mapping: Mapping[Any, Any], valid: Iterable[str]) -> list[str]:
    """Keys of `mapping` outside `valid`, in file order, as text."""
    allowed = set(valid)
    return [str(key) for key in mapping if key not in allowed]
