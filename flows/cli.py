"""The command line. Only the standard library is imported here: `avvik --help` must answer at once.

Exit codes: 0 done, 1 done but a source was refused or a part failed (the summary says which), 2 the command was
not usable as given, 3 not done. An expected error is one message on stderr; an unexpected one shows its class and
place, never its text, because the texts of data errors can repeat cell values.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import sys
from collections.abc import Sequence
from pathlib import Path

DONE, DONE_WITH_REFUSALS, USAGE, NOT_DONE = 0, 1, 2, 3

_EPILOG = """exit codes: 0 done, 1 done with refused sources or failed parts, 2 usage, 3 not done

examples:
  avvik night --inbox inbox --workspace workspace --settings settings.yaml
  avvik check inbox/home_care_visits_2026-11-22.csv
  avvik detectors HC01
"""


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-11-22") from None


def _scale(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 20:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale; write a number up to 20, such as 0.2")
    return value


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; every subcommand sets `run`, the name of its function below."""
    parser = argparse.ArgumentParser(
        prog="avvik",
        description="Finds deviations to check in a municipality's payments and care data, with evidence.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="show the version and leave")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")

    night = commands.add_parser("night", help="run a night: read the inbox, check, detect, rank, write reports")
    night.add_argument("--inbox", type=Path, required=True, metavar="DIR", help="folder with the exports")
    night.add_argument("--workspace", type=Path, required=True, metavar="DIR", help="folder for state and reports")
    night.add_argument("--as-of", type=_day, metavar="DATE", help="the day to judge from (default: today)")
    night.add_argument("--settings", type=Path, metavar="FILE", help="settings of the municipality (YAML)")
    night.set_defaults(run=_night)

    show = commands.add_parser("open", help="open the newest report of a group in the browser")
    show.add_argument("group", nargs="?", metavar="GROUP", help="a group's id, lagesbild, index or audit; none: list")
    show.add_argument("--workspace", type=Path, default=Path("workspace"), metavar="DIR",
                      help="the workspace of the night (default: workspace)")
    show.add_argument("--run", default="latest", metavar="RUN", dest="run_id", help="id of a run (default: the latest)")
    show.add_argument("--print", action="store_true", dest="print_only", help="only print the path of the page")
    show.set_defaults(run=_open)

    check = commands.add_parser("check", help="check files against their contracts without loading them")
    check.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders of files")
    check.add_argument("--contract", type=Path, metavar="FILE", help="an edited contract to try (YAML)")
    check.add_argument("--settings", type=Path, metavar="FILE", help="settings of the municipality (YAML)")
    check.add_argument("--workspace", type=Path, default=Path("workspace"), metavar="DIR",
                       help="the workspace whose cases outcomes are looked up in (default: workspace)")
    check.set_defaults(run=_check)

    detectors = commands.add_parser("detectors", help="list the detectors, or explain one")
    detectors.add_argument("id", nargs="?", metavar="ID", help="a detector's code, such as HC01")
    detectors.add_argument("--settings", type=Path, metavar="FILE", help="settings of the municipality (YAML)")
    detectors.add_argument("--last-run", action="store_true", help="what each did in the last run, as a table")
    detectors.add_argument("--workspace", type=Path, default=Path("workspace"), metavar="DIR",
                           help="the workspace of that run (default: workspace)")
    detectors.set_defaults(run=_detectors)

    replay = commands.add_parser("replay", help="what a changed parameter would have gained and lost in a run")
    replay.add_argument("run_id", metavar="RUN", help="id of the run, or latest")
    replay.add_argument("--set", action="append", required=True, dest="changes", metavar="CODE.param=VALUE",
                        help="the parameter to change; may be repeated")
    replay.add_argument("--workspace", type=Path, default=Path("workspace"), metavar="DIR",
                        help="the workspace of the run (default: workspace)")
    replay.add_argument("--page", type=Path, metavar="FILE.html", help="write the result as a page too")
    replay.set_defaults(run=_replay)

    rebuild = commands.add_parser("rebuild", help="make a run again from its kept inputs and compare every byte")
    rebuild.add_argument("run_id", metavar="RUN", help="id of the run, or latest")
    rebuild.add_argument("--workspace", type=Path, default=Path("workspace"), metavar="DIR",
                         help="the workspace of the run (default: workspace)")
    rebuild.add_argument("--out", type=Path, metavar="DIR", help="keep what was made, in this empty folder")
    rebuild.set_defaults(run=_rebuild)

    score = commands.add_parser("score", help="score a table of entities from outside by peers and forest")
    score.add_argument("table", type=Path, metavar="TABLE", help="CSV (also .gz) or Parquet, one row an entity")
    score.add_argument("--id", required=True, metavar="COLUMN", help="the column that names the entity")
    score.add_argument("--size", metavar="COLUMN", help="money or volume, to compare the order with; no feature")
    score.add_argument("--label", metavar="COLUMN", help="known outcomes (1/0, yes/no): prints how good the order is")
    score.add_argument("--group", metavar="COLUMN", help="peer group; below 30 rows all rows are the peers")
    score.add_argument("--leave-out", nargs="+", default=[], metavar="COLUMN", help="numbers that are no measures")
    score.add_argument("--repeats", action="store_true", help="ids may repeat: every row is scored by itself")
    score.add_argument("--out", type=Path, metavar="FILE", help="write all ranked rows as CSV (default: show 20)")
    score.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed gives the same scores")
    score.set_defaults(run=_score)

    police = commands.add_parser("police", help="an extract for the police: re-keyed, logged, no individuals")
    police.add_argument("run_id", nargs="?", metavar="RUN", help="id of the run, or latest")
    police.add_argument("--group", metavar="ID", help="the collaboration group whose report it is taken from")
    police.add_argument("--recipient", metavar="NAME", help="who gets it; the same recipient gets the same codes")
    police.add_argument("--basis", metavar="TEXT", help="the legal basis and the decision")
    police.add_argument("--by", metavar="NAME", help="who decided")
    police.add_argument("--case", action="append", default=[], dest="cases", metavar="CASE",
                        help="only this case of the group's report; may be repeated")
    police.add_argument("--out", type=Path, metavar="DIR", help="folder for the extract (default: in the workspace)")
    police.add_argument("--log", action="store_true", help="list the extracts that were made")
    police.add_argument("--workspace", type=Path, default=Path("workspace"), metavar="DIR",
                        help="the workspace of the run (default: workspace)")
    police.set_defaults(run=_police)

    purge = commands.add_parser("purge", help="remove what is past its date (settings: retention)")
    purge.add_argument("--workspace", type=Path, required=True, metavar="DIR", help="the workspace to purge")
    purge.add_argument("--settings", type=Path, metavar="FILE", help="settings of the municipality (YAML)")
    purge.add_argument("--as-of", type=_day, metavar="DATE", help="the day to count back from (default: today)")
    purge.add_argument("--dry-run", action="store_true", help="only say what would go, and why")
    purge.set_defaults(run=_purge)

    sample = commands.add_parser("sample", help="write a generated inbox with planted deviations")
    sample.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    sample.add_argument("--scale", type=_scale, default=1.0, metavar="S", help="size; 1 = a municipality-year")
    sample.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed gives the same files")
    sample.add_argument("--as-of", type=_day, metavar="DATE", default=datetime.date(2026, 11, 22), help="its last day")
    sample.set_defaults(run=_sample)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (argparse itself leaves with 2 on wrong usage).

    Without `arguments` this is the program itself, and the process ends here: threads of Prefect and Great
    Expectations outlive the interpreter's own end, whereupon DuckDB's binding would print pages of warnings.
    """
    code = _run(arguments)
    if arguments is None and "duckdb" in sys.modules:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    return code


def _run(arguments: Sequence[str] | None) -> int:
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.version:
        from importlib.metadata import version

        print(f"avvik {version('avvik')}")
        return DONE
    if options.command is None:
        parser.print_help()
        return USAGE
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print("avvik: interrupted; nothing was published", file=sys.stderr)
        return NOT_DONE
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left (avvik detectors | head)
        return DONE
    except Exception as error:
        from flows.failures import explain

        code, message = explain(error)
        print(f"avvik: {message}", file=sys.stderr)
        return code


def _night(options: argparse.Namespace) -> int:
    from flows.local_night import run_night

    return run_night(options.inbox, options.workspace, options.as_of, options.settings)


def _open(options: argparse.Namespace) -> int:
    from flows.open import open_report

    return open_report(options.group, options.workspace, options.run_id, options.print_only)


def _check(options: argparse.Namespace) -> int:
    from flows.reviews import judge_of
    from schemas.check import check_paths
    from schemas.settings import load_settings
    from schemas.source_mapping import contracts_for

    settings = load_settings(options.settings)
    contracts = contracts_for(settings)
    judge = judge_of(options.workspace, contracts, settings)
    return check_paths(options.paths, contracts, settings, sys.stdout, options.contract, judge)


def _detectors(options: argparse.Namespace) -> int:
    if options.last_run:
        from flows.last_run import show_last_run

        return show_last_run(options.id, options.workspace, options.settings)
    from flows.explain import show_detectors

    return show_detectors(options.id, options.settings)


def _replay(options: argparse.Namespace) -> int:
    from flows.replay import replay

    return replay(options.run_id, options.changes, options.workspace, options.page)


def _rebuild(options: argparse.Namespace) -> int:
    from flows.local_engine import quiet_environment

    quiet_environment(options.workspace)
    from flows.rebuild import rebuild

    return rebuild(options.run_id, options.workspace, options.out)


def _score(options: argparse.Namespace) -> int:
    from flows.score import score_file

    return score_file(options.table, options.id, options.size, options.label, options.group, options.out,
                      options.seed, options.leave_out, options.repeats)


def _police(options: argparse.Namespace) -> int:
    from flows import police
    from flows.failures import UsageError

    if options.log:
        return police.show_log(options.workspace)
    needed = {"RUN": options.run_id, "--group": options.group, "--recipient": options.recipient,
              "--basis": options.basis, "--by": options.by}
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise UsageError(f"avvik police also needs {', '.join(missing)}; or --log to list the extracts.")
    return police.extract(options.run_id, options.group, options.recipient, options.basis, options.by, options.cases,
                          options.workspace, options.out)


def _purge(options: argparse.Namespace) -> int:
    from flows.purge import purge

    return purge(options.workspace, options.settings, options.as_of, options.dry_run)


def _sample(options: argparse.Namespace) -> int:
    from data_samples import generate

    out = options.out.resolve()
    truth = out.with_name(out.name + "-truth")  # beside it: the inbox holds exports and nothing else
    generate(out, options.scale, options.seed, options.as_of, truth=truth)
    print(f"exports in {out}\nwhat was planted in them, and settings, in {truth}")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
