"use strict";
/* Reads the packed islands of the page, draws the list in pages of 50, follows the hash. */
(() => {
  const { $, el, svg, unpack, fill, num, sek, copy } = Page;
  const PAGE = 50, WEEKS = 52;
  let D, C, T, order = [], haystack = null, names = null, opened = null, returnTo = null;
  const chunks = new Map(), arrangements = new Map();
  const blank = { kind: "", rule: "", status: "", type: "", unit: "", q: "", min: "", since: "", part: "", sort: "rank", dir: "", page: "1" };
  let want = { ...blank };

  const day = (back) => new Date(Date.parse(D.asOf + "T00:00:00Z") - back * 864e5).toISOString().slice(0, 10);
  const count = () => C.id.length;
  const sorts = () => ["rank", "amount", "score", "last", "subject"].filter((key) => key !== "score" || C.score);  // some groups see no points
  /* A side page has some of the cases, and their places in the whole list. */
  const place = (i) => C.place ? C.place[i] : i + 1;
  const sideOf = (i) => C.side && C.side[i] >= 0 ? D.sides[C.side[i]] : null;
  const href = (i) => (D.chunk ? "" : sideOf(i)[0]) + "#case=" + C.id[i];
  const listed = () => D.listed ?? count();  // the first so many stand in the list, the rest is too weak for it

  /* ---------- the list */
  function prepare() {
    haystack = C.name.map((name, i) =>
      (name + "\u0000" + C.id[i] + "\u0000" + C.units[i].map((u) => D.units[u]).join(" ") + "\u0000" + C.why[i].map((d) => D.detectors[d].code + " " + D.detectors[d].title).join(" "))
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
    const type = want.type ? D.typeIds.indexOf(want.type) : -1, unit = want.unit ? D.units.indexOf(want.unit) : -1;
    const min = want.min === "" ? null : Number(want.min), q = want.q.trim().toLowerCase();
    if ((q || want.sort === "subject") && !haystack) prepare();
    const only = want.part === "" && !q, weak = want.part === "weak";  // a search looks everywhere
    order = [];
    for (const i of arranged()) {
      if (only ? i >= listed() : weak && i < listed()) continue;
      if (kind && !(C.kinds[i] & kind)) continue;
      if (state >= 0 && C.state[i] !== state) continue;
      if (want.rule && (rule < 0 || !C.why[i].includes(rule))) continue;
      if (min !== null && !(C.amount[i] !== null && C.amount[i] >= min)) continue;
      if (want.type && C.type[i] !== type) continue;
      if (want.unit && (unit < 0 || !C.units[i].includes(unit))) continue;
      if (want.since && !C.since[i]) continue;
      if (q && !haystack[i].includes(q)) continue;
      order.push(i);
    }
  }
  /* All cases in the wanted order, sorted once an order: filters only pass over it. Cases without a value come last. */
  function arranged() {
    const name = want.sort + want.dir;
    if (arrangements.has(name)) return arrangements.get(name);
    const keys = { rank: null, amount: C.amount, score: C.score, last: C.last, subject: names }[want.sort];
    const up = want.sort === "rank" || want.sort === "subject" || want.sort === "last";
    const sign = (up ? 1 : -1) * (want.dir === "r" ? -1 : 1), out = new Int32Array(count()).map((_, i) => i);
    if (keys) {
      const values = Float64Array.from(keys, (value) => value === null ? Infinity : sign * value);
      out.sort((a, b) => values[a] === values[b] ? a - b : values[a] - values[b]);
    } else if (want.dir === "r") out.reverse();
    arrangements.set(name, out);
    return out;
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
  const tags = (i) => el("span", { class: "tags" }, D.kindIds.map((kind, at) => C.kinds[i] & 1 << at ? el("span", { class: "tag " + kind }, D.kinds[at]) : ""));
  function amounts(i) {
    const lines = D.amountIds.map((kind, at) => C[kind] && C[kind][i] !== null
      ? el("span", { class: "block" }, sek(C[kind][i]), " ", el("span", { class: "unit" }, D.amountKinds[at])) : "");
    return lines.some((line) => line) ? lines : "–";
  }
  const stateOf = (i) => el("span", { class: "state-" + D.stateIds[C.state[i]] }, D.states[C.state[i]]);
  const sinceMeeting = (i) => C.since[i] && D.stateIds[C.state[i]] !== "new" ? el("span", { class: "sub block" }, T.since_short) : "";
  function row(i) {
    const why = C.why[i];
    return el("tr", {},
      el("td", { class: "n rank" }, i < listed() ? num(place(i)) : "–"),
      el("td", { class: "subject" }, el("a", { href: href(i) }, C.name[i]),
        el("span", { class: "sub block" }, el("span", { class: "code" }, C.id[i]), " " + D.types[C.type[i]])),
      el("td", { class: "kind" }, tags(i)),
      el("td", { class: "why" }, why.slice(0, 2).map((d, at) => el("span", { class: "block" }, D.detectors[d].title,
        at === 1 && why.length > 2 ? [" ", el("span", { class: "sub" }, fill(T.more_reasons, { n: why.length - 2 }))] : ""))),
      el("td", { class: "weeks" }, spark(i)),
      el("td", { class: "n amount" }, amounts(i)),
      C.score ? el("td", { class: "n score" }, num(C.score[i], 1)) : "",
      el("td", { class: "last" }, day(C.last[i])),
      el("td", { class: "state" }, stateOf(i), sinceMeeting(i)));
  }
  function draw() {
    select();
    const pages = Math.max(1, Math.ceil(order.length / PAGE));
    const page = Math.min(Math.max(1, Number(want.page) || 1), pages);
    want.page = String(page);
    const from = (page - 1) * PAGE, part = order.slice(from, from + PAGE);
    const body = part.length ? part.map(row) : [el("tr", {}, el("td", { colspan: 9, class: "empty" }, hash() === "#list" ? T.none_listed : T.none))];
    $("cases").tBodies[0].replaceChildren(...body);
    const whole = want.part === "weak" ? count() - listed() : want.part || want.q.trim() ? count() : listed();
    const filtered = order.length !== whole;
    $("shown").textContent = order.length ? fill(filtered ? T.shown_all : T.shown,
      { a: num(from + 1), b: num(from + part.length), n: num(order.length), t: num(whole) }) : hash() === "#list" ? "" : T.none;
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
    const types = [...new Set(C.type)].sort((a, b) => a - b);
    const link = el("button", { type: "button" }, T.copy_link);
    link.addEventListener("click", () => copy(location.href, link, T.copied));
    const used = [...new Set(C.why.flat())].sort((a, b) => D.detectors[a].code < D.detectors[b].code ? -1 : 1);
    const clear = el("button", { type: "button" }, T.clear);
    clear.addEventListener("click", () => { want = { ...blank }; show(); change(); link.textContent = T.copy_link; inputs.q.focus(); });
    form.append(
      field(T.text, type("q", { type: "search", autocomplete: "off" })),
      field(T.kind, choose("kind", [["", T.all], ...D.kindIds.map((id, at) => [id, D.kinds[at]])])),
      field(T.rule, choose("rule", [["", T.all], ...used.map((d) => [D.detectors[d].code, D.detectors[d].code + " " + D.detectors[d].title])])),
      field(T.status, choose("status", [["", T.all], ...D.stateIds.slice(0, D.inList).map((id, at) => [id, D.states[at]])])),
      D.units.length > 1 ? field(T.unit, choose("unit", [["", T.all], ...D.units.slice().sort().map((name) => [name, name])])) : "",
      types.length > 1 ? field(T.type, choose("type", [["", T.all], ...types.map((at) => [D.typeIds[at], D.types[at]])])) : "",
      listed() < count() ? field(T.part, choose("part", [["", T.part_list], ["weak", T.part_weak], ["all", T.all]])) : "",
      field(T.min_amount, type("min", { type: "number", min: 0, step: 1 })),
      field(T.sort, choose("sort", sorts().map((key) => [key, T["sort_" + key]]))));
    if (D.meeting) {
      const box = el("input", { type: "checkbox", name: "since" });
      box.addEventListener("change", () => { want.since = box.checked ? "1" : ""; change(); });
      inputs.since = box;
      form.append(el("label", { class: "check" }, box, T.only_since));
    }
    form.append(el("span", { class: "buttons" }, clear, link));
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
  async function open(id) {
    const i = C.id.indexOf(id);
    opened = id;
    view("case");
    if (i < 0) { $("case").replaceChildren(el("p", {}, T.unknown_case)); return; }
    if (!D.chunk) { location.replace(href(i)); return; }
    const at = Math.floor(i / D.chunk);
    if (!chunks.has(at)) {
      $("case").replaceChildren(el("p", { role: "status" }, T.loading));
      if (chunks.size > 8) chunks.clear();
      chunks.set(at, await unpack("island-c" + at));
    }
    if (opened !== id) return;
    Case.show(i, chunks.get(at)[i % D.chunk], { leave, day, stateOf, tags, place, sideOf });
    window.scrollTo(0, 0);
    $("case-title").focus({ preventScroll: true });
  }
  function leave() {
    returnTo = opened;
    location.hash = hash();
  }
  function view(name) {
    for (const id of ["list", "case", "method", "run"]) if ($(id)) $(id).hidden = id !== name;
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
    if ((raw === "method" || raw === "run") && $(raw)) { view(raw); window.scrollTo(0, 0); return; }
    if (raw.startsWith("card=") && $("method")) {
      const card = document.querySelector(`details[data-rule="${CSS.escape(raw.slice(5))}"]`);
      view("method");
      if (card) { card.open = true; card.querySelector("summary").focus(); card.scrollIntoView(); }
      return;
    }
    want = { ...blank };
    for (const pair of raw.split("&")) {
      const [key, value] = pair.split("=");
      if (key in blank && value !== undefined) { try { want[key] = decodeURIComponent(value); } catch (error) { want[key] = value; } }
    }
    if (!sorts().includes(want.sort)) want.sort = "rank";
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
    C = D.cols; T = D.t; Page.data = D; Page.say = T;
    C.amount = C.name.map((_, i) => D.amountIds.reduce((sum, kind) => C[kind] && C[kind][i] !== null ? (sum || 0) + C[kind][i] : sum, null));
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
