"use strict";
/* What the page's scripts share. Text enters the page by textContent alone (append of a string is a text node);
   nothing is requested and nothing is stored. `Page.data` is the unpacked list island, `Page.say` its texts. */
const Page = (() => {
  const SVG = "http://www.w3.org/2000/svg", formats = {};
  const $ = (id) => document.getElementById(id);
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
  async function unpack(id) {
    const text = atob($(id).textContent.trim());
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }
  /* {n} is a value, {n:ärende|ärenden} a value and the noun that fits it. */
  const fill = (text, values) => text.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (all, key, one, many) => !(key in values) ? all
    : one === undefined ? values[key] : `${values[key]} ${String(values[key]) === "1" ? one : many}`);
  function num(value, digits) {
    if (value === null || value === undefined) return "–";
    const key = String(digits);
    if (!formats[key]) {
      formats[key] = new Intl.NumberFormat(document.documentElement.lang === "sv" ? "sv-SE" : "en-GB", digits === undefined
        ? { maximumFractionDigits: 2 } : { minimumFractionDigits: digits, maximumFractionDigits: digits });
    }
    return formats[key].format(Math.abs(value) < 0.5 / 10 ** (digits === undefined ? 2 : digits) ? 0 : value);  // no "−0,00"
  }
  const sek = (value) => num(value, Math.abs(value) >= 100 || value === 0 ? 0 : 2);
  async function copy(text, button, done) {
    try { await navigator.clipboard.writeText(text); } catch (error) {
      const box = el("input", { type: "text", class: "vh", value: text, "aria-hidden": "true", tabindex: "-1" });
      button.after(box); box.select(); document.execCommand("copy"); box.remove();
    }
    button.textContent = done;
  }
  function table(heads, rows, foot, css) {
    return el("table", { class: css || null }, el("thead", {}, el("tr", {}, heads.map(([text, kind]) => text
      ? el("th", { scope: "col", class: kind || null }, text) : el("td", { class: kind || null })))),
    el("tbody", {}, rows), foot ? el("tfoot", {}, foot) : "");
  }
  const region = (label, node, css) => el("div", { class: "scroll " + (css || ""), role: "region", tabindex: "0", "aria-label": label }, node);
  /* Rows past `keep` stay hidden until asked for. */
  function folded(rows, keep) {
    if (rows.length <= keep + 2) return "";
    const button = el("button", { type: "button", class: "more" }, fill(Page.say.show_rows, { n: num(rows.length) }));
    const note = el("p", { class: "sub print-only" }, fill(Page.say.printed_rows, { shown: num(keep), n: num(rows.length) }));
    rows.slice(keep).forEach((node) => { node.hidden = true; });
    button.addEventListener("click", () => {
      rows.forEach((node) => { node.hidden = false; });
      rows[keep].tabIndex = -1;
      rows[keep].focus();
      button.remove();
      note.remove();
    });
    return [button, note];
  }
  return { $, put, el, svg, unpack, fill, num, sek, copy, table, region, folded, data: null, say: null };
})();
