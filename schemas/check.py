"""What `avvik check PATH...` does: read, load and validate files in a throw-away database, and tell the steward.

Nothing is kept and no workspace is touched. What is printed are counts and line numbers, never a value, so that
the output can be sent to the vendor. Meaning and consequences are those of a night, because the same reader,
warehouse and validation run.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from schemas.check_texts import WORDS
from schemas.contract import Contract, ContractError, load_contract, match_dataset
from schemas.inbox import InboxError, discover
from schemas.problems import NOTICES, Problem
from schemas.quality import INFO_ROWS, CheckResult, check_rules, validate
from schemas.reader import FileReading, read_file
from schemas.reconciliation import ReconciliationError, ReconciliationRow
from schemas.settings import Settings
from schemas.warehouse import Warehouse
from schemas.warehouse_load import LINES_PER_FILE, WarehouseError
from schemas.workspace import Workspace

FINE, FOUND, USAGE, NOT_DONE = 0, 1, 2, 3
LINES_SHOWN = 5
JUDGED = "outcomes"
# Puts aside the loaded outcomes that cannot be right (warehouse, staging folder) and tells them.
Judge = Callable[[Warehouse, Path], list[Problem]]


@dataclass(frozen=True)
class _Asked:
    path: Path
    dataset: str


@dataclass
class _Question:
    """What the paths came to: files to check, entries that cannot be opened, and whether a path was wrong."""

    files: list[_Asked] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    wrong: bool = False


class _Speaker:
    """Writes lines in the language of the settings."""

    def __init__(self, out: TextIO, language: str) -> None:
        self._out = out
        self._english = language == "en"
        self._words = WORDS["en" if self._english else "sv"]

    def word(self, key: str, **values: object) -> str:
        return self._words[key].format(**values)

    def line(self, text: str = "", indent: int = 0) -> None:
        self._out.write(" " * indent + text + "\n" if text else "\n")

    def problem(self, problem: Problem, indent: int = 2) -> None:
        where = [problem.file]
        if problem.row is not None:
            where.append(self.word("row", row=problem.row))
        if problem.column:
            where.append(self.word("column", column=problem.column))
        text, remedy = problem.message, problem.remedy
        if self._english:
            text, remedy = problem.message_en, problem.remedy_en
        self.line(f"{', '.join(where)}: {text} [{problem.rule}]", indent)
        self.line(self.word("remedy", text=remedy), indent + 2)


def check_paths(
    paths: Sequence[Path],
    contracts: Mapping[str, Contract],
    settings: Settings,
    out: TextIO,
    contract_file: Path | None = None,
    judge: Judge | None = None,
) -> int:
    """Check files, or the files of folders, and print what a night would do with them to `out`.

    `contract_file` is an edited contract to try: it takes the place of its dataset's, and a file named on its own
    is read by it whatever the file is called. `judge` examines rows of outcomes by the cases of a workspace; without
    it their cases are not looked up, which is said. Returns 0 when everything would be loaded, 1 when something would
    be refused or quarantined or a check fails, 2 when the question is wrong (no such path, no such dataset, a contract
    that cannot be), 3 when the check could not be carried out.
    """
    speaker = _Speaker(out, settings.language)
    try:
        tried = load_contract(Path(contract_file)) if contract_file is not None else None
        known = {**contracts, tried.dataset: tried} if tried is not None else dict(contracts)
        question = _collect(paths, known, tried, speaker)
        if question.wrong:
            return USAGE
        if not question.files and not question.problems:
            speaker.line(speaker.word("none"))
            return USAGE
        check_rules([known[name] for name in sorted({one.dataset for one in question.files})])
    except (ContractError, InboxError) as error:
        speaker.line(str(error))
        return USAGE
    for problem in question.problems:
        speaker.problem(problem, indent=0)
    if not question.files:
        return FOUND
    try:
        with tempfile.TemporaryDirectory(prefix="avvik-check-") as folder:
            fine = _check(question.files, known, settings, Path(folder), speaker, judge)
    except (WarehouseError, ReconciliationError) as error:  # both texts are ours and hold no value
        speaker.line(speaker.word("broken", message=error))
        return NOT_DONE
    except OSError as error:
        speaker.line(speaker.word("broken", message=error.strerror or type(error).__name__))
        return NOT_DONE
    speaker.line()
    speaker.line(speaker.word("total", files=len(question.files), fine=fine))
    return FINE if fine == len(question.files) and not question.problems else FOUND


def _collect(
    paths: Sequence[Path], contracts: Mapping[str, Contract], tried: Contract | None, speaker: _Speaker
) -> _Question:
    question = _Question()
    for path in map(Path, paths):
        if path.is_dir():
            inbox = discover(path, contracts)
            question.files += [_Asked(file.path, file.dataset) for file in inbox.files]
            question.problems += [*inbox.problems, *(ignored.problem for ignored in inbox.ignored)]
            for twin in inbox.duplicates:
                speaker.line(speaker.word("twin", name=twin.file.path.name, other=twin.same_as))
            continue
        if not path.exists() and not path.is_symlink():
            speaker.line(speaker.word("missing", path=path))
            question.wrong = True
            continue
        dataset = tried.dataset if tried is not None else match_dataset(path.name, contracts)
        if dataset is None:
            speaker.problem(_unknown(path.name), indent=0)
            question.wrong = True
        else:
            question.files.append(_Asked(path, dataset))
    return question


def _unknown(name: str) -> Problem:
    return Problem(
        file=name, row=None, column=None, rule="unknown_dataset",
        message="Filnamnet börjar inte med namnet på någon datamängd.",
        remedy="Byt namn på filen, eller ange kontraktet med --contract.",
        message_en="The file name does not begin with the name of a dataset.",
        remedy_en="Rename the file, or name the contract with --contract.",
    )  # fmt: skip


def _check(
    asked: Sequence[_Asked], contracts: Mapping[str, Contract], settings: Settings, folder: Path, speaker: _Speaker,
    judge: Judge | None,
) -> int:
    """Prints a section per file; how many would be loaded whole and hold every check."""
    fine = 0
    with Workspace(folder).lock() as workspace:
        readings = [read_file(one.path, contracts[one.dataset], workspace.staging, settings) for one in asked]
        # refused before its bytes were known: the plan of the load knows files by content only
        planned = [reading for reading in readings if reading.sha256]
        with Warehouse.building(workspace, settings) as warehouse:
            warehouse.load(planned, [], contracts, datetime.date.today())
            datasets = {one.dataset for one in asked}
            chosen = {name: contract for name, contract in contracts.items() if name in datasets}
            results = validate(warehouse.connection, warehouse.path, chosen, None)
            warehouse.apply_checks(results)
            judged = judge(warehouse, workspace.staging) if judge is not None and JUDGED in datasets else []
            warehouse.deduplicate()
            accounts = {(row.dataset, row.sha256): row for row in warehouse.reconcile()}
            ids = {(row.dataset, row.sha256): row.file_id for row in warehouse.files}
            for one, reading in zip(asked, readings, strict=True):
                content = (reading.dataset, reading.sha256)
                section = _Section(
                    speaker, warehouse.connection, contracts[one.dataset], ids.get(content, 0),
                    [result for result in results if result.dataset == one.dataset],
                    judged if judge is not None else None,
                )  # fmt: skip
                fine += section.write(reading, accounts.get(content))
    return fine


@dataclass
class _Section:
    """What is said about one file."""

    speaker: _Speaker
    connection: Any
    contract: Contract
    file_id: int
    results: list[CheckResult]
    judged: list[Problem] | None

    def write(self, reading: FileReading, account: ReconciliationRow | None) -> bool:
        """Whether the file would be loaded whole, with every check computed."""
        speaker = self.speaker
        speaker.line()
        speaker.line(f"{reading.file_name} ({reading.dataset})")
        for problem in reading.problems:
            speaker.problem(problem)
        if self.contract.dataset == JUDGED:
            if self.judged is None:
                speaker.line(speaker.word("unjudged"), 2)
            for problem in self._judged(reading):
                speaker.problem(problem)
        if reading.status == "refused" or account is None:
            speaker.line(speaker.word("unread"), 2)
            return False
        names = ("received", "loaded", "quarantined", "replaced", "refused", "skipped")
        counts = {name: getattr(account, f"rows_{name}") or 0 for name in names}
        speaker.line(speaker.word("rows", **counts), 2)
        refused = account.status == "refused"
        if refused:
            speaker.line(speaker.word("file_refused"), 2)
        self._aside()
        failed = [(result, *self._rows_here(result)) for result in self.results if not result.success]
        mine = [(result, count, lines) for result, count, lines in failed if self._concerns(result, count)]
        speaker.line(speaker.word("checks", held=len(self.results) - len(mine), all=len(self.results)), 2)
        for result, count, lines in mine:
            self._failed(result, count, lines)
        remarks = [problem for problem in reading.problems if problem.rule not in NOTICES] + self._judged(reading)
        unknown = [result for result, _, _ in mine if not result.computed]
        return not (refused or counts["quarantined"] or remarks or unknown)

    def _judged(self, reading: FileReading) -> list[Problem]:
        """What is wrong with outcomes of this file, but for cells the reader has told of."""
        if self.contract.dataset != JUDGED:
            return []
        told = {(problem.row, problem.column) for problem in reading.problems}
        return [one for one in self.judged or [] if one.file == reading.file_name and (one.row, one.column) not in told]

    def _span(self) -> list[int]:
        return [self.file_id * LINES_PER_FILE, (self.file_id + 1) * LINES_PER_FILE - 1]

    def _aside(self) -> None:
        """Rows the reader or the de-duplication put aside; those of failed checks are told with the check."""
        rows = self.connection.execute(
            f"SELECT rule, reason, count(*), list(line ORDER BY line)[1:{LINES_SHOWN}] "
            f'FROM quarantine."{self.contract.dataset}" WHERE row_ref BETWEEN $1 AND $2 '
            "AND NOT list_has_any(string_split(rule, ', '), CAST($3 AS VARCHAR[])) "
            "GROUP BY rule, reason ORDER BY min(line), rule, reason",
            [*self._span(), [*(result.check_id for result in self.results), *(one.rule for one in self.judged or ())]],
        ).fetchall()
        if rows:
            self.speaker.line(self.speaker.word("aside"), 2)
        for rule, reason, count, lines in rows:
            text = self.speaker.word("aside_line", rule=rule, reason=reason, count=count, lines=_some(lines, count))
            self.speaker.line(text, 4)

    def _rows_here(self, result: CheckResult) -> tuple[int, list[int]]:
        """How many rows of this file failed, and the first line numbers."""
        count, lines = self.connection.execute(
            f"SELECT count(*), list(line ORDER BY line)[1:{LINES_SHOWN}] FROM ("
            f"SELECT DISTINCT row_ref % {LINES_PER_FILE} AS line FROM ledger.failed_checks "
            "WHERE dataset = $1 AND check_id = $2 AND row_ref BETWEEN $3 AND $4)",
            [result.dataset, result.check_id, *self._span()],
        ).fetchone()
        return count, lines or []

    @staticmethod
    def _concerns(result: CheckResult, count: int) -> bool:
        """Rows of another file are not this file's fault; of an info check not all rows are known."""
        if not (result.computed and result.row_level) or count:
            return True
        return result.severity == "info" and result.failed > INFO_ROWS

    def _failed(self, result: CheckResult, count: int, lines: list[int]) -> None:
        speaker = self.speaker
        by_row = result.computed and result.row_level
        effect = speaker.word(result.severity if by_row else f"{result.severity}_table")
        speaker.line(f"{result.description} – {effect}", 4)
        speaker.line(f"[{result.check_id}]", 6)
        if not result.computed:
            speaker.line(speaker.word("uncomputed", reason=result.reason), 6)
            fix = speaker.word("fix_rule", contract=self.contract.path.name)
        else:
            speaker.line(self._extent(result, count, lines), 6)
            fix = speaker.word(f"fix_{result.severity if by_row or result.severity == 'error' else 'info'}")
        speaker.line(speaker.word("remedy", text=fix), 6)

    def _extent(self, result: CheckResult, count: int, lines: list[int]) -> str:
        if not result.row_level:
            return self.speaker.word("table") + (f" ({result.reason})" if result.reason else "")
        text = self.speaker.word("failed", failed=result.failed, evaluated=result.evaluated)
        if count:
            key = "here_many" if result.severity == "info" and result.failed > INFO_ROWS else "here"
            text += "; " + self.speaker.word(key, count=count, lines=_some(lines, count))
        return text


def _some(lines: Sequence[int], count: int) -> str:
    return ", ".join(map(str, lines)) + (" …" if count > len(lines) else "")
