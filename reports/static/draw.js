"use strict";
/* The drawings of a case. Each is an SVG with words for its content, and no meaning hangs on a colour alone. */
const Draw = (() => {
  const { el, svg, fill, num, table, region, folded } = Page;
  const HATCH = "url(#hatch)", DAY = 864e5, YEARS = 900 * DAY, SHOWN_DAYS = 6, SHOWN_ROWS = 36;
  const section = (title, ...parts) => [el("h3", {}, title), ...parts];
  const px = (value) => value.toFixed(1);

  /* ---------- why: bars that start where the last one ended and add up to the score */
  function rounded(parts, total) {
    const unit = 100, floors = parts.map((p) => Math.floor(p * unit + 1e-9));
    let left = Math.round(total * unit) - floors.reduce((a, b) => a + b, 0);
    parts.map((p, i) => [floors[i] - p * unit, i]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      .forEach(([, i]) => { if (left > 0) { floors[i]++; left--; } });
    return floors.map((n) => n / unit);
  }
  const share = (p) => num(100 * p, 0) + "\u00a0%";
  /* Without a score the parts are per cent of what speaks for the case. */
  function waterfall(parts, whole) {
    const score = whole ?? parts.reduce((sum, part) => sum + part[1], 0), digits = whole === null ? 0 : 2, unit = whole === null ? "\u00a0%" : "";
    const D = Page.data, T = Page.say, heads = parts.map((part) => D.detectors[part[0]]);
    let low = 0, high = 0, at = 0;
    for (const [, points] of parts) { at += points; low = Math.min(low, at); high = Math.max(high, at); }
    const wide = 300, scale = (wide - 4) / Math.max(high - low, 1e-9), x = (v) => 2 + (v - low) * scale;
    const known = heads.some((head) => head.known), shown = rounded(parts.map((p) => p[1]), score);
    const bar = (from, to, css, first, last) => el("td", { class: "draw" },
      svg("svg", { viewBox: `0 0 ${wide} 20`, preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("path", { class: "zero", d: `M${px(x(0))} 0v20` }),
        first ? "" : svg("path", { class: "joint", d: `M${px(x(from))} 0v4` }),
        svg("rect", { class: css, x: px(Math.min(x(from), x(to))), y: 4, width: px(Math.max(1.5, Math.abs(to - from) * scale)), height: 12 }),
        to < from ? svg("rect", { fill: HATCH, x: px(x(to)), y: 4, width: px((from - to) * scale), height: 12 }) : "",
        last ? "" : svg("path", { class: "joint", d: `M${px(x(to))} 16v4` })));
    let from = 0;
    const rows = parts.map(([, points], i) => {
      const head = heads[i], start = from;
      from += points;
      const css = head.code === "other_groups" ? "rest" : points < 0 ? "minus" : T.pseudo[head.code] ? "extra" : "plus";
      return el("tr", {}, el("th", { scope: "row" }, T.pseudo[head.code] || head.title), bar(start, from, css, i === 0),
        el("td", { class: "n" }, (points > 0 ? "+" : "") + num(shown[i], digits) + unit),
        known ? el("td", { class: "known" }, head.known ? fill(T.known, { a: num(head.known[0]), b: num(head.known[1]),
          low: share(head.known[3]), high: share(head.known[4]) }) : "") : "");
    });
    const foot = el("tr", {}, el("th", { scope: "row" }, T.sum), bar(0, score, "total", true, true),
      el("td", { class: "n" }, num(score, digits) + unit), known ? el("td", {}) : "");
    return region(T.why_points, table([[T.reason], ["", "draw"], [whole === null ? T.share : T.points, "n"], ...(known ? [[T.known_head]] : [])], rows, foot, "waterfall"));
  }

  /* ---------- peers: own value against median, quartiles and the 95th percentile */
  function peerChart(p) {
    const [, own, median, q1, q3, p95] = p, T = Page.say;
    const points = [own, median, q1, q3, p95].filter((v) => v !== null);
    const low = Math.min(...points), wide = Math.max(...points) - low || 1;
    const x = (v) => px(12 + 276 * (v - low) / wide);
    return svg("svg", { class: "peer", viewBox: "0 0 300 26", width: 300, height: 26, role: "img",
      "aria-label": `${T.own} ${num(own)}, ${T.median} ${num(median)}, ${T.quartiles} ${num(q1)}–${num(q3)}, ${T.p95} ${num(p95)}` },
    svg("path", { class: "range", d: "M6 13h288" }),
    q1 !== null && q3 !== null ? svg("rect", { class: "box", x: x(q1), y: 6, width: px(Math.max(2, x(q3) - x(q1))), height: 14 }) : "",
    median !== null ? svg("path", { class: "median", d: `M${x(median)} 3v20` }) : "",
    p95 !== null ? svg("path", { class: "p95", d: `M${x(p95)} 3v20` }) : "",
    own !== null ? svg("path", { class: "own", d: `M${x(own)} 6l6 7l-6 7l-6 -7z` }) : "");
  }
  function peers(rows, type) {
    if (!rows.length) return [];
    const D = Page.data, T = Page.say, parts = rows.some((p) => p[8] !== null), group = D.peers[rows[0][7]];
    const body = rows.map((p) => el("tr", {}, el("th", { scope: "row" }, D.peers[p[0]]), el("td", {}, peerChart(p)),
      el("td", { class: "n" }, el("b", {}, num(p[1]))), el("td", { class: "n" }, num(p[2])),
      el("td", { class: "n" }, `${num(p[3])}–${num(p[4])}`), el("td", { class: "n" }, num(p[5])),
      parts ? el("td", { class: "n" }, p[8] === null ? "–" : num(p[8], 2)) : ""));
    return [el("p", { class: "sub" }, fill(group ? T.peers_of : T.peers_all, { n: num(rows[0][6]), group, type }), " ", T.peers_key),
      region(T.peers, table([[T.feature], ["", "draw"], [T.own, "n"], [T.median, "n"], [T.quartiles, "n"], [T.p95, "n"],
        ...(parts ? [[T.contribution, "n"]] : [])], body, null, "peers")), folded(body, 5)];
  }

  /* ---------- time */
  const HOURS = [["started_at", "ended_at"], ["absent_from", "absent_to"], ["booked_from", "booked_to"]];
  /* The last three may well run side by side: drawn, but no overlap is marked. */
  const DATES = [["placed_on", "left_on", true], ["absent_from", "absent_to", true], ["period_from", "period_to", true], ["valid_from", "valid_to"],
    ["role_from", "role_to"], ["permit_from", "permit_to"]];
  const ROLES = ["staff_token", "assistant_token", "leader_token", "person_token", "client_token", "member_token", "venue_token", "placement_id"];
  const clock = (text) => Date.parse(text.slice(0, 10) + "T" + (text.slice(11, 16) || "00:00") + ":00Z");
  const date = (ms) => new Date(ms).toISOString().slice(0, 10), hour = (ms) => new Date(ms).toISOString().slice(11, 16);
  /* Rows with a start and an end. Several findings may cite one row: it is one spell and never overlaps itself. */
  function spells(blocks, pairs, isSpell) {
    const D = Page.data, out = [], seen = new Set();
    for (const [dataset, c, columns] of blocks) {
      const ids = D.columns[c].map((column) => column[0]), pair = pairs.find(([a]) => ids.includes(a));
      if (!pair) continue;
      const a = ids.indexOf(pair[0]) + 2, b = ids.indexOf(pair[1]) + 2;
      const who = ROLES.filter((id) => ids.includes(id)).map((id) => [id, ids.indexOf(id) + 2, D.columns[c][ids.indexOf(id)][1]]);
      for (let r = 0; r < columns[0].length; r++) {
        const from = columns[a][r] || "", to = (b > 1 && columns[b][r]) || "", row = columns[0][r] + ":" + columns[1][r];
        if (seen.has(row) || !isSpell(from, to) || isNaN(clock(from)) || (to && isNaN(clock(to)))) continue;
        seen.add(row);
        out.push({ marks: pair[2] || pairs === HOURS, from: clock(from), to: to ? clock(to) : null, line: columns[1][r], set: D.datasets[dataset],
          who: who.map(([id, at, label]) => ({ id, token: columns[at][r], label })).filter((one) => one.token) });
      }
    }
    return out;
  }
  const shared = (a, b) => a.who.find((one) => b.who.some((other) => other.token === one.token));
  function overlaps(all, sameSet) {
    const out = [];
    for (let i = 0; i < all.length; i++) {
      for (let j = i + 1; j < all.length && all[j].from < all[i].to; j++) {
        const by = all[i].marks && all[j].marks && (!sameSet || all[i].set === all[j].set) && shared(all[i], all[j]);
        if (by) out.push({ from: all[j].from, to: Math.min(all[i].to, all[j].to), a: all[i], b: all[j], by });
      }
    }
    return out;
  }
  const named = (one) => one.token.startsWith(one.label + " ") ? one.token : `${one.label} ${one.token}`;
  function bars(rows, low, high, ticks, label) {
    const narrow = window.innerWidth < 700, left = narrow ? 150 : 250, wide = narrow ? 420 : 640;
    const T = Page.say, step = 19, x = (ms) => left + wide * (Math.min(Math.max(ms, low), high) - low) / (high - low);
    const parts = ticks.flatMap(([ms, text]) => [svg("path", { class: "grid", d: `M${px(x(ms))} 15V${rows.length * step + 18}` }),
      svg("text", { x: px(x(ms)), y: 11, "text-anchor": "middle" }, text)]);
    rows.forEach((row, at) => {
      const y = at * step + 18;
      parts.push(svg("text", { class: row.head ? "day" : "lane", x: row.head ? 0 : left - 8, y: y + 13, "text-anchor": row.head ? "start" : "end" }, narrow && !row.head ? row.label.replace(/^\S+ (?=\S{6})/, "").slice(0, 22) : row.label));
      for (const [from, to, open] of row.spans || []) {
        parts.push(svg("rect", { class: open ? "span open" : "span", x: px(x(from)), y: y + 3, width: px(Math.max(2, x(to) - x(from))), height: 13 }));
      }
      for (const [from, to] of row.clashes || []) {
        const box = { x: px(x(from)), y: y + 3, width: px(Math.max(3, x(to) - x(from))), height: 13 };
        parts.push(svg("rect", { class: "clash", ...box }), svg("rect", { fill: HATCH, ...box }));
      }
      if (row.note) parts.push(svg("text", { class: "note", x: px(x(row.end) + 6), y: y + 13 }, row.note));
    });
    return region(T.timeline, svg("svg", { class: "timeline", role: "img", "aria-label": label,
      viewBox: `0 0 ${left + wide + 110} ${rows.length * step + 24}`, width: left + wide + 110, height: rows.length * step + 24 }, parts), "figure");
  }
  function timeline(blocks) {
    const D = Page.data, T = Page.say, night = clock(D.asOf) + DAY;
    const all = spells(blocks, HOURS, (from, to) => from.length > 15 && (to === "" || (to.length > 15 && from < to)))
      .map((s) => ({ ...s, to: s.to === null ? night : s.to }))
      .sort((a, b) => a.from - b.from || a.to - b.to || a.line - b.line);
    if (!all.length) return calendar(blocks);
    const clashes = overlaps(all), short = (s) => s.to - s.from <= DAY;
    const dates = [...new Set((clashes.length ? clashes : all.filter(short)).map((s) => date(s.from)))].sort().slice(-SHOWN_DAYS);
    if (!dates.length) return calendar(blocks);
    const rows = [], line = T.line.toLowerCase(), shownDays = [];
    /* What began during the day is drawn to its end after midnight; a long spell (an absence) fills the axis. */
    const clip = (ms, start) => Math.min(Math.max(ms - start, 0), 2 * DAY), clipped = (start) => (s) => [clip(s.from, start), clip(s.to, start)];
    const total = (list) => num(list.reduce((sum, s) => sum + s.to - s.from, 0) / 6e4);
    for (const day of dates.reverse()) {
      const start = clock(day), mine = clashes.filter((c) => date(c.from) === day), inside = new Set(mine.flatMap((c) => [c.a, c.b]));
      const shown = all.filter((s) => s.from < start + DAY && s.to > start && (clashes.length ? inside.has(s) : short(s)));
      /* Two short spells at once get a row each; what collides with a long spell only (an absence), or with nothing,
         shares its person's row. */
      const lanes = new Map();
      for (const s of shown) {
        const pair = mine.some((c) => (c.a === s || c.b === s) && short(c.a) && short(c.b));
        const key = pair || !short(s) ? s : s.who.length ? s.who[0].token : "";
        if (!lanes.has(key)) lanes.set(key, []);
        lanes.get(key).push(s);
      }
      const by = [...new Set(mine.map((c) => named(c.by)))], added = [{ head: true, label: day + (by.length ? "  " + by.slice(0, 3).join(", ") + (by.length > 3 ? " …" : "") : "") }];
      for (const list of lanes.values()) {
        const first = list[0], own = mine.filter((c) => list.includes(c.a) || list.includes(c.b));
        const other = first.who.find((one) => !own.some((c) => c.by.token === one.token)) || first.who[0];
        const who = !short(first) || !other ? first.set : list.length > 1 ? named(first.who[0]) : named(other);
        added.push({ label: list.length > 1 ? who : `${who}, ${line} ${first.line}`, spans: list.map(clipped(start)), clashes: own.map(clipped(start)),
          end: Math.max(...list.map((s) => clip(s.to, start))), day: short(first),
          note: !short(first) ? "" : list.length > 1 ? fill(T.spells, { n: num(list.length), minutes: total(list) })
            : (own.length ? own : [first]).slice(0, 3).map((s) => fill(T.minutes, { n: total([s]) })).join(" + ") });
      }
      if (rows.length && rows.length + added.length > SHOWN_ROWS) break;
      rows.unshift(...added.slice(0, SHOWN_ROWS));
      shownDays.push(day);
    }
    const marks = rows.filter((row) => row.spans && row.day).flatMap((row) => row.spans.flat());
    const high = Math.max(Math.ceil(Math.max(...marks) / 36e5), 3), low = Math.min(Math.floor(Math.min(...marks) / 36e5), high - 3), every = high - low > 12 ? 2 : 1;
    const ticks = [];
    for (let h = low; h <= high; h += every) ticks.push([h * 36e5, String(h % 24).padStart(2, "0")]);
    const list = clashes.filter((c) => shownDays.includes(date(c.from))).map((c) => fill(T.overlap, {
      day: date(c.from), from: hour(c.from), to: hour(c.to), minutes: num((c.to - c.from) / 6e4), who: named(c.by),
      lines: `${line} ${c.a.line}, ${c.b.line}` }));
    const words = list.slice(-8);
    return { clashes: clashes.length, nodes: [...section(T.timeline), el("p", { class: "sub" }, clashes.length ? T.timeline_note : T.timeline_plain, " ",
      fill(T.timeline_days, { n: num(shownDays.length) })),
    bars(rows, low * 36e5, high * 36e5, ticks, T.timeline + ": " + (words.join("; ") || rows.map((row) => row.label).join("; "))),
    words.length ? el("p", { class: "sub" }, T.overlaps + ": " + words.join("; ")
      + (clashes.length > words.length ? "; " + fill(T.more_overlaps, { n: num(clashes.length - words.length) }) : "") + ".") : ""] };
  }
  /* Stays, decisions and other spells of days: one bar a row on an axis of dates; an open end is drawn to the night. */
  function calendar(blocks) {
    const D = Page.data, T = Page.say, line = T.line.toLowerCase();
    const all = spells(blocks, DATES, (from) => /^\d{4}-\d\d-\d\d/.test(from)).map((s) => ({ ...s, open: s.to === null,
      from: clock(date(s.from)), to: (s.to === null ? clock(D.asOf) : clock(date(s.to))) + DAY }))
      .sort((a, b) => a.from - b.from || a.to - b.to || a.line - b.line).slice(-24);
    if (all.length < 2) return { clashes: 0, nodes: [] };  // one bar tells no more than its row
    const clashes = overlaps(all, true), first = Math.min(...all.map((s) => s.from)), high = Math.max(...all.map((s) => s.to), first + DAY);
    const low = Math.max(first, high - YEARS);  // a permit of 2014 must not press the stays of this year together
    const rows = all.map((s) => ({ label: `${s.who.length ? named(s.who[0]) : s.set}, ${line} ${s.line}`, spans: [[s.from, s.to, s.open]],
      clashes: clashes.filter((c) => c.a === s || c.b === s).map((c) => [c.from, c.to]) }));
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => low + part * (high - low)).map((ms) => [ms, date(ms)]);
    return { clashes: clashes.length, nodes: [...section(T.timeline), el("p", { class: "sub" }, clashes.length ? T.timeline_note : "", all.some((s) => s.open) ? " " + T.timeline_open : ""),
      bars(rows, low, high, ticks, T.timeline + ": " + all.map((s) => `${line} ${s.line} ${date(s.from)} – ${s.open ? "" : date(s.to - DAY)}`).join("; ")),
      clashes.length ? el("p", { class: "sub" }, T.overlaps + ": " + clashes.slice(-8).map((c) => fill(T.overlap_days, {
        from: date(c.from), to: date(c.to - DAY), n: num((c.to - c.from) / DAY), who: named(c.by), lines: `${line} ${c.a.line}, ${c.b.line}` })).join("; ") + ".") : ""] };
  }

  /* ---------- who shares what: subjects to the left, shared things to the right, lines between */
  function network(net, name) {
    const D = Page.data, T = Page.say, [nodes, size, edges, hidden] = net, step = 27, left = 380, gap = 210;
    const subjects = nodes.map((_, n) => n).slice(0, size);
    const rowOf = new Map(subjects.map((n, at) => [n, at]));
    const mean = (token) => { const ends = edges.filter((e) => e[1] === token).map((e) => rowOf.get(e[0])); return ends.reduce((a, b) => a + b, 0) / ends.length; };
    const tokens = nodes.map((_, n) => n).slice(size).sort((a, b) => mean(a) - mean(b) || a - b);
    const high = Math.max(subjects.length, tokens.length) * step + 26, y = new Map();
    subjects.forEach((n, at) => y.set(n, 26 + at * step + 12));
    tokens.forEach((n, at) => y.set(n, 26 + (at + 0.5) * (high - 26) / tokens.length));
    const label = (n) => named({ label: D.nodes[nodes[n][1]], token: nodes[n][0] }).slice(0, 46);
    const parts = [svg("text", { class: "day", x: left, y: 12, "text-anchor": "end" }, T.network_who), svg("text", { class: "day", x: left + gap, y: 12 }, T.network_what),
      ...edges.map(([a, b]) => svg("path", { class: a === 0 ? "edge own" : "edge", d: `M${left + 12} ${px(y.get(a))}C${left + 12 + gap / 2} ${px(y.get(a))} ${left + gap / 2 - 12} ${px(y.get(b))} ${left + gap - 12} ${px(y.get(b))}` })),
      ...subjects.flatMap((n) => [svg("circle", { class: n === 0 ? "node own" : "node", cx: left + 8, cy: px(y.get(n)), r: n === 0 ? 7 : 5 }),
        svg("text", { class: n === 0 ? "day" : "lane", x: left - 6, y: px(y.get(n) + 4), "text-anchor": "end" }, n === 0 ? `${nodes[n][0]} (${T.network_own})`.slice(0, 52) : label(n))]),
      ...tokens.flatMap((n) => [svg("rect", { class: "node", x: left + gap - 13, y: px(y.get(n) - 5), width: 10, height: 10 }),
        svg("text", { class: "lane", x: left + gap + 4, y: px(y.get(n) + 4) }, label(n))])];
    const rows = edges.map(([a, b, file, line, n]) => el("tr", {},
      el("th", { scope: "row" }, nodes[a][2] !== null && a !== 0 ? el("a", { href: typeof nodes[a][2] === "string" ? D.home + "#case=" + nodes[a][2] : "#case=" + D.cols.id[nodes[a][2]] }, nodes[a][0]) : nodes[a][0],
        el("span", { class: "sub" }, " " + D.nodes[nodes[a][1]])),
      el("td", {}, label(b)), el("td", { class: "n" }, num(n)), el("td", { class: "file" }, D.files[file][0] || "–"), el("td", { class: "n" }, line === null ? "–" : String(line))));
    return [...section(T.network), el("p", { class: "sub" }, T.network_note, hidden ? " " + fill(T.network_hidden, { n: num(hidden) }) : ""),
      region(T.network, svg("svg", { class: "network", role: "img", "aria-label": fill(T.network_label, { a: num(subjects.length), b: num(tokens.length), name }),
        viewBox: `0 0 ${left + gap + 270} ${px(high)}`, width: left + gap + 270, height: px(high) }, parts), "figure"),
      region(T.network_table, table([[T.network_who], [T.network_what], [T.network_by, "n"], [T.file], [T.line, "n"]], rows)), folded(rows, 8)];
  }

  /* ---------- the nights behind: points. Not the rank, which beside the place would tell who stands here by lot. */
  function history(nights) {
    const D = Page.data, T = Page.say, known = nights.filter((night) => night[1] !== null);
    if (nights.length < 2) return [];
    const top = Math.max(...known.map((night) => night[1]), 1), wide = 420, high = 74;
    const x = (at) => px(44 + (wide - 60) * at / (nights.length - 1)), y = (score) => px(high - 12 - (high - 24) * Math.max(score, 0) / top);
    let pen = "M";
    const path = nights.map((night, at) => {
      if (night[1] === null) { pen = "M"; return ""; }
      const part = `${pen}${x(at)} ${y(night[1])}`;
      pen = "L";
      return part;
    }).join("");
    const first = known[0], last = known[known.length - 1];
    const words = known.length ? fill(T.history_words, { a: num(first[1], 1), b: num(last[1], 1), day: first[0], n: num(nights.length) }) : "";
    const rows = nights.slice().reverse().map((night) => el("tr", {}, el("th", { scope: "row" }, night[0]),
      known.length ? el("td", { class: "n" }, night[1] === null ? "–" : num(night[1], 1)) : "", el("td", {}, D.states[night[2]])));
    return [...section(T.history), el("p", { class: "sub" }, words),
      nights.length < 3 || !known.length ? "" : svg("svg", { class: "history", role: "img", "aria-label": words, viewBox: `0 0 ${wide} ${high}`, width: wide, height: high },
        svg("path", { class: "grid", d: `M44 ${y(top)}h${wide - 60}M44 ${y(0)}h${wide - 60}` }),
        svg("text", { x: 36, y: +y(top) + 4, "text-anchor": "end" }, num(top, 1)), svg("text", { x: 36, y: +y(0) + 4, "text-anchor": "end" }, "0"),
        svg("path", { class: "run", d: path }),
        known.map((night) => svg("circle", { class: "dot", cx: x(nights.indexOf(night)), cy: y(night[1]), r: night === last ? 4 : 2 }))),
      el("details", {}, el("summary", {}, T.history_table), region(T.history, table([[T.night], known.length ? [T.points, "n"] : null, [T.state]].filter(Boolean), rows, null, "narrow")))];
  }
  return { section, named, waterfall, peers, timeline, network, history };
})();
