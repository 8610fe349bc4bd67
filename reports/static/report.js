"use strict";
/* Reads the packed islands of the page, draws the list in pages of 50 and one case at a time. Text enters the page
   by textContent alone; nothing is requested and nothing is stored. */
(() => {
  const PAGE = 50, FOLD = 20, WEEKS = 52, SVG = "http://www.w3.org/2000/svg";
  const $ = (id) => document.getElementById(id);
  let D, C, T, order = [], haystack = null, names = null, opened = null, returnTo = null;
  const chunks = new Map();
  const blank = { kind: "", rule: "", status: "", q: "", min: "", since: "", sort: "rank", dir: "", page: "1" };
  let want = { ...blank };

  async function unpack(id) {
    const text = atob($(id).textContent.trim());
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }
  function put(node, parts) {
    for (const part of parts.flat(3)) if (part !== null && part !== undefined && part !== "") node.append(part);
    return node;
  }
  function el(name, attributes, ...parts) {
    const node = document.createElement(name);
    for (const key in attributes) if (attributes[key] !== null) node.setAttribute(key, attributes[key]);
    return put(node, parts);
  }
  function svg(name, attributes, ...parts) {
    const node = document.createElementNS(SVG, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    return put(node, parts);
  }
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, key) => key in values ? values[key] : all);
  let decimals;
  function num(value, digits) {
    if (value === null || value === undefined) return "–";
    const key = String(digits);
    if (!decimals[key]) {
      decimals[key] = new Intl.NumberFormat(D.lang === "sv" ? "sv-SE" : "en-GB", digits === undefined
        ? { maximumFractionDigits: 2 } : { minimumFractionDigits: digits, maximumFractionDigits: digits });
    }
    return decimals[key].format(value === 0 ? 0 : value);
  }
  const sek = (value) => num(value, Math.abs(value) >= 100 || value === 0 ? 0 : 2);
  const day = (back) => new Date(Date.parse(D.asOf + "T00:00:00Z") - back * 864e5).toISOString().slice(0, 10);
  const count = () => C.id.length;

  /* ---------- the list */
  function prepare() {
    haystack = C.name.map((name, i) =>
      (name + "\u0000" + C.id[i] + "\u0000" + C.why[i].map((d) => D.detectors[d].code + " " + D.detectors[d].title).join(" "))
        .toLowerCase());
    const collator = new Intl.Collator(D.lang);
    const sorted = C.name.map((_, i) => i).sort((a, b) => collator.compare(C.name[a], C.name[b]) || a - b);
    names = new Int32Array(count());
    sorted.forEach((i, at) => { names[i] = at; });
  }
  function select() {
    const kind = want.kind ? 1 << D.kindIds.indexOf(want.kind) : 0;
    const state = want.status ? D.stateIds.indexOf(want.status) : -1;
    const rule = want.rule ? D.detectors.findIndex((d) => d.code === want.rule) : -1;
    const min = want.min === "" ? null : Number(want.min), q = want.q.trim().toLowerCase();
    if ((q || want.sort === "subject") && !haystack) prepare();
    order = [];
    for (let i = 0, n = count(); i < n; i++) {
      if (kind && !(C.kinds[i] & kind)) continue;
      if (state >= 0 && C.state[i] !== state) continue;
      if (want.rule && (rule < 0 || !C.why[i].includes(rule))) continue;
      if (min !== null && !(C.amount[i] !== null && C.amount[i] >= min)) continue;
      if (want.since && !C.since[i]) continue;
      if (q && !haystack[i].includes(q)) continue;
      order.push(i);
    }
    const keys = { rank: C.rank, amount: C.amount, score: C.score, last: C.last, subject: names }[want.sort];
    const up = want.sort === "rank" || want.sort === "subject" || want.sort === "last";
    const sign = (up ? 1 : -1) * (want.dir === "r" ? -1 : 1);
    if (want.sort !== "rank" || want.dir === "r") {
      order.sort((a, b) => {
        const x = keys[a], y = keys[b];
        if (x === null || y === null) return (x === null) - (y === null) || a - b;
        return sign * (x - y) || a - b;
      });
    }
  }
  function spark(i) {
    const text = C.weeks[i];
    if (!text) return el("span", { class: "sub" }, "–");
    const values = [...text].map((digit) => parseInt(digit, 36)), top = Math.max(...values);
    const path = values.map((n, at) => n ? `M${(WEEKS - values.length + at) * 2 + 1} 20v-${Math.max(2, Math.round(18 * n / top))}` : "").join("");
    return svg("svg", { class: "spark", role: "img", width: 105, height: 22, viewBox: "0 0 105 22",
      "aria-label": fill(T.sparkline, { max: C.busiest[i] || top, day: day(C.last[i]) }) },
    svg("path", { class: "axis", d: "M0 20.5h105" }), svg("path", { class: "bars", d: path }));
  }
  const tags = (i) => D.kindIds.map((kind, at) => C.kinds[i] & 1 << at ? el("span", { class: "tag " + kind }, D.kinds[at]) : "");
  function amounts(i) {
    const lines = D.amountIds.map((kind, at) => C[kind] && C[kind][i] !== null
      ? el("span", { class: "block" }, sek(C[kind][i]), " ", el("span", { class: "unit" }, D.amountKinds[at])) : "");
    return lines.some((line) => line) ? lines : "–";
  }
  const stateOf = (i) => el("span", { class: "state-" + D.stateIds[C.state[i]] }, D.states[C.state[i]]);
  function row(i) {
    const why = C.why[i];
    return el("tr", {},
      el("td", { class: "n rank" }, num(C.rank[i])),
      el("td", { class: "subject" }, el("a", { href: "#case=" + C.id[i] }, C.name[i]),
        el("span", { class: "sub block" }, el("span", { class: "code" }, C.id[i]), " " + D.types[C.type[i]])),
      el("td", { class: "kind" }, tags(i)),
      el("td", { class: "why" }, why.slice(0, 2).map((d) => el("span", { class: "block" }, D.detectors[d].title)),
        why.length > 2 ? el("span", { class: "sub" }, fill(T.more_reasons, { n: why.length - 2 })) : ""),
      el("td", { class: "weeks" }, spark(i)),
      el("td", { class: "n amount" }, amounts(i)),
      el("td", { class: "n score" }, num(C.score[i], 1)),
      el("td", { class: "last" }, day(C.last[i])),
      el("td", { class: "state" }, stateOf(i)));
  }
  function draw() {
    select();
    const pages = Math.max(1, Math.ceil(order.length / PAGE));
    const page = Math.min(Math.max(1, Number(want.page) || 1), pages);
    want.page = String(page);
    const from = (page - 1) * PAGE, part = order.slice(from, from + PAGE);
    const body = part.length ? part.map(row) : [el("tr", {}, el("td", { colspan: 9, class: "empty" }, T.none))];
    $("cases").tBodies[0].replaceChildren(...body);
    const filtered = order.length !== count();
    $("shown").textContent = order.length ? fill(filtered ? T.shown_all : T.shown,
      { a: num(from + 1), b: num(from + part.length), n: num(order.length), t: num(count()) }) : T.none;
    for (const th of document.querySelectorAll("th[data-sort]")) {
      const up = ["rank", "subject"].includes(th.dataset.sort);
      if (th.dataset.sort === want.sort) th.setAttribute("aria-sort", up !== (want.dir === "r") ? "ascending" : "descending");
      else th.removeAttribute("aria-sort");
    }
    const bar = $("pages");
    bar.hidden = pages === 1;
    if (pages > 1) {
      const step = (label, to, off) => {
        const button = el("button", { type: "button" }, label);
        button.disabled = off;
        button.addEventListener("click", () => { want.page = String(to); change(true); $("cases").scrollIntoView(); });
        return button;
      };
      bar.replaceChildren(step(T.prev, page - 1, page === 1),
        el("span", {}, fill(T.page, { a: num(page), b: num(pages) })), step(T.next, page + 1, page === pages));
    }
  }
  function hash() {
    const pairs = Object.keys(blank).filter((key) => want[key] !== blank[key]).map((key) => key + "=" + encodeURIComponent(want[key]));
    return "#" + (pairs.join("&") || "list");
  }
  function change(keepPage) {
    if (!keepPage) want.page = "1";
    draw();
    history.replaceState(null, "", hash());
  }
  function controls() {
    const form = $("filters"), inputs = {};
    const field = (label, node) => el("label", {}, label, node);
    const choose = (key, options) => {
      const node = el("select", { name: key }, options.map(([value, label]) => el("option", { value }, label)));
      node.addEventListener("change", () => { want[key] = node.value; if (key === "sort") want.dir = ""; change(); });
      return inputs[key] = node;
    };
    const type = (key, attributes) => {
      const node = el("input", { name: key, ...attributes });
      node.addEventListener("input", () => { want[key] = node.value; change(); });
      return inputs[key] = node;
    };
    const used = [...new Set(C.why.flat())].sort((a, b) => D.detectors[a].code < D.detectors[b].code ? -1 : 1);
    const clear = el("button", { type: "button" }, T.clear);
    clear.addEventListener("click", () => { want = { ...blank }; show(); change(); inputs.q.focus(); });
    form.append(
      field(T.text, type("q", { type: "search", autocomplete: "off" })),
      field(T.kind, choose("kind", [["", T.all], ...D.kindIds.map((id, at) => [id, D.kinds[at]])])),
      field(T.rule, choose("rule", [["", T.all], ...used.map((d) => [D.detectors[d].code, D.detectors[d].code + " " + D.detectors[d].title])])),
      field(T.status, choose("status", [["", T.all], ...D.stateIds.map((id, at) => [id, D.states[at]])])),
      field(T.min_amount, type("min", { type: "number", min: 0, step: 1 })),
      field(T.sort, choose("sort", ["rank", "amount", "score", "last", "subject"].map((key) => [key, T["sort_" + key]]))));
    if (D.meeting) {
      const box = el("input", { type: "checkbox", name: "since" });
      box.addEventListener("change", () => { want.since = box.checked ? "1" : ""; change(); });
      inputs.since = box;
      form.append(el("label", { class: "check" }, box, T.only_since));
    }
    form.append(clear);
    form.addEventListener("submit", (event) => event.preventDefault());
    const box = $("filterbox");
    box.hidden = false;
    if (window.innerWidth < 600) box.open = false;
    for (const th of document.querySelectorAll("th[data-sort]")) {
      const button = el("button", { type: "button" }, th.textContent);
      button.addEventListener("click", () => {
        want.dir = want.sort === th.dataset.sort && !want.dir ? "r" : "";
        want.sort = th.dataset.sort;
        inputs.sort.value = want.sort;
        change();
      });
      th.replaceChildren(button);
    }
    function show() {
      for (const key in inputs) if (key === "since") inputs[key].checked = Boolean(want.since); else inputs[key].value = want[key];
    }
    return show;
  }

  /* ---------- one case */
  function table(heads, rows, foot) {
    return el("table", {}, el("thead", {}, el("tr", {}, heads.map(([text, css]) => el("th", { scope: "col", class: css || null }, text)))),
      el("tbody", {}, rows), foot ? el("tfoot", {}, foot) : "");
  }
  const region = (label, node, css) => el("div", { class: "scroll " + (css || ""), role: "region", tabindex: "0", "aria-label": label }, node);
  const section = (title, ...parts) => [el("h3", {}, title), ...parts];
  function rounded(parts, total) {
    const unit = 100, floors = parts.map((p) => Math.floor(p * unit + 1e-9));
    let left = Math.round(total * unit) - floors.reduce((a, b) => a + b, 0);
    parts.map((p, i) => [floors[i] - p * unit, i]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      .forEach(([, i]) => { if (left > 0) { floors[i]++; left--; } });
    return floors.map((n) => n / unit);
  }
  function partName(d) {
    const head = D.detectors[d];
    return ["co_occurrence", "link_group", "cap_unusual", "floor_zero", "other_groups"].includes(head.code) ? T[head.code] : head.title;
  }
  function waterfall(parts, score) {
    let low = 0, high = 0, at = 0;
    for (const [, points] of parts) { at += points; low = Math.min(low, at); high = Math.max(high, at); }
    const scale = 300 / Math.max(high - low, 1e-9), shown = rounded(parts.map((p) => p[1]), score);
    let from = 0;
    const rows = parts.map(([d, points], i) => {
      const x = (Math.min(from, from + points) - low) * scale;
      const css = D.detectors[d].code === "other_groups" ? "rest" : points < 0 ? "minus" : "plus";
      from += points;
      return el("tr", {}, el("th", { scope: "row" }, partName(d)),
        el("td", { class: "draw" }, svg("svg", { viewBox: "0 0 300 16", preserveAspectRatio: "none", "aria-hidden": "true" },
          svg("rect", { class: css, x: x.toFixed(1), y: 2, width: Math.max(1.5, Math.abs(points) * scale).toFixed(1), height: 12 }))),
        el("td", { class: "n" }, (points > 0 ? "+" : "") + num(shown[i], 2)));
    });
    const node = table([[T.reason], [""], [T.points, "n"]], rows,
      el("tr", {}, el("th", { scope: "row" }, T.sum), el("td", {}), el("td", { class: "n" }, num(score, 2))));
    node.className = "waterfall";
    node.querySelectorAll("thead th")[1].replaceWith(el("td", {}));
    return node;
  }
  function peerChart(p) {
    const [, own, median, q1, q3, p95] = p;
    const points = [own, median, q1, q3, p95].filter((v) => v !== null);
    const low = Math.min(...points), wide = Math.max(...points) - low || 1;
    const x = (v) => (14 + 292 * (v - low) / wide).toFixed(1);
    return svg("svg", { class: "peer", viewBox: "0 0 320 34", role: "img",
      "aria-label": `${T.own} ${num(own)}, ${T.median} ${num(median)}, ${T.p95} ${num(p95)}` },
    svg("path", { class: "range", d: "M8 17h304" }),
    q1 !== null && q3 !== null ? svg("rect", { class: "box", x: x(q1), y: 10, width: Math.max(2, x(q3) - x(q1)), height: 14 }) : "",
    median !== null ? svg("path", { class: "median", d: `M${x(median)} 7v20` }) : "",
    p95 !== null ? svg("path", { class: "p95", d: `M${x(p95)} 7v20` }) : "",
    own !== null ? svg("circle", { class: "own", cx: x(own), cy: 17, r: 6 }) : "");
  }
  function peers(rows) {
    if (!rows.length) return [];
    const body = rows.map((p) => el("tr", {}, el("th", { scope: "row" }, D.peers[p[0]]), el("td", {}, peerChart(p)),
      [p[1], p[2], p[5]].map((v) => el("td", { class: "n" }, num(v))), el("td", { class: "n" }, num(p[6])),
      el("td", { class: "n" }, p[8] === null ? "–" : num(p[8], 2))));
    return [el("p", { class: "sub" }, fill(T.peers_of, { n: num(rows[0][6]), group: D.peers[rows[0][7]] })),
      region(T.peers, table([[T.feature], ["● " + T.own + " | " + T.median + " ¦ " + T.p95], [T.own, "n"], [T.median, "n"], [T.p95, "n"], ["n", "n"], [T.contribution, "n"]], body))];
  }
  const minutes = (text) => Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16));
  function spans(blocks) {
    /* Several findings may cite one row: it is one spell of time and never overlaps itself. */
    const out = [], seen = new Set();
    for (const [, c, columns] of blocks) {
      const ids = D.columns[c].map((column) => column[0]), a = ids.indexOf("started_at"), b = ids.indexOf("ended_at");
      if (a < 0 || b < 0) continue;
      const who = ids.map((id, at) => [id, at]).filter(([id]) => /^(staff|assistant|leader|client|person|member)_token$/.test(id));
      for (let r = 0; r < columns[0].length; r++) {
        const from = columns[a + 2][r], to = columns[b + 2][r], row = columns[0][r] + ":" + columns[1][r];
        if (seen.has(row)) continue;
        seen.add(row);
        if (from && to && from.length > 15 && to.length > 15 && from < to) {
          out.push({ from, to, line: columns[1][r], who: who.map(([, at]) => columns[at + 2][r]).filter(Boolean) });
        }
      }
    }
    return out.sort((x, y) => x.from < y.from ? -1 : x.from > y.from ? 1 : x.line - y.line);
  }
  const PERIODS = [["placed_on", "left_on"], ["period_from", "period_to"], ["absent_from", "absent_to"],
    ["booked_from", "booked_to"], ["valid_from", "valid_to"], ["role_from", "role_to"]];
  /* Stays, decisions and other spells of days: one bar a row on an axis of dates; an open end is drawn to the night. */
  function calendar(blocks) {
    const all = [], seen = new Set();
    for (const [, c, columns] of blocks) {
      const ids = D.columns[c].map((column) => column[0]);
      const pair = PERIODS.find(([a]) => ids.includes(a));
      if (!pair) continue;
      for (let r = 0; r < columns[0].length; r++) {
        const row = columns[0][r] + ":" + columns[1][r], from = columns[ids.indexOf(pair[0]) + 2][r];
        if (seen.has(row)) continue;
        seen.add(row);
        const to = (ids.includes(pair[1]) && columns[ids.indexOf(pair[1]) + 2][r]) || "";
        if (/^\d{4}-\d\d-\d\d/.test(from)) all.push({ from: from.slice(0, 10), to: to ? to.slice(0, 10) : D.asOf, open: !to, line: columns[1][r] });
      }
    }
    if (!all.length) return [];
    all.sort((x, y) => x.from < y.from ? -1 : x.from > y.from ? 1 : x.line - y.line);
    const rows = all.slice(-20), when = (text) => Date.parse(text + "T00:00:00Z");
    const low = Math.min(...rows.map((r) => when(r.from))), high = Math.max(...rows.map((r) => when(r.to) + 864e5), low + 864e5);
    const left = 96, wide = 640, step = 18, x = (ms) => left + wide * (ms - low) / (high - low);
    const parts = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      svg("path", { class: "grid", d: `M${left + wide * share} 14V${rows.length * step + 16}` }),
      svg("text", { x: left + wide * share, y: 11, "text-anchor": "middle" }, new Date(low + share * (high - low)).toISOString().slice(0, 10))]);
    rows.forEach((r, at) => {
      const y = at * step + 18, a = x(when(r.from)), b = Math.max(a + 2, x(when(r.to) + 864e5));
      parts.push(svg("text", { x: left - 8, y: y + 12, "text-anchor": "end" }, T.line.toLowerCase() + " " + r.line),
        svg("rect", { class: r.open ? "span open" : "span", x: a.toFixed(1), y: y + 2, width: (b - a).toFixed(1), height: 12 }));
    });
    return [...section(T.timeline), region(T.timeline, svg("svg", { class: "timeline", role: "img",
      "aria-label": T.timeline + ": " + rows.map((r) => `${T.line.toLowerCase()} ${r.line} ${r.from} – ${r.open ? "" : r.to}`).join("; "),
      viewBox: `0 0 ${left + wide + 40} ${rows.length * step + 22}`, width: left + wide + 40, height: rows.length * step + 22 }, parts))];
  }
  function timeline(blocks) {
    const all = spans(blocks), clashes = [];
    for (let i = 0; i < all.length; i++) {
      for (let j = i + 1; j < all.length && all[j].from < all[i].to; j++) {
        if (!all[i].who.some((token) => all[j].who.includes(token))) continue;
        const to = all[i].to < all[j].to ? all[i].to : all[j].to;
        clashes.push({ from: all[j].from, to, a: i, b: j });
      }
    }
    if (!all.length) return calendar(blocks);
    const picked = [...new Set((clashes.length ? clashes : all).map((s) => s.from.slice(0, 10)))].sort().slice(-5);
    const involved = new Set(clashes.flatMap((clash) => [clash.a, clash.b]));
    const rows = [];
    for (const date of picked) {
      rows.push({ date });
      all.forEach((s, i) => {
        if (s.from.slice(0, 10) === date && (!clashes.length || involved.has(i)) && rows.length < 30) rows.push({ s, i });
      });
    }
    const high = 18, left = 96, wide = 640, x = (m) => left + wide * m / 1440;
    const end = (s, to) => to.slice(0, 10) === s.slice(0, 10) ? minutes(to) : 1440;
    const parts = [];
    for (let h = 0; h <= 24; h += 3) {
      parts.push(svg("path", { class: "grid", d: `M${x(h * 60)} 14V${rows.length * high + 16}` }),
        svg("text", { x: x(h * 60), y: 11, "text-anchor": "middle" }, String(h).padStart(2, "0")));
    }
    rows.forEach((r, at) => {
      const y = at * high + 18;
      if (r.date) { parts.push(svg("text", { class: "day", x: 0, y: y + 12 }, r.date)); return; }
      const a = minutes(r.s.from);
      parts.push(svg("text", { x: left - 8, y: y + 12, "text-anchor": "end" }, T.line.toLowerCase() + " " + r.s.line),
        svg("rect", { class: "span", x: x(a), y: y + 2, width: Math.max(2, x(end(r.s.from, r.s.to)) - x(a)), height: 12 }));
      for (const clash of clashes) {
        if (clash.a === r.i || clash.b === r.i) {
          const b = minutes(clash.from);
          parts.push(svg("rect", { class: "clash", x: x(b), y: y + 2, width: Math.max(2, x(end(clash.from, clash.to)) - x(b)), height: 12 }));
        }
      }
    });
    const list = clashes.filter((c) => picked.includes(c.from.slice(0, 10))).slice(-8).map((c) => fill(T.overlap, {
      day: c.from.slice(0, 10), from: c.from.slice(11, 16), to: c.to.slice(11, 16),
      minutes: num((Date.parse(c.to.replace(" ", "T")) - Date.parse(c.from.replace(" ", "T"))) / 6e4) }) +
      ` (${T.line.toLowerCase()} ${all[c.a].line}, ${all[c.b].line})`);
    return [...section(T.timeline), clashes.length ? el("p", { class: "sub" }, T.timeline_note) : "",
      region(T.timeline, svg("svg", { class: "timeline", role: "img", "aria-label": T.timeline + ", " + T.hours,
        viewBox: `0 0 ${left + wide + 14} ${rows.length * high + 22}`, width: left + wide + 14, height: rows.length * high + 22 }, parts)),
      list.length ? el("p", { class: "sub" }, T.overlaps + ": " + list.join("; ") + (clashes.length > list.length ? " " + fill(T.more_overlaps, { n: clashes.length - list.length }) : "")) : ""];
  }
  function folded(rows) {
    if (rows.length <= FOLD) return "";
    const button = el("button", { type: "button" }, fill(T.show_rows, { n: num(rows.length) }));
    rows.slice(FOLD).forEach((node) => { node.hidden = true; });
    button.addEventListener("click", () => {
      rows.forEach((node) => { node.hidden = false; });
      rows[FOLD].tabIndex = -1;
      rows[FOLD].focus();
      button.remove();
    });
    return button;
  }
  function evidence(finding) {
    const [, , , , , , total, blocks] = finding;
    const shown = blocks.reduce((sum, block) => sum + block[2][0].length, 0);
    return [...blocks.map(([dataset, c, columns]) => {
      const rows = [], one = new Set(columns[0]).size === 1;
      for (let r = 0; r < columns[0].length; r++) {
        rows.push(el("tr", {}, one ? "" : el("td", { class: "file" }, D.files[columns[0][r]]), el("td", { class: "n" }, String(columns[1][r])),
          D.columns[c].map((column, at) => {
            const value = columns[at + 2][r], number = /_sek$|minutes|hours|days$/.test(column[0]) && value !== "" && !isNaN(value);
            return el("td", { class: number ? "n" : null }, number ? (/_sek$/.test(column[0]) ? num(Number(value), 2) : num(Number(value))) : value);
          })));
      }
      const label = D.datasets[dataset];
      const node = table([...(one ? [] : [[T.file]]), [T.line, "n"], ...D.columns[c].map((column) => [column[1], /_sek$|minutes|hours|days$/.test(column[0]) ? "n" : null])], rows);
      node.prepend(el("caption", {}, label, one ? [" · " + T.file.toLowerCase() + " ", el("span", { class: "file" }, D.files[columns[0][0]])] : ""));
      return [region(T.evidence + ": " + label, node, "evidence"), folded(rows)];
    }), el("p", { class: "sub" }, shown < total ? fill(T.evidence_some, { shown: num(shown), n: num(total) }) +
      (total > 200 ? " " + fill(T.evidence_capped, { n: num(total) }) : "") : "")];
  }
  function caseView(i, data) {
    const [found, parts, against, elsewhere, facts, network, first] = data;
    const heads = [...new Set(found.map((f) => f[0]))].map((d) => D.detectors[d]);
    const unique = (key) => [...new Set(heads.map((h) => h[key]).filter(Boolean))].map((text) => el("li", {}, text));
    const close = el("button", { type: "button" }, T.close), copy = el("button", { type: "button" }, T.copy), print = el("button", { type: "button" }, T.print);
    close.addEventListener("click", leave);
    print.addEventListener("click", () => window.print());
    copy.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(C.id[i]); } catch (error) {
        const box = el("input", { type: "text", class: "vh", value: C.id[i], "aria-hidden": "true" });
        copy.after(box); box.select(); document.execCommand("copy"); box.remove();
      }
      copy.textContent = T.copied;
    });
    const codes = heads.map((h) => `${h.code} ${T.version} ${h.version} (${h.sql_hash})`).join(", ");
    const out = $("case");
    out.replaceChildren();
    put(out, [
      el("div", { class: "tools" }, close, print, copy, el("span", { class: "sub" }, T.back_hint)),
      el("p", { class: "print-only" }, `${D.disclaimer} · ${D.working} · ${D.run} · ${D.asOf}`),
      el("div", { class: "case-head" }, el("h2", { id: "case-title", tabindex: "-1" }, C.name[i]), el("span", { class: "sub" }, D.types[C.type[i]] + " · ", el("span", { class: "code" }, C.id[i]))),
      el("div", { class: "line" }, el("span", {}, D.head.rank + " ", el("b", {}, num(C.rank[i]))), el("span", {}, D.head.score + " ", el("b", {}, num(C.score[i], 1))),
        D.amountIds.map((kind, at) => C[kind] && C[kind][i] !== null ? el("span", {}, el("b", { class: "n" }, sek(C[kind][i])), " kr " + D.amountKinds[at]) : ""),
        el("span", {}, D.head.last + " " + day(C.last[i])), stateOf(i), el("span", { class: "sub" }, fill(T.first_seen, { day: first })), el("span", {}, tags(i))),
      el("p", { class: "sentence" }, found[0][1]),
      el("div", { class: "two" },
        el("div", {}, section(T.why_points, region(T.why_points, waterfall(parts, C.score[i])))),
        el("div", {}, facts.length ? section(T.facts, el("dl", { class: "facts" }, facts.map(([key, value]) => [el("dt", {}, key), el("dd", {}, value)]))) : "",
          elsewhere.length ? section(T.elsewhere, elsewhere.map(([group, contact]) => el("p", {}, fill(contact ? T.elsewhere_text : T.elsewhere_no, { group, contact })))) : "")),
      el("div", { class: "against" }, section(T.against,
        against.length ? [el("p", {}, el("b", {}, T.against_found)), el("ul", { class: "plain" }, against.map((text) => el("li", {}, text)))] : "",
        el("p", {}, el("b", {}, T.against_known)), el("ul", { class: "plain" }, unique("innocent")))),
      section(T.next_step, el("ul", { class: "plain" }, unique("next_step"))),
      timeline(found.flatMap((f) => f[7])),
      section(T.findings),
      found.map((f, at) => el("div", { class: "finding" }, el("h4", {}, f[1]),
        el("p", { class: "sub" }, `${D.detectors[f[0]].code} ${D.detectors[f[0]].title} · ${T.period} ${f[2]} – ${f[3]}`,
          f[4] !== null ? ` · ${T.amount} ${sek(f[4])} kr ${D.amountKinds[f[5]]}` : ""),
        found.findIndex((g) => g[0] === f[0]) === at ? el("p", {}, D.detectors[f[0]].why) : "", peers(f[8]), evidence(f))),
      network.length ? section(T.network, el("p", { class: "sub" }, T.network_note), el("ul", { class: "plain" },
        network.map((n) => el("li", {}, el("a", { href: "#case=" + C.id[n] }, C.name[n]), " " + D.types[C.type[n]])))) : "",
      section(T.blind, el("ul", { class: "plain" }, unique("blind_spots"))),
      section(T.basis, heads.map((h) => el("div", {}, el("b", {}, h.code + " " + h.title), ": " + h.basis.join("; "),
        el("ul", { class: "plain" }, h.limits.map(([name, value, unit, because, by]) => el("li", {}, `${name} = ${value} ${unit}, ${T.because} ${because}${by ? " (" + by + ")" : ""}`)))))),
      section(T.provenance, el("p", { class: "sub" }, fill(T.provenance_text, { run: D.run, day: D.asOf, rules: codes })))]);
  }
  async function open(id) {
    const i = C.id.indexOf(id);
    opened = id;
    view("case");
    if (i < 0) { $("case").replaceChildren(el("p", {}, T.unknown_case)); return; }
    const at = Math.floor(i / D.chunk);
    if (!chunks.has(at)) {
      $("case").replaceChildren(el("p", { role: "status" }, T.loading));
      if (chunks.size > 8) chunks.clear();
      chunks.set(at, await unpack("island-c" + at));
    }
    if (opened !== id) return;
    caseView(i, chunks.get(at)[i % D.chunk]);
    window.scrollTo(0, 0);
    $("case-title").focus({ preventScroll: true });
  }
  function leave() {
    returnTo = opened;
    location.hash = hash();
  }
  function view(name) {
    for (const id of ["list", "case", "method", "run"]) $(id).hidden = id !== name;
    document.body.dataset.view = name;
    for (const link of document.querySelectorAll("nav a[data-view]")) {
      if (link.dataset.view === name || (name === "case" && link.dataset.view === "list")) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
  let showFilters;
  function route() {
    const raw = location.hash.slice(1);
    if (raw === "main") return $("main").focus();
    if (raw.startsWith("case=")) return open(decodeURIComponent(raw.slice(5)));
    const was = opened;
    opened = null;
    if (raw === "method" || raw === "run") { view(raw); window.scrollTo(0, 0); return; }
    want = { ...blank };
    for (const pair of raw.split("&")) {
      const [key, value] = pair.split("=");
      if (key in blank && value !== undefined) { try { want[key] = decodeURIComponent(value); } catch (error) { want[key] = value; } }
    }
    if (!["rank", "amount", "score", "last", "subject"].includes(want.sort)) want.sort = "rank";
    showFilters();
    draw();
    view("list");
    const back = returnTo || was;
    returnTo = null;
    if (back) {
      const link = document.querySelector(`a[href="#case=${CSS.escape(back)}"]`);
      if (link) link.focus();
    }
  }
  async function start() {
    D = await unpack("island-list");
    C = D.cols; T = D.t; decimals = {};
    showFilters = controls();
    window.addEventListener("hashchange", route);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && document.body.dataset.view === "case") { event.preventDefault(); leave(); }
    });
    await route();
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
    (window.requestIdleCallback || setTimeout)(() => { if (!haystack) prepare(); });
  }
  start().catch(() => { $("shown").textContent = T ? T.broken : $("shown").dataset.broken; });
})();
