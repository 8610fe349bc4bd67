"""Files in the forms real exports come in: encodings, separators, Swedish headings, late, corrected, dirty.

Every dataset has one form (`FORMS`); a few get a second file: a late part, a correction of some keys, the same
file under another name. Nothing here may lead to a refused file: dirt is single rows.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xlsxwriter

from data_samples.headings import HEADINGS, VALUES
from data_samples.model import KINDS, Town
from data_samples.write import csv_bytes, gzip_bytes, to_arrow


@dataclass(frozen=True)
class Form:
    """How one export looks. `thousands` is the group sign of amounts, `extra` an unknown column."""

    kind: str = "csv"  # csv | xlsx | parquet | json
    separator: str = ","
    encoding: str = "utf-8"
    newline: str = "\n"
    swedish: bool = False
    decimal: str = "."
    thousands: str = ""
    dates: str = "%Y-%m-%d"
    times: str = "%Y-%m-%d %H:%M:%S"
    yes_no: tuple[str, str] = ("true", "false")
    packed: bool = False
    extra: str | None = None
    by_month: str | None = None  # the time column that splits the export into a file a month


_VENDOR: dict[str, Any] = {"separator": ";", "swedish": True, "decimal": ",", "yes_no": ("ja", "nej")}
FORMS: dict[str, Form] = {
    "providers": Form(encoding="cp1252", newline="\r\n", dates="%Y%m%d", extra="Exportversion", **_VENDOR),
    "provider_roles": Form(encoding="utf-8-sig", separator=";"),
    "associations": Form(separator="\t", encoding="utf-16", newline="\r\n"),
    "association_roles": Form(newline="\r", dates="%Y%m%d"),
    "persons": Form(kind="parquet"),
    "absences": Form(kind="json"),
    "supplier_payments": Form(encoding="cp1252", newline="\r\n", thousands=" ", packed=True, **_VENDOR),
    "home_care_decisions": Form(encoding="utf-8-sig", newline="\r\n", **_VENDOR),
    "home_care_visits": Form(packed=True, times="%Y-%m-%d %H:%M", by_month="started_at", **_VENDOR),
    "home_care_invoices": Form(encoding="cp1252", newline="\r\n", thousands="\u00a0", packed=True, **_VENDOR),
    "assistance_decisions": Form(separator=";", decimal=",", yes_no=("J", "N")),
    "assistance_shifts": Form(packed=True, times="%Y-%m-%dT%H:%M:%S", extra="source_version"),
    "assistance_invoices": Form(separator="\t", encoding="utf-16", decimal=","),
    "hvb_placements": Form(kind="xlsx"),
    "hvb_invoices": Form(encoding="utf-8-sig", thousands=".", packed=True, **_VENDOR),
    "income_support_members": Form(packed=True, separator=";", dates="%Y%m%d"),
    "income_support_applications": Form(packed=True, encoding="iso-8859-1", **_VENDOR),
    "income_support_payments": Form(packed=True, encoding="cp1252", thousands="\u00a0", newline="\r\n", **_VENDOR),
    "association_grants": Form(encoding="utf-8-sig", newline="\r\n", thousands=" ", **_VENDOR),
    "association_members": Form(packed=True),
    "association_activities": Form(packed=True, times="%Y-%m-%d %H:%M"),
    "association_attendance": Form(packed=True),
    "venue_bookings": Form(packed=True, yes_no=("1", "0"), times="%Y-%m-%dT%H:%M:%S"),
    "outcomes": Form(separator=";", yes_no=("1", "0")),
}

# Rows that are dirt and must end in quarantine: column -> text as it stands in the file; None = empty.
DIRT: dict[str, list[dict[str, str | None]]] = {
    "home_care_visits": [{"client_token": None}, {"ended_at": "<started_at>-30"}, {"planned_minutes": "ca 20"}],
    "assistance_shifts": [{"ended_at": "<started_at>-30"}, {"assistant_token": None}],
    "supplier_payments": [{"amount_sek": "se bilaga"}, {"supplier_id": None}],
    "home_care_invoices": [{"month": None}],
    "hvb_invoices": [{"billed_days": "tolv"}],
    "income_support_payments": [{"amount_sek": None}],
    "association_grants": [{"paid_sek": "enl. beslut"}],
}


def _amount(column: pa.ChunkedArray, form: Form) -> pa.ChunkedArray:
    text = pc.cast(pc.cast(pc.round(column, 2), pa.decimal128(14, 2)), pa.string())
    if form.thousands:  # group the digits left of the point, from the right, up to hundreds of millions
        for _ in range(3):
            text = pc.replace_substring_regex(text, r"(\d)(\d{3})([.G])", r"\1G\2\3")
        text = pc.replace_substring(text, "G", "\x00").combine_chunks() if isinstance(
            text, pa.ChunkedArray) else pc.replace_substring(text, "G", "\x00")
    if form.decimal != ".":
        text = pc.replace_substring(text, ".", form.decimal)
    return pc.replace_substring(text, "\x00", form.thousands) if form.thousands else text


def _text(dataset: str, name: str, column: pa.ChunkedArray, form: Form) -> pa.ChunkedArray:
    kind = KINDS[dataset][name]
    if kind in ("sek", "dec"):
        return _amount(column, form)
    if kind == "bool":
        return pc.if_else(column, *form.yes_no)
    if kind == "minute":
        return pc.strftime(column, form.times.replace("%S", "00")) if "%S" in form.times else pc.strftime(
            column, form.times)
    if kind == "month":
        return pc.strftime(column, "%Y-%m" if form.swedish else form.dates)
    if kind == "day":
        return pc.strftime(column, form.dates)
    if kind == "int":
        return pc.cast(column, pa.string())
    values = VALUES.get(dataset, {}).get(name) if form.swedish else None
    if values:
        wanted = pa.array(list(values), pa.string())
        return pa.array(list(values.values()), pa.string()).take(pc.index_in(column, wanted))
    return column


def _csv_bytes(dataset: str, table: pa.Table, form: Form, dirt: bool) -> bytes:
    columns = {name: _text(dataset, name, table[name], form) for name in table.column_names}
    if form.extra:
        columns[form.extra] = pa.array(["v12"] * table.num_rows, pa.string())
    text = pa.table(columns)
    names = HEADINGS.get(dataset, {}) if form.swedish else {}
    head = form.separator.join(names.get(name, name) for name in text.column_names) + "\n"
    data = head.encode() + csv_bytes(text, form.separator, header=False)
    if dirt and table.num_rows:
        data += "".join(form.separator.join(row) + "\n" for row in _dirty(dataset, text)).encode()
    if form.newline != "\n":
        data = data.replace(b"\n", form.newline.encode())
    return data if form.encoding == "utf-8" else data.decode().encode(form.encoding)


def _dirty(dataset: str, text: pa.Table) -> list[list[str]]:
    """Broken copies of the first rows, with keys of their own."""
    rows = []
    for k, change in enumerate(DIRT.get(dataset, [])):
        row = {name: value or "" for name, value in text.slice(k % text.num_rows, 1).to_pylist()[0].items()}
        row[text.column_names[0]] = f"X{k + 1:04d}"
        for name, value in change.items():
            if value and value.startswith("<"):  # a time before the one of the column named
                row[name] = row[value[1 : value.index(">")]].replace("2026", "2025", 1)
            else:
                row[name] = value or ""
        rows.append([f'"{v}"' if any(s in v for s in ",;\t") else v for v in row.values()])
    return rows


def _put(path: Path, data: bytes, form: Form) -> None:
    if form.packed:
        path.with_name(path.name + ".gz").write_bytes(gzip_bytes(data))
    else:
        path.write_bytes(data)


def write(out: Path, dataset: str, town: Town) -> None:
    """All files of one dataset."""
    form, table, stamp = FORMS[dataset], to_arrow(town, dataset), town.as_of.isoformat()
    if form.kind == "parquet":
        pq.write_table(_decimals(table, dataset), out / f"{dataset}_{stamp}.parquet", compression="zstd")
    elif form.kind == "json":
        (out / f"{dataset}_{stamp}.json").write_text(_json(table), encoding="utf-8")
    elif form.kind == "xlsx":
        _xlsx(out / f"{dataset}_{stamp}.xlsx", dataset, table, town)
    elif form.by_month:
        _monthly(out, dataset, table, form)
    elif dataset == "home_care_invoices":
        _corrected(out, dataset, table, form, town)
    else:
        data = _csv_bytes(dataset, table, form, dirt=True)
        _put(out / f"{dataset}_{stamp}.csv", data, form)
        if dataset == "association_grants":  # the same export, sent once more under another name
            _put(out / f"{dataset}_{stamp}_kopia.csv", data, form)


def _monthly(out: Path, dataset: str, table: pa.Table, form: Form) -> None:
    """A file a month; one per cent of the second month (one provider) comes in a late file."""
    month = pc.strftime(table[form.by_month], "%Y-%m")
    names = sorted(pc.unique(month).to_pylist())
    late_provider = table["provider_id"][table.num_rows // 2]
    for k, name in enumerate(names):
        part = table.filter(pc.equal(month, name))
        if k == 1:
            late = pc.and_(pc.equal(part["provider_id"], late_provider),
                           pc.less(pc.day(part[form.by_month]), 4))
            _put(out / f"{dataset}_{name}_sen.csv", _csv_bytes(dataset, part.filter(late), form, False), form)
            part = part.filter(pc.invert(late))
        _put(out / f"{dataset}_{name}.csv", _csv_bytes(dataset, part, form, dirt=k == 0), form)


def _corrected(out: Path, dataset: str, table: pa.Table, form: Form, town: Town) -> None:
    """Twelve rows were first sent with wrong amounts; a later file with the same keys has them right."""
    rows = np.random.default_rng(town.seed).choice(table.num_rows, min(12, table.num_rows), replace=False)
    wrong = table["amount_sek"].to_numpy().copy()
    wrong[rows] = np.round(wrong[rows] * 1.25, 2)
    place = table.column_names.index("amount_sek")
    first = table.set_column(place, "amount_sek", pa.array(wrong))
    stamp = town.as_of.isoformat()
    _put(out / f"{dataset}_{stamp}.csv", _csv_bytes(dataset, first, form, True), form)
    _put(out / f"{dataset}_{stamp}_rattelse.csv",
         _csv_bytes(dataset, table.take(pa.array(np.sort(rows))), form, False), form)


def _decimals(table: pa.Table, dataset: str) -> pa.Table:
    for k, name in enumerate(table.column_names):
        if KINDS[dataset][name] == "sek":
            table = table.set_column(k, name, pc.cast(table[name], pa.decimal128(14, 2)))
    return table


def _json(table: pa.Table) -> str:
    rows = [{name: value.isoformat(sep=" ") if isinstance(value, datetime.datetime) else
             value.isoformat() if isinstance(value, datetime.date) else value
             for name, value in row.items()} for row in table.to_pylist()]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def _xlsx(path: Path, dataset: str, table: pa.Table, town: Town) -> None:
    """One sheet with typed cells; the creation time is the as-of date so that bytes repeat."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    book.set_properties({"created": datetime.datetime.combine(town.as_of, datetime.time())})
    sheet = book.add_worksheet("Placeringar")
    names = HEADINGS.get(dataset, {})
    for c, name in enumerate(table.column_names):
        sheet.write_string(0, c, names.get(name, name))
    for r, row in enumerate(table.to_pylist(), start=1):
        for c, value in enumerate(row.values()):
            if isinstance(value, datetime.date):
                sheet.write_datetime(r, c, datetime.datetime.combine(value, datetime.time()))
            elif value is not None:
                sheet.write(r, c, value)
    book.close()
