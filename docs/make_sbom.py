"""The list of parts: every package of requirements.lock with version and licence, as CycloneDX and as a page.

    python -m docs.make_sbom            writes docs/sbom.cdx.json and docs/sbom.md

Versions come from the lock file, licences from the packages' own metadata, so it is run where they are installed.
"""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)
_CLASSIFIER = "License :: OSI Approved :: "
UNKNOWN = "not stated"
# Licences whose parts may be shipped with ours (EUPL-1.2). A new one is read first and then added here.
ALLOWED = {
    "MIT", "MIT License", "MIT-0", "ISC", "ISC License (ISCL)", "0BSD", "BSD License", "BSD-2-Clause", "BSD-3-Clause",
    "Apache-2.0", "Apache Software License", "PSF-2.0", "CNRI-Python", "Zlib", "CC0-1.0",  # ask for a notice at most
    "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)",  # changes of its own files are to be shared; we make none
}
AUDITS = ("pip-audit --disable-pip --require-hashes --requirement requirements.lock",
          "osv-scanner scan source --lockfile requirements.txt:requirements.lock")
# package: the licence we take of those it offers
TAKEN = {"text-unidecode": "the Artistic License, offered beside the GPL"}


def pinned(lock: Path = LOCK) -> dict[str, str]:
    """Version of every package of the lock file, by name."""
    return dict(sorted(_PINNED.findall(lock.read_text(encoding="utf-8"))))


def direct(extra: str | None = None) -> set[str]:
    """Names of what pyproject.toml asks for itself, or for one of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {_name(line) for line in asked}


def reasons() -> dict[str, str]:
    """Why pyproject.toml asks for each package: the remark behind it on its line."""
    found = {}
    for line in (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines():
        asked = re.match(r'\s*(?:\w+ = \[)?"([A-Za-z][^"]*)"[\],]*\s*(?:#\s*(.*))?$', line)
        if asked and _name(asked[1]) not in found:
            found[_name(asked[1])] = (asked[2] or "").strip()
    return found


def _name(requirement: str) -> str:
    return re.split(r"[<>=!\[; ]", requirement)[0].lower()


def allowed(said: str) -> bool:
    """Whether a licence may be combined with ours: every part of it, and of alternatives at least one."""
    every = re.split(r"\s+AND\s+|,\s*(?=[A-Z])", re.sub(r"\(([^()]* OR [^()]*)\)", r"\1", said))
    return all(any(one.strip() in ALLOWED for one in re.split(r"\s+OR\s+", part)) for part in every)


def licence(name: str) -> str:
    """What the installed package says of its licence, in one line."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return UNKNOWN
    said = about.get("License-Expression")
    if not said:
        named = [c.removeprefix(_CLASSIFIER) for c in about.get_all("Classifier") or [] if c.startswith(_CLASSIFIER)]
        said = ", ".join(named) or (about.get("License") or "").strip().split("\n")[0]
    return said[:60] or UNKNOWN


def document(parts: dict[str, str], licences: dict[str, str]) -> dict[str, Any]:
    """CycloneDX 1.6."""
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
            "metadata": {"component": {"type": "application", "name": "avvik"}},
            "components": [{"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}",
                            "licenses": [{"license": {"name": licences[name]}}]} for name, version in parts.items()]}


def page(parts: dict[str, str], licences: dict[str, str]) -> str:
    """The same for people; packages we ask for ourselves first."""
    own, why = direct(), reasons()
    ordered = sorted(parts, key=lambda name: (name.lower() not in own, name))
    rows = [f"| {name} | {parts[name]} | {licences[name]} | {why[name.lower()] if name.lower() in own else ''} |"
            for name in ordered]
    return "\n".join([
        "# Parts and licences", "",
        f"{len(parts)} packages run a night, {len(own)} of them asked for by `pyproject.toml` (first in the list, each "
        "with its reason). Exact versions with hashes: `requirements.lock`. For machines: `sbom.cdx.json` (CycloneDX "
        "1.6). Written by `python -m docs.make_sbom`; licences as the packages themselves state them, held to a list "
        "of licences that may be combined with ours (`ALLOWED` there, `tests/docs/test_sbom.py`).", "",
        "## Known faults in the parts", "",
        "Avvik asks nobody whether a part has a known fault. On a machine with network access, when a pin moves and "
        "once a month:", "", "```", *AUDITS, "```", "",
        "The first asks the Python advisory database, the second the one of OSV; both read the versions from the lock "
        "file as they stand and install nothing of it. Exit code 0: nothing known. They are no part of Avvik, are not "
        "in its lock file and have not been run for this page, which was written without network access. What they "
        "name is judged by whether the night uses it: it opens no port and reads exports only through DuckDB, "
        "python-calamine and Python's own library ([threat model](threat-model.md)). A pin is moved with `make lock`, "
        "then `pytest tests/schemas/test_quality_canary.py` says whether Great Expectations still evaluates on this "
        "DuckDB, then the whole suite.", "",
        "## The list", "",
        "| package | version | licence | asked for because |", "|---|---|---|---|", *rows, ""])


def main() -> None:
    parts = pinned()
    licences = {name: licence(name) for name in parts}
    listed = json.dumps(document(parts, licences), indent=1) + "\n"
    (ROOT / "docs" / "sbom.cdx.json").write_text(listed, encoding="utf-8")
    (ROOT / "docs" / "sbom.md").write_text(page(parts, licences), encoding="utf-8")


if __name__ == "__main__":
    main()
