"""Data Docs: Great Expectations' own result pages, without cell values and without anything remote.

GX's renderers write the content; its page frame, which loads style sheets, scripts and fonts from eight remote
hosts, is replaced by ours. Before rendering, each result is reduced to counts. A Content-Security-Policy forbids
the browser every request, and a page that still names a remote resource is not written.
"""

from __future__ import annotations

import datetime
import html
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from great_expectations.validator.validator import calc_validation_statistics
from jinja2 import ChoiceLoader, DictLoader
from markupsafe import Markup

from schemas.contract import Contract, QualityRule
from schemas.quality_engine import Outcome
from schemas.quality_gx import placeholder

# What a result may keep. observed_value holds a cell for most expectations (a maximum, a most common value).
_COUNTS = (
    "element_count unexpected_count unexpected_percent missing_count missing_percent unexpected_percent_total "
    "unexpected_percent_nonmissing"
).split()
_COUNTING = frozenset(
    "unexpected_rows_expectation expect_table_row_count_to_be_between expect_table_row_count_to_equal "
    "expect_table_column_count_to_be_between expect_table_column_count_to_equal "
    "expect_column_unique_value_count_to_be_between expect_column_proportion_of_unique_values_to_be_between "
    "expect_column_proportion_of_non_null_values_to_be_between".split()
)
# Here it is names of columns or of types, which the contract tells anyway; one of GX's renderers asks for it.
_NAMING = frozenset(
    "expect_table_columns_to_match_ordered_list expect_table_columns_to_match_set expect_column_type_to_be "
    "expect_column_values_to_be_of_type expect_column_values_to_be_in_type_list".split()
)

_STYLE = """
body{font:15px/1.5 system-ui,"Segoe UI",Arial,sans-serif;color:#1c2430;background:#fff;max-width:72rem;
margin:0 auto;padding:1rem 1.25rem}h1{font-size:1.5rem;margin:.5rem 0}a{color:#0b5394}
h5{font-size:1.1rem;margin:1.2rem 0 .3rem}h6{font-size:1rem;margin:.8rem 0 .2rem}
table{border-collapse:collapse;width:100%;margin:.3rem 0 1rem}
th,td{border-bottom:1px solid #d5dae1;text-align:left;vertical-align:top;padding:.35rem .6rem}
th{background:#f1f3f6}.row{display:block}.num{text-align:right}
.badge,.badge-secondary{background:#e6eaf0;border-radius:3px;padding:0 .35em}
.bad{color:#9c1c1c;font-weight:600}.good{color:#17622e}.note{color:#465160}
i.fa-check-circle::before{content:"OK";font-style:normal;color:#17622e;font-weight:600}
i.fa-times::before{content:"Avviker";font-style:normal;color:#9c1c1c;font-weight:600}
i.fa-exclamation-triangle::before{content:"Ej beräknad";font-style:normal;color:#9c1c1c;font-weight:600}
pre,code{white-space:pre-wrap;overflow-wrap:anywhere}.table-responsive{overflow-x:auto}
.collapse,td a[href^="#"]{display:none}
"""
_HEAD = (
    '<!DOCTYPE html>\n<html lang="sv"><head><meta charset="utf-8">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
)
_PAGE = (
    _HEAD + "<title>{{ dataset }} – kontroller</title><style>" + _STYLE + "</style></head><body><main>"
    '<p><a href="index.html">Alla datamängder</a></p><h1>{{ dataset }}</h1>'
    '<p class="note">Körning {{ run }}. Sidan visar antal, aldrig värden. Arbetsmaterial.</p>{{ summary }}'
    "{% for section in sections %}{% set section_loop = loop -%}{% include 'section.j2' %}{% endfor %}"
    "</main></body></html>"
)
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)
_HANDLER = re.compile(r"\s(?:on[a-z]+|data-(?:toggle|trigger|content|html|container|placement|target)[a-z-]*)\s*="
                      r"\s*(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE)  # fmt: skip
_REMOTE = re.compile(
    r"<(?:script|link|iframe|object|embed|base)\b|(?:src|href|action|poster|data)\s*=\s*[\"']?\s*(?:https?:)?//"
    r"|@import|url\s*\(",
    re.IGNORECASE,
)


class _LocalView(DefaultJinjaPageView):
    """GX's view with our page frame found before its own."""

    def __init__(self) -> None:
        super().__init__()
        assert self.env.loader is not None
        self.env.loader = ChoiceLoader([DictLoader({"page.j2": _PAGE}), self.env.loader])
        # random ids would make two runs of the same input differ
        count = itertools.count(1)
        self.env.filters["generate_html_element_uuid"] = lambda prefix="": f"{prefix or 'id-'}{next(count)}"


Page = tuple[Contract, Sequence[QualityRule], Sequence[Outcome]]


def write_data_docs(folder: Path, run: str, pages: Sequence[Page]) -> list[Path]:
    """One page per dataset and an index in `folder`, files 0600; returns what was written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    view, renderer = _LocalView(), ValidationResultsPageRenderer(run_info_at_end=True)
    written = []
    for contract, rules, outcomes in pages:
        try:
            text = _page(view, renderer, run, contract, rules, outcomes)
        except Exception as error:
            # a night does not fail on a page: without GX's tables ours still names every check that failed
            text = _plain_page(run, contract, rules, outcomes, type(error).__name__)
        written.append(_write(folder / f"{contract.dataset}.html", text))
    return [*written, _write(folder / "index.html", _index(run, pages))]


def without_values(rule: QualityRule, outcome: Outcome) -> Any:
    """GX's result object with counts only; a check that was not computed or not needed gets one of its own."""
    source = outcome.evidence
    result: dict[str, Any] = {}
    if source is not None and outcome.computed:
        raw = source.result or {}
        result = {name: raw[name] for name in _COUNTS if isinstance(raw.get(name), (int, float))}
        observed = raw.get("observed_value")
        if rule.expectation in _COUNTING and isinstance(observed, (int, float)):
            result["observed_value"] = observed
        elif rule.expectation in _NAMING and isinstance(observed, (str, list)):
            result["observed_value"] = observed
    failed = {"raised_exception": True, "exception_message": outcome.reason, "exception_traceback": ""}
    return ExpectationValidationResult(
        success=outcome.success,
        expectation_config=placeholder(rule),
        result=result,
        exception_info=None if outcome.computed else failed,
        meta={},
    )


def _page(
    view: Any, renderer: Any, run: str, contract: Contract, rules: Sequence[QualityRule], outcomes: Sequence[Outcome]
) -> str:
    buildable = [
        (rule, outcome) for rule, outcome in zip(rules, outcomes, strict=True) if placeholder(rule) is not None
    ]
    results = [without_values(rule, outcome) for rule, outcome in buildable]
    counted = calc_validation_statistics(results)
    document = renderer.render(
        ExpectationSuiteValidationResult(
            results=results,
            success=counted.success,
            suite_name=contract.dataset,
            statistics={
                "evaluated_expectations": counted.evaluated_expectations,
                "successful_expectations": counted.successful_expectations,
                "unsuccessful_expectations": counted.unsuccessful_expectations,
                "success_percent": counted.success_percent,
            },
            # a fixed time: the pages of a run do not depend on the clock
            meta={"run_id": {"run_name": run, "run_time": datetime.datetime(2000, 1, 1).isoformat()}},
        )
    )
    # the first section's head links to a suite page, the last tells run times: ours say it better
    del document.sections[-1]
    document.sections[0].content_blocks = document.sections[0].content_blocks[1:]
    text = view.render(document, dataset=contract.dataset, run=run, summary=Markup(_summary(rules, outcomes)))
    return _HANDLER.sub("", _SCRIPT.sub("", text))


def _plain_page(
    run: str, contract: Contract, rules: Sequence[QualityRule], outcomes: Sequence[Outcome], cause: str
) -> str:
    return (
        f"{_HEAD}<title>{contract.dataset} – kontroller</title><style>{_STYLE}</style></head><body><main>"
        f'<p><a href="index.html">Alla datamängder</a></p><h1>{contract.dataset}</h1>'
        f'<p class="note">Körning {html.escape(run)}. Tabellerna från Great Expectations kunde inte '
        f"ritas ({cause}).</p>"
        f"{_summary(rules, outcomes)}</main></body></html>"
    )


def _summary(rules: Sequence[QualityRule], outcomes: Sequence[Outcome]) -> str:
    """The checks that did not hold, with what follows; above GX's own tables."""
    rows = [
        f"<tr><td>{html.escape(rule.description)}<br><code>{html.escape(rule.id)}</code></td>"
        f"<td>{_consequence(rule, outcome)}</td><td>{_judged(outcome)}</td></tr>"
        for rule, outcome in zip(rules, outcomes, strict=True)
        if not outcome.success
    ]
    if not rows:
        return '<p class="good">Alla kontroller höll.</p>'
    return (
        "<h2>Kontroller som inte höll</h2><table><thead><tr><th>Kontroll</th><th>Följd</th><th>Utfall</th></tr>"
        f"</thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _consequence(rule: QualityRule, outcome: Outcome) -> str:
    if rule.severity == "error":
        return "vägrar filen" if outcome.row_level else "vägrar nattens filer"
    return "raderna till karantän" if rule.severity == "warning" and outcome.row_level else "rapporteras"


def _judged(outcome: Outcome) -> str:
    if not outcome.computed:
        return f'<span class="bad">kunde inte beräknas</span> ({html.escape(outcome.reason)})'
    if outcome.row_level:
        return f'<span class="bad">{outcome.failed} av {outcome.evaluated} rader</span>'
    return '<span class="bad">håller inte</span>'


def _index(run: str, pages: Sequence[Page]) -> str:
    rows = []
    for contract, _, outcomes in pages:
        failed = sum(1 for outcome in outcomes if outcome.computed and not outcome.success)
        unknown = sum(1 for outcome in outcomes if not outcome.computed)
        rows.append(
            f'<tr><td><a href="{contract.dataset}.html">{contract.dataset}</a></td><td class="num">{len(outcomes)}'
            f'</td><td class="num">{failed}</td><td class="num">{unknown}</td></tr>'
        )
    return (
        f"{_HEAD}<title>Kontroller</title><style>{_STYLE}</style></head><body><main><h1>Kontroller</h1>"
        f'<p class="note">Körning {html.escape(run)}. Sidorna visar antal, aldrig värden. Arbetsmaterial.</p>'
        "<table><thead><tr><th>Datamängd</th><th class=num>Kontroller</th><th class=num>Höll inte</th>"
        f"<th class=num>Kunde inte beräknas</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
        "</main></body></html>"
    )


def _write(path: Path, text: str) -> Path:
    if _REMOTE.search(text):
        raise RuntimeError(f"{path.name}: the page would load a remote resource; it was not written")
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path
