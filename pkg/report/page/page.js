"use strict";
// All text gets into the page by textContent, so that it is never markup.
const data = JSON.parse(document.getElementById("data").textContent);
const step = 100; // files, or findings of one file, shown at a time

function el(name, props, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(props || {})) {
    if (k === "class") e.className = v;
    else if (k === "text") e.textContent = v;
    else if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else e.setAttribute(k, v);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}
const number = (n) => n.toLocaleString("en-US");
const plural = (n, one, many) => number(n) + " " + (n === 1 ? one : many || one + "s");
const code = (text) => el("code", { text });
const byId = (id) => document.getElementById(id);

// picture draws old names on the left and new names on the right. The width of
// the band between two names is proportional to the number of references.
function picture() {
  const box = byId("picture");
  box.replaceChildren();
  if (!data.flows.length) return;
  const svg = (name, attrs, text) => {
    const e = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [k, v] of Object.entries(attrs)) e.setAttribute(k, v);
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const width = Math.max(box.clientWidth, 280), bar = 8, gap = 14, least = 34;
  const side = (key) => {
    const sums = new Map();
    for (const f of data.flows) sums.set(f[key], (sums.get(f[key]) || 0) + f.n);
    return [...sums].sort((a, b) => b[1] - a[1]);
  };
  const left = side("from"), right = side("to");
  const total = data.flows.reduce((s, f) => s + f.n, 0);
  const tall = Math.max(left.length, right.length) * (least + gap) + 40;
  const place = (nodes) => {
    const free = tall - nodes.length * (least + gap);
    let y = 0;
    const at = new Map();
    for (const [name, n] of nodes) {
      const h = least + Math.max(0, free) * (n / total);
      at.set(name, { y, h, n, used: 0 });
      y += h + gap;
    }
    return at;
  };
  const a = place(left), b = place(right);
  const s = svg("svg", { viewBox: `0 0 ${width} ${tall}`, height: tall, role: "img", "aria-labelledby": "picture-title" });
  s.append(svg("title", { id: "picture-title" }, data.flows.map((f) => `${number(f.n)} from ${f.from} to ${f.to}`).join("; ")));
  for (const f of data.flows) {
    const p = a.get(f.from), q = b.get(f.to);
    const hp = p.h * (f.n / p.n), hq = q.h * (f.n / q.n);
    const y1 = p.y + p.used, y2 = q.y + q.used;
    p.used += hp;
    q.used += hq;
    const x1 = bar, x2 = width - bar, m = width / 2;
    const path = svg("path", { class: "flow", d: `M${x1},${y1}C${m},${y1} ${m},${y2} ${x2},${y2}L${x2},${y2 + hq}C${m},${y2 + hq} ${m},${y1 + hp} ${x1},${y1 + hp}Z` });
    path.append(svg("title", {}, `${number(f.n)} from ${f.from} to ${f.to}`));
    s.append(path);
  }
  const most = Math.floor((width / 2 - 24) / 8);
  const short = (t) => (t.length > most ? t.slice(0, most - 1) + "…" : t);
  for (const [nodes, x, tx, anchor] of [[a, 0, bar + 8, "start"], [b, width - bar, width - bar - 8, "end"]]) {
    for (const [name, n] of nodes) {
      s.append(svg("rect", { class: "node", x, y: n.y, width: bar, height: n.h, rx: 2 }));
      s.append(svg("text", { x: tx, y: n.y + 14, "text-anchor": anchor }, short(name)));
      s.append(svg("text", { x: tx, y: n.y + 30, "text-anchor": anchor, class: "num" }, number(n.n)));
    }
  }
  box.append(s);
}

// Findings: [line, column, old, new, reason, note, field, flags].
const flag = { implicit: 1, consequence: 2, notInBaseline: 4, assumed: 8 };
const moves = (x) => x[4] === "";
for (const f of data.files) f.searchText = f.findings.map((x) => (f.path + " " + x.slice(2, 7).join(" ")).toLowerCase());

function selected() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const status = byId("status").value, reason = byId("reason").value, format = byId("format").value;
  const out = [];
  let n = 0;
  for (const f of data.files) {
    if (format && f.format !== format) continue;
    const matching = [];
    for (let i = 0; i < f.findings.length; i++) {
      const x = f.findings[i];
      if (status === "rewritten" && !moves(x) || status === "notChanged" && moves(x) || status === "notInBaseline" && !(x[7] & flag.notInBaseline) || status === "failed" && !f.error) continue;
      if (reason && x[4] !== reason) continue;
      if (words.every((w) => f.searchText[i].includes(w))) matching.push(x);
    }
    const onlyError = !f.findings.length && f.error && (!status || status === "failed") && !reason && words.every((w) => f.path.toLowerCase().includes(w));
    if (matching.length || onlyError) out.push({ f, matching });
    n += matching.length;
  }
  return { out, n };
}

function finding(x) {
  const li = el("li", {}, el("span", { class: "dim mono", text: `${x[0]}:${x[1]} ` }), code(x[2]));
  if (moves(x)) li.append(" → ", code(x[3]));
  else li.append(" ", el("span", { class: "warn", text: "not changed: " + x[4] }));
  const more = [x[5], x[6], x[7] & flag.implicit ? "implicit" : "", x[7] & flag.assumed ? "likely image" : "", x[7] & flag.consequence ? "updated because a reference moves" : "", x[7] & flag.notInBaseline ? "not in the baseline" : ""].filter(Boolean);
  if (more.length) li.append(el("span", { class: "dim", text: " — " + more.join(" — ") }));
  return li;
}

// more shows items in steps, with a button for the next step.
function more(parent, items, make, what) {
  let at = 0;
  const button = el("button", { type: "button", onclick: () => next(true) });
  function next(focus) {
    const first = at;
    const list = document.createDocumentFragment();
    for (; at < Math.min(first + step, items.length); at++) list.append(make(items[at]));
    parent.append(list);
    const left = items.length - at;
    if (left > 0) {
      button.textContent = `show ${number(Math.min(step, left))} of ${number(left)} more ${what}`;
      parent.append(button);
    } else button.remove();
    if (focus && parent.children[first]) {
      const to = parent.children[first].querySelector("summary") || parent.children[first];
      if (to.tagName !== "SUMMARY") to.tabIndex = -1;
      to.focus();
    }
  }
  next(false);
}

function diff(f) {
  const box = el("div", { class: "diff", tabindex: "0", role: "region", "aria-label": "diff of " + f.path });
  more(box, f.diff, ([op, ...parts]) => {
    const line = el("div", { class: op === "-" ? "del" : op === "+" ? "ins" : op === "@" ? "hunk" : "" });
    if (op !== "@") line.append(op);
    parts.forEach((t, i) => line.append(i % 2 ? el("mark", { text: t }) : t));
    return line;
  }, "lines");
  return box;
}

function file({ f, matching }) {
  const moved = matching.filter(moves).length, unchanged = matching.length - moved;
  const sums = [moved ? `${number(moved)} ${data.wrote ? "moved" : "to move"}` : "", unchanged ? `${number(unchanged)} not changed` : ""].filter(Boolean).join(", ");
  const d = el("details", { class: "file" }, el("summary", {}, el("span", { class: "mono path", text: f.path }), f.error ? el("span", { class: "bad", text: "failed" }) : null, el("span", { class: "dim", text: sums })));
  d.addEventListener("toggle", () => {
    if (!d.open || d.dataset.full) return;
    d.dataset.full = "1";
    if (f.error) d.append(el("p", { class: "bad", text: f.error }));
    if (f.unverified) d.append(el("p", { class: "warn", text: "No parser reads this file: review the diff." }));
    const list = el("ul");
    more(list, matching, finding, "findings");
    d.append(list);
    if (f.diff.length && matching.some(moves)) d.append(diff(f));
  });
  return d;
}

function show() {
  const { out, n } = selected();
  byId("found").textContent = `${plural(n, "finding")} in ${plural(out.length, "file")}`;
  const list = byId("files");
  list.replaceChildren();
  more(list, out, file, "files");
}

function options(id, values, all) {
  byId(id).append(el("option", { value: "", text: all }), ...values.map(([value, text]) => el("option", { value, text })));
}

function rows(id, head, list, make, what, step = 12) {
  const section = byId(id);
  if (!list.length) {
    section.remove();
    const link = document.querySelector(`nav a[href="#${id}"]`);
    if (link) link.parentElement.remove();
    return;
  }
  const body = el("tbody");
  section.append(el("table", { class: "wide" }, el("thead", {}, el("tr", {}, ...head.map((h) => el("th", { scope: "col", text: h })))), body));
  let at = 0;
  const button = el("button", { type: "button", onclick: () => next() });
  function next() {
    for (const end = Math.min(at + step, list.length); at < end; at++) body.append(el("tr", {}, ...make(list[at])));
    if (at < list.length) {
      button.textContent = `show more of ${plural(list.length - at, what)}`;
      section.append(button);
    } else button.remove();
  }
  next();
}
const td = (text, cls) => el("td", cls ? { text, class: cls } : { text });
const tdCode = (text) => el("td", {}, code(text));

rows("references", ["old", "new", "uses"], data.references, (r) => [tdCode(r.old), tdCode(r.new), td(number(r.n), "n")], "reference");
const advice = (a) => {
  const what = el("td", {}, a.about ? el("b", { text: a.about + ": " }) : null, a.text);
  if (/^https:\/\/[\w.-]+\//.test(a.source)) what.append(" ", el("a", { href: a.source, rel: "noreferrer noopener", text: a.source }));
  else if (a.source) what.append(" " + a.source);
  return [what, el("td", {}, ...a.places.map((p) => el("div", { class: "at" }, p.ref ? code(p.ref) : null, p.ref && p.location ? " in " : null, p.location ? code(p.location) : null)), a.hidden ? `and ${number(a.hidden)} more` : null)];
};
rows("actions", ["action", "locations"], data.actions, advice, "action");
rows("notes", ["note", "locations"], data.notes, advice, "note");
rows("unchanged", ["mentions", "reason", "explanation"], data.reasons, (k) => [
  td(number(k.n), "n"),
  el("td", { class: "name" }, el("button", { type: "button", text: k.reason, onclick: () => { byId("reason").value = k.reason; byId("status").value = ""; show(); byId("reason").focus(); } })),
  el("td", {}, k.doc, k.advice ? el("div", { class: "warn", text: k.advice }) : null),
], "reason");
rows("proofs", ["state", "path", "result"], data.proofs, (p) => [
  td(p.state, "name " + (p.state === "failed" ? "bad" : p.state === "proven" ? "good" : "warn")), tdCode(p.path),
  el("td", {}, p.summary, ...p.details.map((d) => el("div", { class: "dim", text: d }))),
], "result");
rows("registries", ["verdict", "old", "new", "details"], data.images, (x) => [
  td(x.verdict, "name " + (x.verdict === "missing" || x.verdict === "different" ? "bad" : x.verdict === "unreachable" ? "warn" : "good")), tdCode(x.old), tdCode(x.new), td(x.detail, "dim"),
], "reference");

options("status", [["rewritten", data.wrote ? "moved" : "to move"], ["notChanged", "not changed"], ["failed", "failed"], ...(data.baseline ? [["notInBaseline", "not in the baseline"]] : [])], "all");
options("reason", data.reasons.map((k) => [k.reason, `${k.reason} (${number(k.n)})`]), "any");
options("format", [...new Set(data.files.map((f) => f.format))].filter(Boolean).sort().map((f) => [f, f]), "any");
let timer = 0;
byId("search").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 80); });
for (const id of ["status", "reason", "format"]) byId(id).addEventListener("change", show);
document.addEventListener("keydown", (e) => {
  if (e.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    e.preventDefault();
    byId("search").focus();
  }
});
document.querySelector("form").addEventListener("submit", (e) => e.preventDefault());
show();
picture();
addEventListener("resize", picture);
document.documentElement.dataset.ready = "1";
