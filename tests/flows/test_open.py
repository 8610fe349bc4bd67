"""`avvik open`: the right page of the right run, and a plain answer where there is no browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from flows.cli import main
from reports import write_reports
from tests.reports.run_builder import build

RUN = "2026-11-23-0a1b2c3d"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("open")
    for run in (RUN, "2026-11-22-99887766"):
        write_reports(build(root / "runs" / run, providers=2), "sv")
    (root / "latest").symlink_to(Path("runs") / RUN)
    return root


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was asked to show."""
    asked: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda uri: asked.append(uri) or True)
    return asked


def test_the_latest_report_of_a_group_is_opened(workspace: Path, opened: list[str]) -> None:
    assert main(["open", "sg-hvb", "--workspace", str(workspace)]) == 0
    assert main(["open", "hemtjänst", "--workspace", str(workspace)]) == 0
    assert main(["open", "lagesbild", "--workspace", str(workspace), "--run", "2026-11-22-99887766"]) == 0
    runs = (workspace / "runs").resolve()
    assert opened == [(runs / RUN / "reports" / "sg-hvb" / "index.html").as_uri(),
                      (runs / RUN / "reports" / "sg-hemtjanst" / "index.html").as_uri(),
                      (runs / "2026-11-22-99887766" / "reports" / "lagesbild" / "index.html").as_uri()]


@pytest.mark.parametrize(("name", "page"), [("index", "reports/index.html"), ("audit", "audit/index.html")])
def test_print_only_prints(workspace: Path, opened: list[str], name: str, page: str,
                           capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["open", name, "--print", "--workspace", str(workspace)]) == 0
    printed = Path(capsys.readouterr().out.strip())
    assert opened == [] and printed.is_file() and printed.as_posix().endswith(f"{RUN}/{page}")


@pytest.mark.parametrize("broken", [False, True])
def test_without_a_browser_the_path_is_printed(workspace: Path, broken: bool, monkeypatch: pytest.MonkeyPatch,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    def no_browser(uri: str) -> bool:
        if broken:
            raise webbrowser.Error("could not locate runnable browser")
        return False

    monkeypatch.setattr(webbrowser, "open", no_browser)
    assert main(["open", "sg-tvar", "--workspace", str(workspace)]) == 0
    assert capsys.readouterr().out.strip().endswith("sg-tvar/index.html")


def test_no_group_lists_them_and_an_unknown_one_names_the_nearest(
        workspace: Path, opened: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["open", "--workspace", str(workspace)]) == 0
    told = capsys.readouterr().out
    assert RUN in told and "sg-bistand" in told and "Ekonomiskt bistånd" in told and "audit" in told
    assert main(["open", "sg-hv", "--workspace", str(workspace)]) == 2
    told = capsys.readouterr().err
    assert "'sg-hvb'" in told and "sg-forening" in told and opened == []


def test_a_report_that_could_not_be_written_is_not_offered(workspace: Path, opened: list[str],
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    page = workspace / "runs" / RUN / "reports" / "sg-assistans" / "index.html"
    body = page.read_bytes()
    page.unlink()
    try:
        assert main(["open", "sg-assistans", "--workspace", str(workspace)]) == 2
    finally:
        page.write_bytes(body)
    assert "sg-assistans " not in capsys.readouterr().err and opened == []


@pytest.mark.parametrize(("arguments", "message"), [
    (["--workspace", "nowhere"], "no such folder"), (["--run", "2026-01-01-00000000"], "has no run")])
def test_wrong_folders_are_usage_errors(workspace: Path, arguments: list[str], message: str,
                                        capsys: pytest.CaptureFixture[str]) -> None:
    given = arguments if "--workspace" in arguments else [*arguments, "--workspace", str(workspace)]
    assert main(["open", "index", *given]) == 2
    assert message in capsys.readouterr().err
