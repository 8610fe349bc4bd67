"""A small contract and a way to read bytes by it, for the reader's tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from schemas.contract import Contract, load_contract
from schemas.reader import FileReading, read_file
from schemas.settings import Limits, Settings, load_settings

TOP: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "trial",
    "name": "Trial",
    "version": "1.0.0",
    "status": "active",
    "domain": "ledger",
    "description": {"purpose": "p", "limitations": "l", "usage": "u"},
}


def column(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    """A property; keyword arguments that are custom properties go where they belong."""
    custom = ("aliases", "allowedValues", "valueAliases", "auditOnly", "freeText", "month", "dateFormats")
    found: dict[str, Any] = {"name": name, "logicalType": kind, "description": f"about {name}"}
    found["customProperties"] = [{"property": key, "value": more.pop(key)} for key in custom if key in more]
    return found | more


VISITS = [
    column("visit_id", primaryKey=True, physicalName="BesöksID"),
    column("client_token", required=True, aliases=["Brukare", "Kund token"]),
    column("started_at", "timestamp", physicalName="Start"),
    column("month", "date", month=True),
    column("paid_on", "date", dateFormats=["%d-%b-%Y", "%d-%b-%y"]),
    column("registration", allowedValues=["tag", "manual"], valueAliases={"Tagg": "tag"}),
    column("edited", "boolean"),
    column("minutes", "integer", physicalType="INTEGER"),
    column("hours", "number"),
    column("amount_sek", "number", physicalType="DECIMAL(14,2)", physicalName="Belopp"),
    column("note", freeText=True),
]


def document(properties: list[dict[str, Any]] | None = None, dataset: str = "visits", **custom: Any) -> dict[str, Any]:
    given = {"moneyColumn": "amount_sek", **custom} if properties is None else custom
    table = {
        "name": dataset,
        "logicalType": "object",
        "customProperties": [{"property": key, "value": value} for key, value in given.items()],
        "properties": VISITS if properties is None else properties,
    }
    return {**TOP, "schema": [table]}


def contract(folder: Path, properties: list[dict[str, Any]] | None = None, **custom: Any) -> Contract:
    path = folder / "trial.odcs.yaml"
    path.write_text(yaml.safe_dump(document(properties, **custom), allow_unicode=True), encoding="utf-8")
    return load_contract(path)


def settings(**limits: int) -> Settings:
    base = load_settings()
    return replace(base, limits=replace(Limits(), **limits))


def read(
    folder: Path,
    content: bytes | str,
    name: str = "visits.csv",
    by: Contract | None = None,
    limits: dict[str, int] | None = None,
) -> FileReading:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path, by or contract(folder), folder / "out", settings(**(limits or {})))


def rows(reading: FileReading) -> list[dict[str, Any]]:
    assert reading.staging is not None, reading.problems
    return pq.read_table(reading.staging).to_pylist()


def bad(reading: FileReading) -> list[dict[str, Any]]:
    return pq.read_table(reading.bad).to_pylist() if reading.bad else []


def rules(reading: FileReading) -> set[str]:
    return {problem.rule for problem in reading.problems}
