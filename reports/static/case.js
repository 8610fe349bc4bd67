"use strict";
/* The view of one case: what, why, what to do, what speaks against, and the rows behind it. */
const Case = (() => {
  const { $, put, el, fill, num, sek, copy, table, region, folded } = Page;
  const FOLD = 20, section = Draw.section;

  const isNumber = (name) => /_sek$|minutes|hours|days$|participants/.test(name);
  const shown = (name, value) => isNumber(name) && value !== "" && !isNaN(value) ? num(Number(value), /_sek$/.test(name) ? 2 : undefined) : value;
  const cell = (name, value) => el("td", { class: isNumber(name) ? "n" : null }, shown(name, value));
  /* Columns that say the same in every row move into the caption; rows stand under the name of their file. */
  function block([dataset, c, columns]) {
    const D = Page.data, T = Page.say, size = columns[0].length, names = D.columns[c];
    const same = names.map((_, at) => size > 1 && new Set(columns[at + 2]).size === 1);
    if (same.every(Boolean)) same.fill(false);
    const kept = names.map((_, at) => at).filter((at) => !same[at]);
    const start = names.findIndex((n) => n[0] === "started_at") + 2, end = names.findIndex((n) => n[0] === "ended_at");
    const files = [...new Set(columns[0])], bodies = [], rows = [];
    for (const file of files) {
      const list = [];
      for (let r = 0; r < size; r++) {
        if (columns[0][r] !== file) continue;
        list.push(el("tr", {}, el("td", { class: "n line" }, String(columns[1][r])), kept.map((at) => {
          const value = columns[at + 2][r];
          return at === end && start > 1 && value.slice(0, 10) === columns[start][r].slice(0, 10) ? el("td", {}, value.slice(11)) : cell(names[at][0], value);
        })));
      }
      rows.push(...list);
      bodies.push(el("tbody", {}, files.length > 1 ? el("tr", { class: "of-file" }, el("th", { scope: "rowgroup", colspan: kept.length + 1, class: "file" }, D.files[file][0])) : "", list));
    }
    const label = D.datasets[dataset];
    const all = names.map((name, at) => same[at] && columns[at + 2][0] ? Draw.named({ label: name[1], token: shown(name[0], columns[at + 2][0]) }) : "").filter(Boolean);
    const node = table([[T.line, "n"], ...kept.map((at) => [names[at][1], isNumber(names[at][0]) ? "n" : null])], []);
    node.tBodies[0].replaceWith(...bodies);
    const title = el("p", { class: "of" }, el("b", {}, label), files.length > 1 ? "" : [" · ", el("span", { class: "file" }, D.files[files[0]][0])],
      all.length ? ` · ${T.same_in_all}: ${all.join(", ")}` : "");
    const fold = folded(rows, FOLD);
    for (const body of bodies) if ([...body.rows].every((row) => row.hidden || row.className)) hideWithRows(body);
    return [title, region(T.evidence + ": " + label, node, "evidence"), fold];
  }
  /* A file's name is folded with its rows. */
  function hideWithRows(body) {
    const head = body.rows[0], first = body.rows[1];
    if (!head.className || !first) return;
    head.hidden = true;
    new MutationObserver(() => { head.hidden = first.hidden; }).observe(first, { attributes: true, attributeFilter: ["hidden"] });
  }
  /* `link`: to the side page that has every row, when there is one. */
  function evidence(finding, link) {
    const T = Page.say, [, , , , , , total, blocks, , kept] = finding, shown = blocks.reduce((sum, one) => sum + one[2][0].length, 0);
    return [...blocks.map(block), shown < kept ? el("p", { class: "sub" }, fill(T.evidence_some, { shown: num(shown), n: num(kept) }), " ",
      link ? el("a", { href: link }, T.evidence_side) : T.evidence_book) : "",
      kept < total ? el("p", { class: "sub" }, fill(T.evidence_capped, { n: num(total), kept: num(kept) })) : ""];
  }
  function notes(found, back, verdict, whyState) {
    const T = Page.say, out = [];
    if (back.length || whyState) {
      out.push(el("p", {}, el("b", {}, (back.length ? T.back_because : T.state_because) + ": "),
        [whyState, ...back.map((at) => found[at][1])].filter(Boolean).join(". ")));
    }
    if (verdict.outcome) out.push(el("p", {}, el("b", {}, T.last_outcome + ": "), [verdict.outcome, verdict.outcome_on, verdict.outcome_group].filter(Boolean).join(", ")));
    if (verdict.snooze_until) out.push(el("p", {}, el("b", {}, T.snoozed + ": "), fill(T.snooze_text, { day: verdict.snooze_until, who: verdict.snooze_owner || "–", why: verdict.snooze_reason || "–" })));
    return out.length ? el("div", { class: "note", role: "note" }, out) : "";
  }
  const list = (texts) => el("ul", { class: "plain" }, texts.map((text) => el("li", {}, text)));
  function basis(head) {
    const T = Page.say, D = Page.data;
    return el("div", {}, el("p", {}, el("a", { href: D.home + "#card=" + head.code, class: "code" }, head.code), " ", el("b", {}, head.title), head.basis.length ? ": " + head.basis.join("; ") : ""),
      head.limits.length ? el("ul", { class: "plain" }, head.limits.map(([name, value, unit, because, by, lang]) =>
        el("li", {}, `${name}: ${value} ${unit}`, because ? [`, ${T.because} `, el("span", { lang: lang === document.documentElement.lang ? null : lang }, because)] : "", by ? ` (${by})` : ""))) : "");
  }

  function show(i, data, view) {
    const D = Page.data, C = D.cols, T = Page.say, type = D.types[C.type[i]];
    const [found, parts, against, elsewhere, facts, network, first, back, nights, verdict, whyState] = data;
    const heads = [...new Set(found.map((f) => f[0]))].map((d) => D.detectors[d]);
    const unique = (key) => [...new Set(heads.map((h) => h[key]).filter(Boolean))];
    const button = (text, act) => { const node = el("button", { type: "button" }, text); node.addEventListener("click", () => act(node)); return node; };
    const files = [...new Set(found.flatMap((f) => f[7].flatMap((one) => one[2][0])))].map((at) => D.files[at]);
    const time = Draw.timeline(found.flatMap((f) => f[7])), out = $("case");
    const side = view.sideOf(i), link = side ? side[0] + "#case=" + C.id[i] : "";
    out.replaceChildren();
    put(out, [
      el("div", { class: "tools" }, button(T.close, view.leave), button(T.print, () => window.print()), button(T.copy, (node) => copy(C.id[i], node, T.copied)),
        link ? el("a", { href: link }, T.evidence_side) : "", D.home ? el("a", { href: D.home + "#case=" + C.id[i] }, T.in_list) : "",
        el("span", { class: "sub" }, T.back_hint)),
      el("div", { class: "case-head" }, el("h2", { id: "case-title", tabindex: "-1" }, C.name[i]), el("span", { class: "sub" }, type + " · ", el("span", { class: "code" }, C.id[i]))),
      el("dl", { class: "line" },
        [[D.head.rank, i < (D.listed ?? C.id.length) ? fill(T.place_of, { a: num(view.place(i)), b: num(D.all ?? D.listed ?? C.id.length) }) : T.part_weak], C.score ? [D.head.score, num(C.score[i], 1)] : null,
          ...D.amountIds.map((kind, at) => C[kind] && C[kind][i] !== null ? [`${T.amount}, ${D.amountKinds[at]}`, sek(C[kind][i]) + "\u00a0kr"] : null),
          [D.head.last, view.day(C.last[i])], [T.first, first]].filter(Boolean).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
        el("div", {}, el("dt", {}, D.head.state), el("dd", {}, view.stateOf(i))), el("div", {}, el("dt", {}, D.head.kind), el("dd", {}, view.tags(i)))),
      el("p", { class: "sentence" }, found[0][1]),
      notes(found, back, verdict, whyState),
      el("div", { class: "two" },
        el("div", { class: "points" }, section(T.why_points, Draw.waterfall(parts, C.score && C.score[i]))),
        el("div", { class: "next" }, section(T.next_step, list(unique("next_step"))),
          elsewhere.length ? section(T.elsewhere, elsewhere.map(([group, contact]) => el("p", {}, fill(contact ? T.elsewhere_text : T.elsewhere_no, { group, contact })))) : "",
          facts.length ? section(T.facts, el("dl", { class: "facts" }, facts.map(([key, value]) => [el("dt", {}, key), el("dd", {}, value)]))) : "")),
      el("div", { class: "against" }, section(T.against, el("div", { class: "halves" },
        against.length ? el("div", {}, el("h4", {}, T.against_found), list(against)) : "",
        el("div", {}, el("h4", {}, T.against_known), list(unique("innocent")))))),
      time.clashes ? time.nodes : "",
      section(T.findings),
      found.map((f, at) => el("div", { class: "finding" }, el("h4", {}, f[1]),
        el("p", { class: "sub" }, el("a", { href: D.home + "#card=" + D.detectors[f[0]].code, class: "code" }, D.detectors[f[0]].code), ` ${D.detectors[f[0]].title} · ${T.period} ${f[2]} – ${f[3]}`,
          f[4] !== null ? [` · ${T.amount} `, el("span", { class: "n" }, sek(f[4]) + "\u00a0kr"), ` ${D.amountKinds[f[5]]}`] : "", ` · ${fill(f[6] === 1 ? T.one_row : T.rows, { n: num(f[6]) })}`,
          back.includes(at) ? [" · ", el("b", {}, T.brought_back)] : ""),
        found.findIndex((g) => g[0] === f[0]) === at ? el("p", { class: "prose" }, D.detectors[f[0]].why) : "", Draw.peers(f[8], type), evidence(f, link))),
      time.clashes ? "" : time.nodes,
      network ? Draw.network(network, C.name[i]) : "",
      Draw.history(nights),
      el("div", { class: "fine" },
        section(T.blind, list(unique("blind_spots"))),
        section(T.basis, heads.map(basis)),
        section(T.provenance, el("p", {}, fill(T.provenance_text, { run: D.run, day: D.asOf })), el("p", {}, T.versions + ": ",
          D.hashes.map(([name, value]) => [name + " ", el("span", { class: "code" }, value), "; "]),
          heads.map((h, at) => [at ? ", " : "", h.code + " ", el("span", { class: "code" }, `${h.version} (${h.sql_hash})`)])),
        el("p", {}, T.files + ": ", files.map(([name, sha], at) => [at ? ", " : "", el("span", { class: "file" }, name), sha ? [" ", el("span", { class: "code" }, sha)] : ""]))))]);
  }
  return { show };
})();
