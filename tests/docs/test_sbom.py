"""The list of parts says what the lock file installs, and no licence on it is one we may not combine with ours."""

from __future__ import annotations

import json
import re

from docs import make_sbom

DOCS = make_sbom.ROOT / "docs"
# Licences whose terms reach the whole program; the EUPL may be combined with LGPL and MPL parts.
OFFERED = {"text-unidecode": "the Artistic licence, offered beside the GPL"}
REACHING = re.compile(r"\bA?GPL|GNU (Affero )?General Public|SSPL|BUSL|Commons Clause|non-?commercial", re.IGNORECASE)


def test_the_list_is_that_of_the_lock_file() -> None:
    listed = json.loads((DOCS / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    assert {part["name"]: part["version"] for part in listed} == make_sbom.pinned()
    assert len(listed) > 50


def test_page_and_document_agree() -> None:
    listed = json.loads((DOCS / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    licences = {part["name"]: part["licenses"][0]["license"]["name"] for part in listed}
    assert (DOCS / "sbom.md").read_text(encoding="utf-8") == make_sbom.page(make_sbom.pinned(), licences)


def test_every_licence_is_stated_and_may_be_combined() -> None:
    listed = json.loads((DOCS / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    for part in listed:
        said = part["licenses"][0]["license"]["name"]
        assert said != make_sbom.UNKNOWN, part["name"]
        if part["name"] in OFFERED:
            continue
        assert not REACHING.search(said.replace("LGPL", "").replace("Lesser General Public", "")), (part["name"], said)


def test_control_a_reaching_licence_is_seen() -> None:
    assert REACHING.search("GPL-3.0-only") and REACHING.search("GNU Affero General Public License v3")
