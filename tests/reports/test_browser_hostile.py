"""Texts that would be script, in real Chromium: they stay text, and the watch would have seen them run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reports import write_reports
from tests.chromium import Watched, page_of
from tests.reports.run_builder import build

pytestmark = pytest.mark.browser


PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    "\"><svg onload=alert(4)>",
    "' onmouseover='alert(5)",
    "</style><script>alert(6)</script>",
    "</title><script>alert(7)</script>",
    "<iframe srcdoc='<script>alert(8)</script>'>",
    "javascript:alert(9)",
    "{{7*7}}{% raw %}",
    "<!--<script>",
    "]]><script>alert(10)",
    "&lt;script&gt;alert(11)&lt;/script&gt;",
    "\u2028alert(12)\u2029",
    "<a href=javascript:alert(13)>x</a>",
    "${alert(14)}",
    "<details open ontoggle=alert(15)>",
    "<math><mi xlink:href=javascript:alert(16)>",
    "<style>*{background:url(//a)}</style>",
    "<base href=//a>",
    "<meta http-equiv=refresh content='0;url=//a'>",
    "<form action=//a><button>",
    "<link rel=stylesheet href=//a>",
    "\\u003cscript\\u003ealert(17)",
    "\x00<script>alert(18)</script>",
    "</svg><script>alert(19)</script>",
    "<b id=list>",
    "`-alert(20)-`",
)


def test_payloads_in_every_text_field_stay_text(browser: Any, tmp_path: Path) -> None:
    """Gate S1, the sample for the suite: all payloads at once in every field a source or a header can fill."""
    folder = build(tmp_path / "run", poison=" ".join(PAYLOADS))
    pages = [path for path in write_reports(folder, "sv") if path.suffix == ".html"]
    context = browser.new_context()
    watched = Watched(context.new_page())
    for path in pages:
        in_group = path.parent.name.startswith("sg-")
        page = watched.open(path, ready=in_group)
        if in_group and page.locator("#cases tbody a").count():
            page.locator("#cases tbody a").first.click()
            page.wait_for_selector("#case-title")
            assert "<img src=x onerror=alert(3)>" in page.inner_text("#case")
            page.evaluate("location.hash = 'method'")
        for node in page.query_selector_all("details"):
            node.evaluate("d => { d.open = true; }")
        page.wait_for_timeout(30)
        alien = "iframe, base, meta[http-equiv=refresh], #cases img, form[action]"
        assert page.locator(alien).count() == 0
        watched.assert_quiet()
    context.close()


def test_the_watch_would_catch_a_naive_page(browser: Any, tmp_path: Path) -> None:
    """A control: the same payload is seen to run in a page without our rules, and to be stopped by the policy."""
    naive = tmp_path / "naive.html"
    naive.write_text("<p id=a></p><script>a.innerHTML = '<img src=x onerror=alert(3)>'</script>", encoding="utf-8")
    context = browser.new_context()
    watched = Watched(context.new_page())
    watched.open(naive, ready=False)
    watched.until(lambda: watched.dialogs)
    assert watched.dialogs == ["3"]
    closed = tmp_path / "closed.html"
    closed.write_text("<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
                      "<body><img src=x onerror=alert(3)>", encoding="utf-8")
    watched.dialogs.clear()
    watched.open(closed, ready=False)
    watched.until(lambda: watched.policy)
    assert watched.dialogs == []
    context.close()


def test_every_state_has_words_and_the_policy_is_closed(run_dir: Path) -> None:
    """Gate U9 and the policy: nothing but the one style and the one script."""
    html = page_of(run_dir).read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy and re.fullmatch(
        r"default-src &#39;none&#39;; script-src &#39;sha256-[^;]+&#39;; style-src &#39;sha256-[^;]+&#39;; "
        r"base-uri &#39;none&#39;; form-action &#39;none&#39;", policy[1])
    assert not re.search(r"\son\w+=|\sstyle=|javascript:|https?://(?!www\.w3\.org/2000/svg)", html.split("<script>")[0])
    for word in ("Ny i natt", "Ökat", "Kvarstår", "Minskat"):
        assert word in html
