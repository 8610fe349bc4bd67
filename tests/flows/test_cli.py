"""The command line: what it imports, what it answers, and that the README tells the truth about it."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import build_parser, main

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "prefect", "duckdb", "pandas", "great_expectations", "sklearn", "pyarrow", "numpy", "yaml", "sqlglot", "jinja2",
)


def commands() -> dict[str, argparse.ArgumentParser]:
    action = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return action.choices


@pytest.mark.parametrize("arguments", [["--help"], ["night", "--help"], ["check", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom flows.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as leaving:\n    assert leaving.code == 0\n"
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    outcome = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert outcome.stdout.rstrip().endswith("loaded: []")


def test_python_m_is_the_same_command() -> None:
    outcome = subprocess.run([sys.executable, "-m", "flows.cli", "--version"], cwd=ROOT, capture_output=True, text=True,
                             check=True)
    assert re.fullmatch(r"avvik \d+\.\d+\.\d+\n", outcome.stdout)


@pytest.mark.parametrize("arguments", [
    ["nigth"], ["night"], ["night", "--inbox", "x", "--workspace", "y", "--as-of", "22/11"], ["check"],
    ["sample", "--out", "x", "--scale", "many"],
])
def test_wrong_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "night" in capsys.readouterr().out


def test_the_readme_and_the_parser_tell_of_the_same_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"avvik ([a-z]+)\b", readme))
    assert told == set(commands())
    table = re.findall(r"^\| `avvik ([a-z]+)([^`]*)`", readme, re.MULTILINE)
    assert sorted(name for name, _ in table) == sorted(commands()), "each command has one line"
    for name, usage in table:
        known = {option for action in commands()[name]._actions for option in action.option_strings}
        assert set(re.findall(r"--[a-z-]+", usage)) <= known, name


def test_every_option_has_a_help_text() -> None:
    for name, parser in commands().items():
        for action in parser._actions:
            assert action.help, f"{name} {action.dest}"


def test_detectors_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detectors"]) == 0
    listed = capsys.readouterr().out
    files = {path.stem.split("_")[0] for path in (ROOT / "detectors" / "catalogue").glob("*/*.sql")}
    assert files
    assert all(re.search(rf"^  {code}  ", listed, re.MULTILINE) for code in files)


def test_a_detector_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detectors", "hc01"]) == 0
    told = capsys.readouterr().out
    for part in ("HC01", "Varför det är ett tecken", "Oskyldiga förklaringar", "Nästa steg", "min_overlap_minutes"):
        assert part in told


def test_own_values_of_law_are_shown_and_a_misspelt_one_is_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.yaml"
    own = "law_values: {riksnorm_single: [{from: 2026-01-01, value: 4100, because: dear, decided: 2025-12-10, by: N}]}"
    settings.write_text(own, encoding="utf-8")
    assert main(["detectors", "IS10", "--settings", str(settings)]) == 0
    told = capsys.readouterr().out
    assert "riksnorm_single = 4100 från 2026-01-01" in told and "kommunens värde – dear (2025-12-10, N)" in told
    settings.write_text(own.replace("riksnorm_single", "riksnorm_singel"), encoding="utf-8")
    (tmp_path / "inbox").mkdir()
    assert main(["night", "--inbox", str(tmp_path / "inbox"), "--workspace", str(tmp_path / "w"),
                 "--settings", str(settings)]) == 2
    assert "did you mean 'riksnorm_single'" in capsys.readouterr().err


def test_an_unknown_detector_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detectors", "HC1"]) == 2
    assert "nearest is HC" in capsys.readouterr().err


def test_bad_settings_are_two_and_name_the_nearest_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("municipalty: X\n", encoding="utf-8")
    (tmp_path / "inbox").mkdir()
    code = main(["night", "--inbox", str(tmp_path / "inbox"), "--workspace", str(tmp_path / "w"),
                 "--settings", str(settings)])
    assert code == 2
    message = capsys.readouterr().err
    assert "municipality" in message and str(settings) in message
    assert not (tmp_path / "w").exists()


def test_a_missing_inbox_is_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["night", "--inbox", str(tmp_path / "none"), "--workspace", str(tmp_path / "w")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_an_unexpected_error_shows_class_and_place_but_never_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("191212121212")

    monkeypatch.setattr("schemas.settings.load_settings", broken)
    assert main(["detectors"]) == 3
    told = capsys.readouterr()
    assert "KeyError" in told.err and "flows/explain.py" in told.err
    assert "191212121212" not in told.err + told.out
    assert "Traceback" not in told.err


def test_sample_writes_exports_and_truth_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "--out", str(tmp_path / "in"), "--scale", "0.02", "--seed", "3"]) == 0
    assert (tmp_path / "in-truth" / "planted.yaml").is_file()
    names = [path.name for path in (tmp_path / "in").iterdir()]
    assert any(name.startswith("home_care_visits") for name in names)
    assert not any(name.endswith((".yaml", ".txt")) for name in names)
