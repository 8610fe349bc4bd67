"""S6: contracts, settings and files as nobody would write them: each is accepted or refused in our own words.

A short round in the suite, ten times as much in the longer runs. Anything but our own classes of error fails.
"""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contract import Contract, ContractError, load_contract
from schemas.groups import GroupsError, load_groups
from schemas.reading_child import read
from schemas.reading_job import Job
from schemas.refusal import Refused
from schemas.settings import Settings, SettingsError, load_settings
from tests.schemas.reading_kit import VISITS, document

SHORT, LONG = 60, 3000
ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20), st.dates(),
                st.sampled_from(["", "strng", "a.b", "\u0000", "ä" * 300, "2026-02-30", "1e999", "{", "*a", "no"]))
TREE = st.recursive(ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner,
                                                                                    max_size=3), max_leaves=8)
KEYS = ("municipality", "language", "seed", "threads", "memory_limit", "limits", "lookback_days", "groups", "gates",
        "parameters", "lists", "statuses", "warn_share", "listed_from", "retention", "law_values", "mappings",
        "protected_officer")
CELLS = st.one_of(st.text(max_size=12), st.sampled_from(["", "c1", "2026-11-23 08:15", "1 234,50", "tag", "ja", "-"]))
FOLDER = Path(tempfile.mkdtemp(prefix="avvik-s6-"))


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every node of nested data."""
    found = [path]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def put(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    tree[path[0]] = put(tree[path[0]], path[1:], value)
    return tree


def said(name: str, content: Any) -> Path:
    path = FOLDER / name
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def one_contract(data: st.DataObject) -> None:
    content = copy.deepcopy(document())
    where = data.draw(st.sampled_from(places(content)))
    try:
        assert isinstance(load_contract(said("trial.odcs.yaml", put(content, where, data.draw(TREE)))), Contract)
    except ContractError as error:
        assert "trial.odcs.yaml" in str(error)


def one_settings(data: st.DataObject) -> None:
    content = data.draw(st.dictionaries(st.sampled_from(KEYS), TREE, max_size=3) | TREE)
    try:
        assert isinstance(load_settings(said("settings.yaml", content)), Settings)
    except SettingsError as error:
        assert "settings.yaml" in str(error)


def one_groups(data: st.DataObject) -> None:
    group: dict[str, Any] = {"title": {"sv": "a", "en": "a"}, "domains": ["home_care"], "ledger_services": ["all"],
                             "subject_types": ["provider"], "persons_visible": False, "police": "none", "contact": "a",
                             "meeting_dates": []}
    content: Any = {"sg-a": group}
    where = data.draw(st.sampled_from(places(content)))
    try:
        load_groups(said("groups.yaml", put(content, where, data.draw(TREE))))
    except GroupsError:
        return


def one_file(data: st.DataObject) -> None:
    """Bytes for the reader, called as its child calls it but without the child's own net under it."""
    contract = load_contract(said("visits.odcs.yaml", document()))
    head = ";".join(column["name"] for column in VISITS)
    rows = data.draw(st.lists(st.lists(CELLS, min_size=9, max_size=12).map(";".join), max_size=4))
    body = "\n".join([head, *rows]).encode(data.draw(st.sampled_from(["utf-8", "utf-16", "utf-8-sig"])), "replace")
    cut = data.draw(st.integers(0, len(body)))
    body = body[:cut] + data.draw(st.binary(max_size=6)) + body[cut + data.draw(st.integers(0, 3)):]
    name = data.draw(st.sampled_from([".csv", ".csv", ".csv", ".json", ".xlsx", ".parquet", ".csv.gz"]))
    path, work = FOLDER / f"visits{name}", FOLDER / "work"
    path.write_bytes(body)
    work.mkdir(exist_ok=True)
    for left in work.iterdir():
        left.unlink()
    job = Job(path=path, contract=contract, work=work, threads=1, memory_limit="500MB", memory_mb=1000, seconds=60,
              max_bytes=10_000_000, archive_ratio=200, seed=1)
    try:
        assert read(job)["status"] in ("read", "refused")
    except Refused as refused:
        assert refused.finding.rule


ROUNDS = {"contracts": one_contract, "settings": one_settings, "groups": one_groups, "files": one_file}


@pytest.mark.parametrize("name", ROUNDS)
def test_s6_short(name: str) -> None:
    settings(max_examples=SHORT // (3 if name == "files" else 1))(given(st.data())(ROUNDS[name]))()


@pytest.mark.long
@pytest.mark.parametrize("name", ROUNDS)
def test_s6_long(name: str) -> None:
    settings(max_examples=LONG)(given(st.data())(ROUNDS[name]))()
