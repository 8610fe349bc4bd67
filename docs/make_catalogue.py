"""Write the pages of the catalogue: docs/detectors/<CODE>.md and README.md, from headers, SQL and cases.

    make catalogue          (or: python -m docs.make_catalogue)

Nothing on the pages is written by hand, so that a page cannot say something else than the rule. The worked example is
the rule's first hit case, run; its sentence is what a report would say. Same catalogue, same bytes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from detectors.detector import SYSTEM_TABLES, Catalogue, Detector
from detectors.header import KINDS, load_law_values, load_retired
from reports import words
from tests.detectors.cases import FOLDER as CASES
from tests.detectors.cases import Bench, Case, load_cases, rows_of

PAGES = Path(__file__).parent / "detectors"
DOMAINS = {
    "home_care": ("Hemtjänst", "Home care"), "assistance": ("Personlig assistans", "Personal assistance"),
    "hvb": ("HVB och placeringar", "Residential care"),
    "income_support": ("Ekonomiskt bistånd", "Income support"),
    "associations": ("Föreningsbidrag", "Association grants"),
    "ledger": ("Leverantörsreskontra", "Supplier ledger"), "cross_domain": ("Tvärs över områden", "Across domains"),
    "exculpating": ("Talar emot", "Speaks against"),
}
KIND_WORDS = {
    "impossible": "cannot be true as recorded", "breach": "against a decision, permit, agreement or norm",
    "unusual": "far from peers; adds weight, never stands alone", "exculpating": "speaks against other findings",
}
GATES = {
    "P0": "legal persons, the ledger, public registers", "P1": "personal data inside one committee",
    "P2": "data of several committees: closed until a decision is recorded in the settings",
}
AMOUNTS = {"exact": "exact", "cap": "at most", "estimate": "an estimate", "unknown": "unknown"}
METHODS = {
    "rule": "each row of the SELECT is a finding", "peer": "fires above the upper fence of its peers",
    "isolation_forest": "an isolation forest over organisations", "link": "rows are edges between subjects",
}
BOTH = (("why", "Varför / Why"), ("innocent", "Oskyldiga förklaringar / Innocent explanations"),
        ("blind_spots", "Ser inte / Does not see"), ("next_step", "Nästa steg / Next step"))


def pages(bench: Bench | None = None) -> dict[str, str]:
    """Every page by file name."""
    bench = bench or Bench()
    catalogue = bench.catalogue
    made = {f"{d.code}.md": page(d, catalogue, bench) for d in catalogue.detectors.values()}
    return {"README.md": index(catalogue.detectors.values()), **made}


def page(detector: Detector, catalogue: Catalogue, bench: Bench) -> str:
    """One detector as a steward or a lawyer reads it."""
    header = detector.header
    lines = [f"# {detector.code} {_text(detector.title['sv'])}", "", f"*{_text(detector.title['en'])}*", ""]
    if header.get("why_not"):
        lines += [f"> **{header['status']}.** {_say(header['why_not'], 'sv')}", ">",
                  f"> *{_say(header['why_not'], 'en')}*", ""]
    lines += [f"> {_text(header['sentence']['sv'])}", ">", f"> *{_text(header['sentence']['en'])}*", ""]
    lines += _table(["", ""], _facts(detector, catalogue))
    for key, title in BOTH:
        lines += ["", f"## {title}", _text(header[key]["sv"]), "", f"*{_text(header[key]['en'])}*"]
    lines += ["", "## Grund / Basis", *(f"- {_source(source)}" for source in header["basis"])]
    if detector.parameters:
        law = load_law_values()
        lines += ["", "## Parametrar / Parameters",
                  *_table(["name", "value", "unit", "because"],
                          [[f"`{p.name}`", _law_value(law, p.law) if p.law else str(p.value), p.unit, p.because]
                           for p in detector.parameters.values()])]
    if header.get("features"):
        lines += ["", "## Mått / Features", *_table(["name", "svenska", "English"], [
            [f"`{name}`", _say(spec, "sv"), _say(spec, "en")] for name, spec in header["features"].items()])]
    lines += _examples(detector, bench)
    lines += ["", "<details><summary>SQL</summary>", "", "```sql", detector.sql, "```", "</details>", "",
              "[Alla regler / All rules](README.md)"]
    return "\n".join(lines) + "\n"


def _facts(detector: Detector, catalogue: Catalogue) -> list[list[str]]:
    header = detector.header
    optional = set(header.get("optional_reads") or [])
    reads = [f"`{name}`" + (" (view)" if name in catalogue.views else "") + (" (optional)" if name in optional else "")
             for name in detector.reads if name not in SYSTEM_TABLES]
    rows = [
        ["kind", f"**{detector.kind}**: {KIND_WORDS[detector.kind]}"],
        ["domain", f"{DOMAINS[detector.domain][1]} (`{detector.domain}`)"],
        ["subject", f"{detector.subject_type}; population {', '.join(f'`{t}.{c}`' for t, c in detector.population)}"],
        ["gate", f"{detector.gate}: {GATES[detector.gate]}"],
        ["concept", f"{detector.concept} (findings of one concept count once)"],
        ["method", f"{detector.method}: {METHODS[detector.method]}"],
        ["severity", f"{header['severity']} of 5"],
        ["status", f"{header['status']}, since {header['since']}"],
        ["money", _money(header.get("amount"))],
        ["reads", ", ".join(reads)],
    ]
    if header.get("optional_columns"):
        rows.append(["columns it can do without", ", ".join(f"`{c}`" for c in header["optional_columns"])])
    if header.get("law"):
        rows.append(["values by date", ", ".join(f"`{name}`" for name in header["law"])])
    if header.get("age_limit"):
        rows.append(["reads age because", _text(header["age_limit"])])
    for change in header.get("changes") or []:
        rows.append([f"changed {change['date']}", _text(change.get("what") or change.get("because") or "")])
    return rows


def _money(amount: Mapping[str, Any] | None) -> str:
    if not amount:
        return "none: the rule says nothing about money"
    how = amount["how"]
    said = f"{_say(how, 'sv')} / *{_say(how, 'en')}*" if isinstance(how, Mapping) else _text(how)
    return f"{AMOUNTS[amount['kind']]}: {said}"


def _law_value(law: Mapping[str, Any], name: str) -> str:
    dated = max(law[name]["values"], key=lambda value: value["from"])
    return f"{dated['value']} since {dated['from']} (`{name}`)"


def _examples(detector: Detector, bench: Bench) -> list[str]:
    path = CASES / detector.domain / f"{detector.code}.yaml"
    if not path.exists():
        return []
    cases = load_cases(path)
    hits = [case for case in cases if case.kind == "hit"]
    lines = []
    if hits:
        lines += ["", "## Exempel / Worked example", f"*{_text(hits[0].name)}* (judged on {hits[0].as_of})", "",
                  *_worked(detector, hits[0], bench)]
    others = [case for case in cases if case not in hits[:1]]
    if others:
        lines += ["", "## Prövad på / Also tried", *_table(["kind", "case", "findings"], [
            [case.kind.replace("_", " "), _text(case.name), str(len(case.expect))] for case in others])]
    return lines


def _worked(detector: Detector, case: Case, bench: Bench) -> list[str]:
    """The rows that go in, and what comes out: as a report would say it, and what else the case demands."""
    lines = []
    for table, text in case.tables.items():
        head, body = rows_of(text)
        lines += [f"`{table}`", "", *_table(head, [[cell or "" for cell in row] for row in body]), ""]
    for table, sql in case.tables_sql.items():
        lines += [f"`{table}`, generated by", "", "```sql", sql.strip(), "```", ""]
    changed = {**case.parameters, **{f"list {name}": ", ".join(map(str, v)) for name, v in case.lists.items()}}
    if changed:
        lines += ["Set for the example: " + ", ".join(f"`{k}` = {v}" for k, v in changed.items()) + ".", ""]
    found = [f for f in bench.run(case) if "not_computable" not in f]
    if detector.method == "link":
        columns = ["link_group", "token_kind", "token", "subject_type", "subject_id"]
        return [*lines, "Links:", "", *_table(columns, [[str(edge.get(c) or "") for c in columns] for edge in found])]
    shown = 5
    for finding in found[:shown]:
        facts = {key: value for key, value in finding.items() if key != "evidence"}
        facts.setdefault("evidence", finding.get("evidence"))
        lines.append(f"- **{finding['subject_id']}**{_episode(finding)}: "
                     f"{_text(words.sentence(detector.header['sentence'], facts, 'sv'))}. "
                     f"*{_text(words.sentence(detector.header['sentence'], facts, 'en'))}.* "
                     f"{_result(finding)}")
    if len(found) > shown:
        lines.append(f"- … and {len(found) - shown} more")
    return lines


def _episode(finding: Mapping[str, Any]) -> str:
    return f" ({finding['episode']})" if finding.get("episode") else ""


def _result(finding: Mapping[str, Any]) -> str:
    amount = finding.get("amount_sek")
    money = f"{words.sek(amount, 'en')} SEK ({finding['amount_kind']})" if amount is not None else "no amount"
    evidence = finding.get("evidence") or []
    named = f": {', '.join(evidence)}" if 0 < len(evidence) <= 8 and not any(e.isdigit() for e in evidence) else ""
    n_rows = finding["n_evidence"]
    return f"Strength {finding['strength']:.2f}; {money}; {n_rows} source row{'' if n_rows == 1 else 's'}{named}."


def index(detectors: Iterable[Detector]) -> str:
    """The list by domain, then how many of each kind, then what is not in use and why."""
    listed = sorted(detectors, key=lambda d: (list(DOMAINS).index(d.domain), d.code))
    active = [d for d in listed if d.status in ("active", "trial")]
    lines = ["# Regler / Rules", "",
             f"{len(listed)} rules, {len(active)} in use. A finding is a deviation to check, never an established "
             "fault. Made from the rules themselves by `make catalogue`; how to write one: "
             "[add a detector](../add-a-detector.md).", "",
             *(f"- **{kind}**: {KIND_WORDS[kind]}" for kind in KINDS), "",
             *(f"- **{gate}**: {meaning}" for gate, meaning in GATES.items()), ""]
    lines += _table(["domain", *KINDS, "all"], [
        [f"[{DOMAINS[domain][1]}](#{domain.replace('_', '-')})",
         *(str(sum(d.domain == domain and d.kind == kind for d in listed) or "") for kind in KINDS),
         str(sum(d.domain == domain for d in listed))] for domain in DOMAINS])
    for domain, (sv, en) in DOMAINS.items():
        inside = [d for d in listed if d.domain == domain]
        if inside:
            lines += ["", f"## <a id=\"{domain.replace('_', '-')}\"></a>{sv} / {en}",
                      *_table(["code", "regel", "rule", "kind", "subject", "gate", "money", "status"],
                              [_listed(d) for d in inside])]
    waiting = [d for d in listed if d.header.get("why_not") or d.status in ("draft", "retired")]
    lines += ["", "Regler som väntar på en kolumn / Rules that wait for a column: "
              "[rules-left-out](../rules-left-out.md)."]
    if waiting:
        lines += ["", "## Inte i bruk / Not in use", *_table(["code", "status", "varför inte", "why not"], [
            [f"[{d.code}]({d.code}.md)", d.status, *(_say(d.header.get("why_not"), lang) for lang in ("sv", "en"))]
            for d in waiting])]
    lines += ["", "Koder som inte används igen / Codes never used again: " + "; ".join(
        f"{code} ({entry['since']}, {_say(entry['because'], 'sv')} / *{_say(entry['because'], 'en')}*)"
        for code, entry in load_retired().items()) + "."]
    for kind in KINDS:
        codes = [f"[{d.code}]({d.code}.md)" for d in listed if d.kind == kind]
        lines += ["", f"**{kind}** ({len(codes)}): {', '.join(codes)}"]
    return "\n".join(lines) + "\n"


def _listed(detector: Detector) -> list[str]:
    return [f"[{detector.code}]({detector.code}.md)", _text(detector.title["sv"]), _text(detector.title["en"]),
            detector.kind, detector.subject_type, detector.gate, (detector.header.get("amount") or {}).get("kind", ""),
            detector.status]


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [_row(head), "|" + "---|" * len(head), *(_row(row) for row in rows)]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_text(cell).replace("|", "\\|") for cell in cells) + " |"


def _text(text: Any) -> str:
    """One line; a bare < would be read as HTML."""
    return re.sub(r"<(?![a/])", "&lt;", " ".join(str(text if text is not None else "").split()))


def _say(text: Any, language: str) -> str:
    return _text(words.pick(text, language))


def _source(source: Mapping[str, Any]) -> str:
    link = source.get("url")
    return f"[{_text(source['title'])}]({link})" if link else _text(source["title"])


def stale(made: Mapping[str, str], folder: Path = PAGES) -> list[str]:
    """Names of pages that are missing, differ, or belong to no rule any more."""
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in {*made, *present} if made.get(name) != present.get(name))


def main() -> int:
    made = pages()
    changed = stale(made)
    PAGES.mkdir(exist_ok=True)
    for name in changed:
        if name in made:
            (PAGES / name).write_text(made[name], encoding="utf-8")
        else:
            (PAGES / name).unlink()
    print(f"{len(made)} pages in docs/detectors, {len(changed)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
