"""Tables to Arrow and to clean files."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from data_samples.model import KINDS, NULL_TIME, SPEC, Town, Truth, first_day


def _tokens(town: Town, kind: str) -> list[str]:
    if kind == "provider":
        return town.provider_ids
    if kind == "association":
        return town.association_ids
    return town.areas if kind == "area" else town.pools[kind].tokens


def _numbered(prefix: str, numbers: np.ndarray, width: int = 7) -> pa.Array:
    text = pc.utf8_lpad(pc.cast(pa.array(numbers.astype(np.int64)), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, text, "")


def _column(town: Town, kind: object, values: np.ndarray) -> pa.Array:
    """One column in its canonical type: string, int32, double, bool, date32, timestamp[s]."""
    if isinstance(kind, tuple):
        return pa.array(list(kind), pa.string()).take(pa.array(values.astype(np.int64), mask=values < 0))
    if kind == "text":
        return pa.array(values.tolist(), pa.string())
    if str(kind).startswith("ref:"):
        return _numbered(str(kind)[4:], values + 1)
    if kind in ("sek", "dec"):
        return pa.array(values, pa.float64(), from_pandas=True)
    if kind == "bool":
        return pa.array(values == 1, pa.bool_(), mask=values < 0)
    if kind == "int":
        return pa.array(values.astype(np.int32), mask=values == NULL_TIME)
    if kind in ("day", "month"):
        days = first_day(values.astype(np.int64)) if kind == "month" else values
        gone = values == NULL_TIME
        return pa.array(np.where(gone, 0, days).astype(np.int32), pa.int32(), mask=gone).cast(pa.date32())
    if kind == "minute":
        gone = values == NULL_TIME
        seconds = np.where(gone, 0, values.astype(np.int64) * 60)
        return pa.array(seconds, pa.int64(), mask=gone).cast(pa.timestamp("s"))
    tokens = pa.array(_tokens(town, str(kind)), pa.string())
    return tokens.take(pa.array(values.astype(np.int64), mask=values < 0))


def to_arrow(town: Town, dataset: str) -> pa.Table:
    table = town.get(dataset)
    rows = len(next(iter(table.values())))
    columns = {}
    for name, kind in SPEC[dataset]:
        if isinstance(kind, str) and kind.startswith("key:"):
            columns[name] = _numbered(kind[4:], np.arange(rows) + 1, 8 if dataset == "home_care_visits" else 7)
        else:
            columns[name] = _column(town, kind, table[name])
    return pa.table(columns)


def money(table: pa.Table, dataset: str) -> pa.Table:
    """Amounts as text with two decimals, so that a CSV never shows 1e+06."""
    for k, name in enumerate(table.column_names):
        if KINDS[dataset].get(name) in ("sek", "dec"):
            table = table.set_column(k, name, pc.cast(pc.cast(pc.round(table[name], 2), pa.decimal128(14, 2)),
                                                      pa.string()))
    return table


def clean_csv(path: Path, table: pa.Table, dataset: str) -> None:
    """UTF-8, comma, canonical names, ISO dates, no quotes unless a value needs them."""
    path.write_bytes(csv_bytes(money(table, dataset), ","))


def csv_bytes(table: pa.Table, separator: str, header: bool = True) -> memoryview:
    """CSV without quotes where no value needs them (Arrow quotes either every text or none)."""
    for style in ("none", "needed"):
        buffer = io.BytesIO()
        if header:
            buffer.write((separator.join(table.column_names) + "\n").encode())
        try:
            pacsv.write_csv(table, buffer, pacsv.WriteOptions(
                include_header=False, delimiter=separator, quoting_style=style))
        except pa.ArrowInvalid:  # a value holds the separator
            continue
        return buffer.getbuffer()
    raise ValueError("the table cannot be written as CSV")


def gzip_bytes(data: bytes) -> bytes:
    """Compressed without a time stamp or name: same input, same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as stream:
        stream.write(data)
    return buffer.getvalue()


def truth_rows(truth: list[Truth]) -> list[dict[str, object]]:
    rows = [{"scheme": t.scheme, "subject_type": t.subject_type, "subject_id": t.subject_id,
             "difficulty": t.difficulty, "period_from": t.period_from, "period_to": t.period_to,
             "amount_sek_estimate": t.amount_sek, "kind": t.kind, "note": t.note, "rows": t.rows}
            for t in truth]
    return sorted(rows, key=lambda r: (str(r["kind"]) != "planted", str(r["scheme"]), str(r["subject_id"])))


def write_truth(folder: Path, truth: list[Truth], arguments: dict[str, object]) -> None:
    """planted.yaml (with the arguments that made it) and truth.csv with the same rows."""
    rows = truth_rows(truth)
    lines = ["# What the generator planted and which innocent look-alikes it added.", "generate:"]
    lines += [f"  {key}: {'null' if value is None else str(value).lower() if isinstance(value, bool) else value}"
              for key, value in arguments.items()]
    lines.append("planted:")
    for row in rows:
        lines.append("  - {" + ", ".join(
            f"{key}: {_quoted(value) if isinstance(value, str) else value}" for key, value in row.items()) + "}")
    (folder / "planted.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]) if rows else ["scheme"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _quoted(text: str) -> str:
    plain = text.replace("_", "").isalnum() and not text.isdigit()
    return text if plain else '"' + text.replace('"', "'") + '"'


def sort_events(town: Town) -> None:
    """Order rows as an export would: by month, provider, client, time. Planted rows do not stand at the end."""
    for dataset, client in (("home_care_visits", "client_token"), ("assistance_shifts", "client_token")):
        town.drop(dataset, town.get(dataset)["ended_at"] > town.end * 1440)  # the export ends at the as-of night
        t = town.get(dataset)
        month = t["started_at"].astype("datetime64[m]").astype("datetime64[M]").astype(np.int64)
        town.order(dataset, t["staff_token" if "staff_token" in t else "assistant_token"], t["started_at"],
                   t[client], t["provider_id"], month)
    for dataset, keys in (
            ("home_care_invoices", ("client_token", "provider_id", "month")),
            ("assistance_invoices", ("client_token", "provider_id", "month")),
            ("hvb_invoices", ("placement_id", "period_from")),
            ("income_support_members", ("person_token", "household_token", "month")),
            ("income_support_applications", ("household_token", "month")),
            ("income_support_payments", ("household_token", "paid_on")),
            ("association_grants", ("association_id", "kind", "applied_on")),
            ("association_members", ("member_token", "association_id", "year")),
            ("association_activities", ("activity_id", "started_at")),
            ("association_attendance", ("member_token", "activity_id")),
            ("venue_bookings", ("venue_token", "booked_from")),
            ("absences", ("person_token", "absent_from")),
            ("supplier_payments", ("bank_account_token", "booked_on"))):
        t = town.get(dataset)
        town.order(dataset, *(t[key] for key in keys))
