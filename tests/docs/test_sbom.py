"""The list of parts says what the lock file installs, and no licence on it is one we may not combine with ours."""

from __future__ import annotations

import json
import re

import pytest

from docs import make_sbom

DOCS = make_sbom.ROOT / "docs"

def test_the_list_is_that_of_the_lock_file() -> None:
    listed = json.loads((DOCS / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    assert {part["name"]: part["version"] for part in listed} == make_sbom.pinned()
    assert len(listed) > 50


def test_page_and_document_agree() -> None:
    listed = json.loads((DOCS / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    licences = {part["name"]: part["licenses"][0]["license"]["name"] for part in listed}
    assert (DOCS / "sbom.md").read_text(encoding="utf-8") == make_sbom.page(make_sbom.pinned(), licences)


def test_every_licence_is_one_that_may_be_combined() -> None:
    listed = json.loads((DOCS / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    said = {part["name"]: part["licenses"][0]["license"]["name"] for part in listed}
    assert {name for name, licence in said.items() if not make_sbom.allowed(licence)} == set(make_sbom.TAKEN)


@pytest.mark.parametrize(("said", "may"), [
    ("MIT", True), ("GPL-3.0-only OR MIT", True), ("MPL-2.0 AND (Apache-2.0 OR GPL-2.0)", True),
    ("BSD License, Apache Software License", True), (make_sbom.UNKNOWN, False), ("GPL-3.0-only", False),
    ("MIT AND AGPL-3.0-only", False), ("LGPL-3.0-or-later", False), ("BUSL-1.1", False), ("", False),
    ("MIT License, GNU General Public License (GPL)", False)])
def test_control_which_licences_may_be_combined(said: str, may: bool) -> None:
    assert make_sbom.allowed(said) is may


def test_every_package_that_is_asked_for_has_its_reason() -> None:
    asked = make_sbom.direct() | make_sbom.direct("dev") | make_sbom.direct("spark") | make_sbom.direct("bench")
    why = make_sbom.reasons()
    assert asked <= set(why) and len(asked) > 25
    assert not {name for name in asked if len(why[name].split()) < 3}, "say on its line what it is for"


def test_auditors_can_read_the_lock_file_as_it_stands() -> None:
    """Each package once, pinned, with hashes, and nothing but packages: what `--disable-pip` asks for."""
    text = make_sbom.LOCK.read_text(encoding="utf-8")
    lines = [line.rstrip("\\ ") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    entries = [line for line in lines if not line.startswith(" ")]
    names = [re.fullmatch(r"([A-Za-z0-9._-]+)==[^\s;]+( ;.*)?", line) for line in entries]
    assert all(names) and len({found[1].lower() for found in names if found}) == len(entries)
    hashed = re.findall(r"^[A-Za-z0-9][^\n]*\\\n\s+--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(hashed) == len(entries) and all(re.fullmatch(r"\s+--hash=sha256:[0-9a-f]{64}", line) for line in lines
                                              if line.startswith(" "))
    for command in make_sbom.AUDITS:
        assert make_sbom.LOCK.name in command and command in (DOCS / "sbom.md").read_text(encoding="utf-8")
