-- The page that shows a picture in clients with MCP Apps (SEP-1865): the picture with details under the pointer, its numbers as a
-- table.
--
-- It loads nothing and asks for nothing but a link to be opened. Foreign text reaches it in two ways, and never as markup: the
-- SVG as an image (a data: address, in which no script runs) and, parsed apart from the page, as numbers and text; data as the
-- text of cells.

return [==[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; ]==]
  .. [==[base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Picture</title>
<style>
:root { color-scheme: light dark; --ink: light-dark(#1f2328, #f0f6fc); --faint: light-dark(#59636e, #9198a1);
  --line: light-dark(#d0d7de, #3d444d); --shade: light-dark(#f6f8fa, #151b23); --sheet: light-dark(#ffffff, #0d1117); }
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
body { margin: 0; padding: 8px; color: var(--color-text-primary, var(--ink)); ]==]
  .. [==[background: var(--color-background-primary, transparent);
  font: 13px/1.45 var(--font-sans, system-ui, sans-serif); }
nav { display: flex; gap: 4px; margin-bottom: 8px; }
nav:not(.ready) { display: none; }
button { font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 6px; padding: 3px 10px;
  cursor: pointer; }
button:hover { background: var(--shade); }
button[aria-selected=true] { border-color: var(--color-border-primary, var(--line)); background: var(--shade); }
#open { margin-left: auto; }
[hidden] { display: none !important; }
#picture, #table { overflow-x: auto; }
#frame { position: relative; min-width: 640px; max-width: 1400px; margin: 0 auto; }
#frame img { display: block; width: 100%; height: auto; }
.spot { position: absolute; border-radius: 4px; outline-offset: -2px; }
.spot:hover, .spot:focus { background: rgb(128 128 128 / 14%); }
#tip { position: fixed; z-index: 1; max-width: 320px; padding: 4px 8px; border-radius: 6px; pointer-events: none;
  overflow-wrap: anywhere; color: var(--sheet); background: var(--ink); }
#message { padding: 12px; color: var(--color-text-secondary, var(--faint)); white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin-bottom: 16px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { text-align: left; padding: 4px 10px; border-bottom: 1px solid var(--color-border-primary, var(--line)); ]==]
  .. [==[white-space: nowrap;
  unicode-bidi: plaintext; }
th { color: var(--color-text-secondary, var(--faint)); font-weight: 500; }
td.number { text-align: right; }
</style>
</head>
<body>
<nav role="tablist">
<button id="show-picture" role="tab" aria-selected="true">Picture</button>
<button id="show-table" role="tab" aria-selected="false">Table</button>
<button id="open" hidden>Open in Hatchet</button>
</nav>
<main>
<p id="message" role="status">Waiting for the picture …</p>
<div id="picture"><div id="frame"></div></div>
<div id="table" hidden></div>
</main>
<div id="tip" role="tooltip" hidden></div>
<script>
"use strict";
const byId = (id) => document.getElementById(id);
const host = window.parent;

// --- messages: JSON-RPC 2.0 by postMessage ---

const waiting = new Map();
let lastId = 0;

function send(message) {
  host.postMessage({ jsonrpc: "2.0", ...message }, "*");
}

function request(method, params) {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    send({ id, method, params });
  });
}

function settle(message) {
  const asked = waiting.get(message.id);
  if (!asked) return;
  waiting.delete(message.id);
  if (message.error) asked.reject(new Error(message.error.message));
  else asked.resolve(message.result);
}

function answer(message) {
  const known = message.method === "ping" || message.method === "ui/resource-teardown";
  send(known ? { id: message.id, result: {} } : { id: message.id, error: { code: -32601, message: "Method not found" } });
}

const notified = {
  "ui/notifications/tool-input": () => say("Drawing …"),
  "ui/notifications/tool-result": (params) => show(params),
  "ui/notifications/tool-cancelled": (params) => say(`Cancelled${params.reason ? `: ${params.reason}` : ""}.`),
  "ui/notifications/host-context-changed": (params) => adopt(params),
};

window.addEventListener("message", (event) => {
  const message = event.data;
  if (event.source !== host || message?.jsonrpc !== "2.0") return;
  if (message.method === undefined) settle(message);
  else if (message.id !== undefined) answer(message);
  else notified[message.method]?.(message.params ?? {});
});

// --- what the host says of itself ---

let context = {};
let canOpen = false;

function adopt(changes) {
  context = { ...context, ...changes };
  const root = document.documentElement;
  if (context.theme === "light" || context.theme === "dark") root.dataset.theme = context.theme;
  for (const [name, value] of Object.entries(context.styles?.variables ?? {})) {
    if (name.startsWith("--") && typeof value === "string") root.style.setProperty(name, value);
  }
  paint();
}

// --- the picture ---

let svg = "";

function say(text) {
  byId("message").textContent = text;
  byId("message").hidden = text === "";
}

function decode(base64) {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}

// The picture knows both schemes; where the host has chosen one, it does not follow the system.
function themed() {
  if (!context.theme) return svg;
  return svg.replace("(prefers-color-scheme: dark)", context.theme === "dark" ? "all" : "not all");
}

function paint() {
  if (!svg) return;
  const image = byId("frame").querySelector("img") ?? byId("frame").appendChild(new Image());
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(themed())}`;
}

function place(spot, rect, size) {
  const number = (name) => Number(rect.getAttribute(name)) || 0;
  spot.style.left = `${number("x") / size[2] * 100}%`;
  spot.style.top = `${number("y") / size[3] * 100}%`;
  spot.style.width = `${number("width") / size[2] * 100}%`;
  spot.style.height = `${number("height") / size[3] * 100}%`;
}

function point(spot, x, y) {
  const tip = byId("tip");
  tip.textContent = spot.getAttribute("aria-label");
  tip.hidden = false;
  tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${Math.max(4, Math.min(y + 16, innerHeight - tip.offsetHeight - 4))}px`;
}

function addSpot(mark, size) {
  const title = mark.querySelector("title")?.textContent, rect = mark.querySelector("rect.hit");
  if (!title || !rect) return;
  const spot = document.createElement("div");
  spot.className = "spot";
  spot.tabIndex = 0;
  spot.setAttribute("role", "img");
  spot.setAttribute("aria-label", title);
  place(spot, rect, size);
  spot.addEventListener("pointermove", (event) => point(spot, event.clientX, event.clientY));
  spot.addEventListener("focus", () => point(spot, spot.getBoundingClientRect().left, spot.getBoundingClientRect().bottom - 12));
  for (const type of ["pointerleave", "blur"]) spot.addEventListener(type, () => { byId("tip").hidden = true; });
  byId("frame").append(spot);
}

function draw(block) {
  byId("frame").replaceChildren();
  svg = decode(block.data);
  paint();
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  const size = (root.getAttribute("viewBox") ?? "").split(" ").map(Number);
  byId("frame").querySelector("img").alt = root.querySelector("desc")?.textContent ?? "";
  if (size.length === 4 && size[2] > 0 && size[3] > 0) root.querySelectorAll("g.mark").forEach((mark) => addSpot(mark, size));
}

// --- the table ---

const words = (key) => key.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

function textOf(value) {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function cell(name, text, isNumber) {
  const element = document.createElement(name);
  element.textContent = text;
  if (isNumber) element.className = "number";
  return element;
}

function tableOf(key, rows) {
  const table = document.createElement("table"), columns = [...new Set(rows.flatMap(Object.keys))];
  table.append(cell("caption", words(key)));
  const head = table.createTHead().insertRow(), body = table.createTBody();
  for (const column of columns) head.append(cell("th", words(column)));
  for (const row of rows) {
    const line = body.insertRow();
    for (const column of columns) line.append(cell("td", textOf(row[column]), typeof row[column] === "number"));
  }
  return table;
}

function tabulate(data) {
  const isRow = (entry) => entry !== null && typeof entry === "object" && !Array.isArray(entry);
  const entries = Object.entries(data), tables = [];
  for (const [key, value] of entries) {
    if (Array.isArray(value) && value.length > 0 && value.every(isRow)) tables.push(tableOf(key, value));
  }
  const rest = entries.filter(([, value]) => !Array.isArray(value)).map(([key, value]) => (]==]
  .. [==[{ name: words(key), value: textOf(value) }));
  if (rest.length > 0) tables.push(tableOf("more", rest));
  byId("table").replaceChildren(...tables);
}

// --- the whole ---

function select(name) {
  for (const tab of ["picture", "table"]) {
    byId(tab).hidden = tab !== name;
    byId(`show-${tab}`).setAttribute("aria-selected", String(tab === name));
  }
}

let link;

function offer(blocks) {
  link = blocks.find((block) => block.type === "resource_link" && /^https?:\/\//.test(block.uri))?.uri;
  byId("open").hidden = !link || !canOpen;
}

function show(result) {
  const blocks = result.content ?? [];
  const texts = blocks.filter((block) => block.type === "text").map((block) => block.text);
  const image = blocks.find((block) => block.type === "image" && block.mimeType === "image/svg+xml");
  if (result.isError || !image) say(texts.join("\n"));
  else say("");
  if (image && !result.isError) draw(image);
  if (result.structuredContent && !result.isError) tabulate(result.structuredContent);
  document.querySelector("nav").classList.toggle("ready", !result.isError);
  offer(blocks);
  select(image ? "picture" : "table");
}

byId("show-picture").addEventListener("click", () => select("picture"));
byId("show-table").addEventListener("click", () => select("table"));
byId("open").addEventListener("click", () => request("ui/open-link", { url: link }).catch(() => {}));

let told = "";

function tellSize() {
  const box = document.documentElement.getBoundingClientRect();
  const size = { width: Math.ceil(box.width), height: Math.ceil(box.height) };
  if (told === JSON.stringify(size)) return;
  told = JSON.stringify(size);
  send({ method: "ui/notifications/size-changed", params: size });
}

request("ui/initialize", {
  protocolVersion: "2026-01-26",
  appInfo: { name: "hatchet-picture", title: "Picture", version: "1" },
  appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
}).then((result) => {
  canOpen = result?.hostCapabilities?.openLinks !== undefined;
  adopt(result?.hostContext ?? {});
  send({ method: "ui/notifications/initialized", params: {} });
  new ResizeObserver(tellSize).observe(document.documentElement);
}).catch((error) => say(error.message));
</script>
</body>
</html>
]==]
