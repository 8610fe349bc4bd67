"""One headless Chromium for the whole session, and a page that writes down everything that must not happen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

PATIENCE = 180_000  # milliseconds that a busy machine may take for what takes one


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium, or a skip that says what is missing."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's chromium to run the browser tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, timeout=PATIENCE, args=[
            "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        yield started
        started.close()


AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def violations(page: Any) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def page_of(run_dir: Path, group: str = "sg-hemtjanst") -> Path:
    return run_dir / "reports" / group / "index.html"


class Watched:
    """A page with everything that must not happen written down: dialogs, requests, errors, policy reports."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE)
        self.dialogs: list[str] = []
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.policy: list[str] = []
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.policy.append(message.text)
        elif message.type == "error":
            self.errors.append(message.text)

    def open(self, path: Path, fragment: str = "", ready: bool = True) -> Any:
        self.page.goto("about:blank")
        self.requests.clear()
        self.page.goto(path.as_uri() + fragment)
        if ready:
            self.page.wait_for_selector("html[data-ready]")
        return self.page

    def until(self, happened: Callable[[], Any]) -> None:
        """Wait for what must happen; how long that takes hangs on the machine."""
        for _ in range(600):
            if happened():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("did not happen in half a minute")

    def assert_quiet(self) -> None:
        """Nothing ran, nothing was asked for but the page itself, nothing failed."""
        assert self.dialogs == [] and self.errors == [] and self.policy == []
        assert all((url.startswith("file://") and url.endswith(".html")) or "#" in url for url in self.requests)
        assert len(self.requests) <= 1
