"""One hash for a value: the same content, the same 64 hex, in any order of keys."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def of(value: Any) -> str:
    """64 hex over a JSON value; keys in order."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
