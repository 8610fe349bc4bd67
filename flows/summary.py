"""The closing words of a night: on the screen, and as artifacts beside the run in Prefect."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.screen import say, seconds, whole
from schemas.inbox import Inbox
from schemas.reader import FileReading
from schemas.reconciliation import ReconciliationRow

SHOWN_PROBLEMS = 20


def show(record: dict[str, Any], run_folder: Path) -> None:
    """Print what the night read, found and wrote, problems first."""
    problems = record["problems"]
    if problems:
        say(f"\nAtt rätta till ({len(problems)}):")
        for problem in problems[:SHOWN_PROBLEMS]:
            say(f"  {_place(problem)}: {problem['message']} {problem['remedy']}")
        if len(problems) > SHOWN_PROBLEMS:
            say(f"  ... och {len(problems) - SHOWN_PROBLEMS} till, i run.json")
    say(f"\nKörning {record['run_id']}, läget {record['as_of']}")
    for line in _facts(record):
        say(f"  {line}")
    if record["notices"]:
        say(f"  Upplysningar om kolumner som saknas eller inte läses: {len(record['notices'])}, i run.json")
    say(f"  Tid: {seconds(sum(record['seconds'].values()))}")
    say("\nRapporter att öppna:")
    for page in [run_folder / "reports" / "index.html", *sorted((run_folder / "reports").glob("*/index.html"))]:
        say(f"  {page}")
    if record["exit_code"]:
        say("\nNatten är klar, men något kunde inte läsas eller köras; se ovan.")


def nothing_read(inbox: Inbox, readings: Sequence[FileReading]) -> str:
    """Why there is nothing to run a night on: English, with every file's reason."""
    problems = [*inbox.problems, *(entry.problem for entry in inbox.ignored)]
    problems += [problem for reading in readings if reading.refusal for problem in reading.problems]
    lines = [f"{problem.file}: {problem.message_en} {problem.remedy_en}" for problem in problems[:SHOWN_PROBLEMS]]
    head = f"no file in {inbox.folder} could be read, and no earlier night left data" if problems else (
        f"{inbox.folder} holds no files, and no earlier night left data")
    return "\n  ".join([head + ". Nothing was published.", *lines])


def _facts(record: dict[str, Any]) -> list[str]:
    sources, counts, rows = record["sources"], record["counts"], record["counts"]["rows"]
    detectors = counts["detectors"]
    facts = [
        f"Källor: {sources['read']} av {sources['expected']} lästa"
        + (f", nyaste händelse {sources['newest']}" if sources["newest"] else ""),
        "Rader: " + ", ".join(f"{whole(rows[name])} {word}" for name, word in _BUCKETS.items()
                           if rows.get(name) or name != "purged"),
        f"Kontroller: {counts['checks']['run']} körda, {counts['checks']['failed']} avvek,"
        f" {counts['checks']['not_computed']} kunde inte beräknas",
        f"Detektorer: {detectors.get('ran', 0)} körda, "
        + ", ".join(f"{number} {_OUTCOMES[name]}" for name, number in detectors.items() if name != "ran" and number),
        f"Avvikelser att granska: {counts['findings']} hos {counts['subjects']}"
        + (f", {apart} av dem för svaga för listan" if (apart := counts.get("set_apart_subjects")) else "")
        + f" ({record['new_findings']} nya, {record['gone_findings']} borta sedan förra körningen)",
        f"Belopp att granska: {whole(int(Decimal(record['money_to_check'])))} kr",
    ]
    return [fact.removesuffix(", ") for fact in facts]


_BUCKETS = {
    "received": "mottagna", "loaded": "laddade", "replaced": "ersatta", "quarantined": "i karantän",
    "refused": "underkända", "skipped": "summarader", "purged": "gallrade",
}
_OUTCOMES = {
    "not_computable": "saknar underlag", "gate_closed": "utan rättsligt beslut", "retired": "ur bruk",
    "draft": "utkast", "failed": "misslyckades",
}


def _place(problem: dict[str, Any]) -> str:
    row = f" rad {problem['row']}" if problem["row"] is not None else ""
    column = f" kolumn {problem['column']}" if problem["column"] else ""
    return f"{problem['file']}{row}{column}"


def publish_artifacts(record: dict[str, Any], reconciled: Sequence[ReconciliationRow]) -> None:
    """Leave the summary (markdown) and the sources (table) beside the run in Prefect; no cell values, no names."""
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    lines = [f"# Natten {record['as_of']}", "", f"Körning `{record['run_id']}`, {record['status']}", ""]
    lines += [f"- {fact}" for fact in _facts(record)]
    if record["problems"]:
        lines += ["", "## Att rätta till", ""]
        lines += [f"- `{_place(problem)}`: {problem['message']} {problem['remedy']}" for problem in record["problems"]]
    lines += ["", "## Sekunder", "", "| steg | s |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in record["seconds"].items()]
    create_markdown_artifact("\n".join(lines), key="avvik-night", description="Sammanfattning av natten")
    table = [
        {"datamängd": row.dataset, "fil": row.file, "status": row.status, "mottagna": row.rows_received,
         "laddade": row.rows_loaded, "ersatta": row.rows_replaced, "karantän": row.rows_quarantined,
         "underkända": row.rows_refused} for row in reconciled
    ]
    create_table_artifact(table, key="avvik-sources", description="Filer och rader")
