"""Everything a reader could find in a file: pages with their packed data, workbooks, tables, plain texts."""

from __future__ import annotations

import base64
import gzip
import html
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

_ISLAND = re.compile(r'<script type="text/plain"[^>]*>([A-Za-z0-9+/=]+)</script>')
_WORD = re.compile(r"[A-Za-z0-9_]+")


def text_of(path: Path) -> str:
    """The file's words as somebody with tools could read them, its own name among them."""
    if path.suffix == ".html":
        page = path.read_text(encoding="utf-8")
        packed = [gzip.decompress(base64.b64decode(one)).decode() for one in _ISLAND.findall(page)]
        assert len(packed) == page.count('type="text/plain"'), "an island that this reader cannot open"
        return "\n".join([path.name, html.unescape(page), *packed])
    if path.suffix in (".xlsx", ".zip"):
        with zipfile.ZipFile(path) as book:
            return "\n".join([path.name, *(html.unescape(book.read(name).decode("utf-8", "replace"))
                                           for name in book.namelist())])
    if path.suffix == ".parquet":
        return "\n".join([path.name, str(pq.read_table(path).to_pylist())])
    if path.suffix == ".gz":
        return path.name + gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
    return path.name + path.read_bytes().decode("utf-8", "replace")


def files_of(*roots: Path) -> list[Path]:
    """Every regular file below the roots."""
    return sorted(path for root in roots for path in ([root] if root.is_file() else root.rglob("*"))
                  if path.is_file() and not path.is_symlink())


def words_of(paths: Iterable[Path]) -> set[str]:
    """All words in these files."""
    return {word for path in paths for word in _WORD.findall(text_of(path))}


def shown_of(tokens: Iterable[str], words: set[str]) -> set[str]:
    """The tokens that stand among the words, whole or shortened to their first ten signs."""
    return {token for token in tokens if token in words or (len(token) > 12 and token[:10] in words)}
