"""`avvik replay RUN --set CODE.parameter=VALUE`: what a changed parameter would have gained and lost.

Reads the run's folder and its data and writes nothing into the workspace; with `--page` a page of its own.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path

from flows.failures import UsageError, is_ours, withheld
from flows.screen import say
from flows.stored_state import contracts_of_run, record_of, run_folder, settings_of_run, stored_state
from schemas import protected
from schemas.groups import parse_groups
from schemas.warehouse import delivered_columns
from schemas.warehouse_load import WarehouseError, read_files
from schemas.workspace import Workspace


def replay(run_id: str, changes: Sequence[str], workspace: Path, page: Path | None) -> int:
    """Print the what-if (and write `page`); 0. UsageError for an unknown run, rule, parameter or value."""
    from detectors.replay import State, WhatIfError, parse_changes, what_if
    from detectors.run import catalogue_for
    from reports import whatif
    from reports.protection import rows_without

    if not workspace.is_dir():
        raise UsageError(f"{workspace}: no such folder. Name the workspace that the night was run in.")
    place = Workspace(workspace)
    folder = run_folder(place, run_id)
    if page is not None and page.resolve().is_relative_to(place.root):
        raise UsageError(f"{page}: a what-if is written outside the workspace, which holds runs and nothing else.")
    if page is not None and not page.resolve().parent.is_dir():
        raise UsageError(f"{page}: no such folder to write the page to.")
    record_of(folder)  # that of a newer version is refused
    settings = settings_of_run(folder)
    contracts = contracts_of_run(folder)
    catalogue = catalogue_for(contracts)
    as_of = datetime.date.fromisoformat(folder.name[:10])
    try:
        wanted = parse_changes(changes, catalogue, settings, as_of)
    except WhatIfError as error:
        raise UsageError(str(error)) from None
    groups = parse_groups(json.loads((folder / "groups.json").read_text(encoding="utf-8")))
    with stored_state(place, folder, settings, contracts) as warehouse:
        delivered = delivered_columns(read_files(warehouse.connection), contracts)
        state = State(warehouse.connection, folder, as_of, settings, groups, delivered)
        try:
            result = what_if(state, catalogue, wanted)
        except Exception as error:
            if is_ours(error):
                raise
            raise WarehouseError(f"replay: {withheld(error)}. Nothing was changed.") from None
    # a what-if is an ordinary page: it names nobody who is protected, today or when the run was made
    latest = place.latest_run()
    tokens = protected.read(folder).tokens | (protected.read(latest).tokens if latest is not None else frozenset())
    result = rows_without(result, tokens)
    for line in whatif.as_text(result):
        say(line)
    if page is not None:
        whatif.write_page(result, page)
        say(f"\nSida: {page}")
    return 0
