"""The catalogue read once a test process: reading and judging 176 rules takes two seconds, a small night less.

What is kept is what reading gives: the key holds every byte that is read (rules, views, law values) and everything
that they are judged against (columns, DOUBLE columns, strictness), so that whoever changes any of it gets it read
anew. Each caller gets headers of its own.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from detectors import detector, run
from detectors.detector import Catalogue

_read = detector.load_catalogue
_kept: dict[Any, Catalogue] = {}


def load(columns: Mapping[str, Mapping[str, bool]], folders: Iterable[Path] | None = None, strict: bool = True,
         doubles: Mapping[str, frozenset[str]] | None = None) -> Catalogue:
    """As detectors.detector.load_catalogue."""
    if folders is not None or detector.load_catalogue is not _read:
        return detector.load_catalogue(columns, folders, strict=strict, doubles=doubles)
    rules = [path for folder in detector.catalogue_folders() for path in sorted(folder.glob("*/*.sql"))]
    views = [path for folder in detector.view_folders() for path in sorted(folder.glob("*.sql"))]
    key = (repr([columns, strict, sorted((name, sorted(of)) for name, of in (doubles or {}).items()),
                 detector.load_law_values()]),
           tuple((str(path), path.read_bytes()) for path in [*views, *rules]))
    if key not in _kept:
        _kept[key] = _read(columns, strict=strict, doubles=doubles)
    kept = _kept[key]
    return Catalogue({code: dataclasses.replace(one, header=copy.deepcopy(one.header))
                      for code, one in kept.detectors.items()}, dict(kept.views), kept.faults)


run.load_catalogue = load
