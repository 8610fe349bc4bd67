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


def pinned(lock: Path = LOCK) -> dict[str, str]:
    """Version of every package of the lock file, by name."""
    return dict(sorted(_PINNED.findall(lock.read_text(encoding="utf-8"))))


def direct() -> set[str]:
    """Names of what pyproject.toml asks for itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[<>=!\[; ]", line)[0].lower() for line in project["dependencies"]}


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
    own = direct()
    ordered = sorted(parts, key=lambda name: (name.lower() not in own, name))
    rows = [f"| {name} | {parts[name]} | {licences[name]} | {'direct' if name.lower() in own else ''} |"
            for name in ordered]
    return "\n".join([
        "# Parts and licences", "",
        f"{len(parts)} packages run a night, {len(own)} of them asked for by `pyproject.toml` (each with its reason "
        "there). Exact versions with hashes: `requirements.lock`. For machines: `sbom.cdx.json` (CycloneDX 1.6). "
        "Written by `python -m docs.make_sbom`; licences as the packages themselves state them.", "",
        "On a machine with access, check the versions against a database of known faults by feeding `sbom.cdx.json` "
        "or `requirements.lock` to an auditor of your choice (pip-audit, osv-scanner, trivy); do it when a pin moves "
        "and once a month. Avvik itself asks nobody.", "",
        "| package | version | licence | |", "|---|---|---|---|", *rows, ""])


def main() -> None:
    parts = pinned()
    licences = {name: licence(name) for name in parts}
    listed = json.dumps(document(parts, licences), indent=1) + "\n"
    (ROOT / "docs" / "sbom.cdx.json").write_text(listed, encoding="utf-8")
    (ROOT / "docs" / "sbom.md").write_text(page(parts, licences), encoding="utf-8")


if __name__ == "__main__":
    main()
