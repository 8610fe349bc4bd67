"""The shell of every page: one style, one script, a policy with their hashes, data islands, safe writing."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import charts, words

_HERE = Path(__file__).parent


SCRIPTS = ("base.js", "draw.js", "case.js", "report.js")  # one inline script, in this order


@lru_cache(maxsize=8)
def static(name: str) -> str:
    """A file of static/; must not hold what would end its own element."""
    text = (_HERE / "static" / name).read_text(encoding="utf-8").strip()
    if "</s" in text.lower():
        raise ValueError(f"{name} may not contain an end tag")
    return text


def source_hash(text: str) -> str:
    """The CSP source of an inline element with exactly this content."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"


def policy(style: str, script: str | None) -> str:
    """Nothing may load or run but these two; no forms, no base, no requests."""
    parts = ["default-src 'none'", f"style-src {source_hash(style)}", "base-uri 'none'", "form-action 'none'"]
    if script is not None:
        parts.insert(1, f"script-src {source_hash(script)}")
    return "; ".join(parts)


def to_json(data: Any) -> str:
    """Compact JSON that is also safe inside a script element, should a packing ever be left out."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char, code in (("<", "003c"), (">", "003e"), ("&", "0026"), ("\u2028", "2028"), ("\u2029", "2029")):
        text = text.replace(char, f"\\u{code}")
    return text


def pack(data: Any) -> str:
    """JSON, gzip, base64: the alphabet of the result cannot end an element. Same data, same bytes."""
    return base64.b64encode(gzip.compress(to_json(data).encode("utf-8"), 9, mtime=0)).decode("ascii")


def _excluded_by(row: Any) -> list[tuple[str, int]]:
    """Reasons and counts of a ledger row's excluded_by (JSON)."""
    return sorted(json.loads(row["excluded_by"] or "{}").items())


@lru_cache(maxsize=2)
def _environment(language: str) -> Environment:
    env = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
                      trim_blocks=True, lstrip_blocks=True)
    text = words.texts(language)
    env.globals.update(text=text, language=language, charts=charts, excluded_by=_excluded_by)
    env.filters.update(
        num=lambda value, decimals=None: "" if value is None else words.number(value, language, decimals),
        sek=lambda value: "" if value is None else words.sek(value, language),
        pick=lambda value: words.pick(value, language),
        moment=words.moment,
        named=lambda value: words.named(value or "", language),
        fact=lambda value, name="": words.fact(name, value, language),
        percent=lambda value: "" if value is None else words.number(100 * value, language, 1) + "\u00a0%",
        fill=lambda pattern, **values: words.filled(pattern, **values))
    return env


def render(template: str, language: str, script: bool = False, islands: dict[str, str] | None = None,
           more_style: str = "", **values: Any) -> str:
    """A whole page. `islands`: id -> packed data, put at the end of the body; `more_style`: one more of static/."""
    style = static("report.css") + (static(more_style) if more_style else "")
    code = "\n".join(static(name) for name in SCRIPTS) if script else None
    return _environment(language).get_template(template).render(
        style=Markup(style), script=Markup(code) if code else None, policy=policy(style, code),
        islands=islands or {}, **values)


def write_file(path: Path, content: str | bytes) -> Path:
    """Write beside the target and swap: a reader sees the old page or the new one. 0600, folder 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp gives 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content.encode("utf-8") if isinstance(content, str) else content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    return path
