// The page for pictures (SEP-1865) in a real browser, inside of a host: what it says, what it shows, what foreign text cannot do.
//
// The messages are held against the official JSON schema. The browser is $CHROMIUM, or the first of the usual names that is there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { getToolUiResourceUri } from "@modelcontextprotocol/ext-apps/app-bridge";
import schema from "@modelcontextprotocol/ext-apps/schema.json" with { type: "json" };
import { chromium } from "playwright-core";
import { connect, kinds } from "./clients.mjs";

const here = import.meta.dirname;
const binary = process.env.HATCHWAY ?? join(here, "../../build/hatchway");
const cassettes = ["overview", "runs", "details"].flatMap((name) => ["--replay", join(here, `../cassettes/${name}.har`)]);
const server = { command: binary, args: ["serve", "hatchet", "--log-level", "error", ...cassettes] };
const ORDER = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8";
const MIME = "text/html;profile=mcp-app";

function browserPath() {
  for (const name of [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].filter(Boolean)) {
    try {
      return execFileSync("sh", ["-c", `command -v "${name}"`], { encoding: "utf8" }).trim();
    } catch { /* the next one */ }
  }
}

const executablePath = browserPath();
const skip = executablePath ? false : "there is no Chromium here (set CHROMIUM)";

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(schema, "apps");

function check(type, value) {
  const validate = ajv.getSchema(`apps#/$defs/${type}`);
  assert.ok(validate, `the schema has no ${type}`);
  assert.ok(validate(value), `${type}: ${JSON.stringify(validate.errors?.slice(0, 3))} in ${JSON.stringify(value).slice(0, 300)}`);
}

const types = {
  "ui/initialize": "McpUiInitializeRequest",
  "ui/notifications/initialized": "McpUiInitializedNotification",
  "ui/notifications/size-changed": "McpUiSizeChangedNotification",
  "ui/open-link": "McpUiOpenLinkRequest",
};

let browser, html, drawn;

before(async () => {
  const { client, call, close } = await connect("client 2 legacy", server);
  html = (await client.readResource({ uri: "ui://hatchet/picture" })).contents[0].text;
  drawn = await call("draw_run_timeline", { workflow_run_id: ORDER });
  await close();
  if (!skip) browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});
after(() => browser?.close());

// What hosts must enforce where a page declares no domains (SEP-1865, Host Behavior).
const POLICY = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
  + "media-src 'self' data:; connect-src 'none'";

// A host with the page in a sandboxed frame: { messages, send, frame, said(method), requests }. It answers ui/initialize with `context`.
async function host(t, context = {}, capabilities = { openLinks: {} }) {
  const page = await browser.newPage({ viewport: { width: 900, height: 700 }, colorScheme: "light" });
  t.after(() => page.close());
  const messages = [], requests = [], errors = [];
  page.on("request", (request) => { if (!/^(about|data):/.test(request.url())) requests.push(request.url()); });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("dialog", (dialog) => { errors.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.exposeFunction("heard", (message) => { messages.push(message); });
  await page.setContent('<iframe sandbox="allow-scripts" style="width:860px;height:600px;border:0"></iframe>');
  await page.evaluate(({ html, context, capabilities }) => {
    const view = document.querySelector("iframe");
    window.post = (message) => view.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
    window.addEventListener("message", (event) => {
      if (event.source !== view.contentWindow) return;
      window.heard(event.data);
      if (event.data.method === "ui/initialize") {
        const result = { protocolVersion: "2026-01-26", hostInfo: { name: "host", version: "1" }, hostCapabilities: capabilities, hostContext: context };
        window.post({ id: event.data.id, result });
      } else if (event.data.method === "ui/open-link") {
        window.post({ id: event.data.id, result: {} });
      }
    });
    view.srcdoc = html;
  }, { html: html.replace("<head>", `<head><meta http-equiv="Content-Security-Policy" content="${POLICY}">`), context, capabilities });
  const said = async (match) => {
    for (let i = 0; i < 200; i++) {
      const found = messages.find(match);
      if (found) return found;
      await page.waitForTimeout(25);
    }
    throw new Error(`the page did not say it; it said ${JSON.stringify(messages)}`);
  };
  await said((m) => m.method === "ui/notifications/initialized");
  t.after(() => {
    assert.deepEqual(errors, []);
    assert.deepEqual(requests, [], "the page loads nothing");
    for (const message of messages) if (message.method) check(types[message.method], { method: message.method, params: message.params });
  });
  return { page, frame: page.frames()[1], messages, said, send: (message) => page.evaluate((m) => window.post(m), message) };
}

const show = (h, result) => h.send({ method: "ui/notifications/tool-result", params: result })
  .then(() => h.frame.waitForSelector("nav.ready, #message:not([hidden])"));

// The colour of a point of the picture, as it is painted in the frame.
const colourAt = (frame, x, y) => frame.evaluate(async ([left, top]) => {
  const image = document.querySelector("#frame img"), canvas = document.createElement("canvas");
  await image.decode();
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const paper = canvas.getContext("2d");
  paper.drawImage(image, 0, 0);
  return [...paper.getImageData(left, top, 1, 1).data].slice(0, 3);
}, [x, y]);

for (const kind of kinds) {
  test(`${kind}: finds the page of a tool`, async () => {
    const { client, close } = await connect(kind, server);
    const { tools } = await client.listTools();
    const drawing = tools.filter((tool) => tool.name.startsWith("draw_"));
    assert.equal(drawing.length, 3);
    for (const tool of drawing) {
      assert.equal(getToolUiResourceUri(tool), "ui://hatchet/picture");
      check("McpUiToolMeta", tool._meta.ui);
    }
    assert.equal(tools.filter((tool) => getToolUiResourceUri(tool)).length, 3);
    const listed = (await client.listResources()).resources.find((resource) => resource.uri === "ui://hatchet/picture");
    const [content] = (await client.readResource({ uri: listed.uri })).contents;
    for (const entry of [listed, content]) {
      assert.equal(entry.mimeType, MIME);
      check("McpUiResourceMeta", entry._meta.ui);
    }
    await close();
  });
}

test("the page greets its host, shows the picture and tells its size", { skip }, async (t) => {
  const h = await host(t);
  assert.deepEqual(h.messages.slice(0, 2).map((m) => m.method), ["ui/initialize", "ui/notifications/initialized"]);
  await h.send({ method: "ui/notifications/tool-input", params: { arguments: { workflow_run_id: ORDER } } });
  await h.frame.waitForFunction(() => document.querySelector("#message").textContent === "Drawing …");
  await show(h, drawn);
  const size = await h.frame.evaluate(async () => {
    const image = document.querySelector("#frame img");
    await image.decode();
    return [image.naturalWidth, image.naturalHeight, image.alt];
  });
  assert.equal(size[0], 960);
  assert.match(size[2], /charge failed after 3 attempts/);
  const told = await h.said((m) => m.method === "ui/notifications/size-changed" && m.params.height > 280);
  assert.equal(told.params.width, 860);
});

test("a pointer and the keyboard get details", { skip }, async (t) => {
  const h = await host(t);
  await show(h, drawn);
  const spots = h.frame.locator(".spot");
  assert.equal(await spots.count(), 6);
  await spots.nth(2).hover();
  assert.equal(await h.frame.locator("#tip").innerText(), "charge: failed, 3 attempts. Waited 4.4s, ran 642ms.");
  await h.frame.hover("#show-table");
  assert.equal(await h.frame.locator("#tip").isHidden(), true);
  await spots.nth(0).focus();
  assert.match(await h.frame.locator("#tip").innerText(), /^validate: completed/);
});

test("the numbers are a table", { skip }, async (t) => {
  const h = await host(t);
  await show(h, drawn);
  assert.equal(await h.frame.locator("#table").isHidden(), true);
  await h.frame.click("#show-table");
  assert.equal(await h.frame.locator("#picture").isHidden(), true);
  const table = h.frame.locator("table").first();
  assert.deepEqual((await table.locator("th").allInnerTexts()).slice(0, 6), ["task", "status", "depth", "attempts", "waited ms", "ran ms"]);
  assert.deepEqual((await table.locator("tr").nth(3).locator("td").allInnerTexts()).slice(0, 6), ["charge", "FAILED", "0", "3", "4427", "642"]);
  await h.frame.click("#show-picture");
  assert.equal(await h.frame.locator("#picture").isVisible(), true);
});

test("the theme is the host's, also when it changes", { skip }, async (t) => {
  const h = await host(t, { theme: "dark" });
  await show(h, drawn);
  assert.deepEqual(await colourAt(h.frame, 480, 20), [13, 17, 23]);
  await h.send({ method: "ui/notifications/host-context-changed", params: { theme: "light" } });
  await h.frame.waitForFunction(() => document.documentElement.dataset.theme === "light");
  assert.deepEqual(await colourAt(h.frame, 480, 20), [255, 255, 255]);
  await h.send({ method: "ui/notifications/host-context-changed", params: { styles: { variables: { "--font-sans": "serif" } } } });
  await h.frame.waitForFunction(() => getComputedStyle(document.body).fontFamily === "serif");
  assert.equal(await h.frame.evaluate(() => document.documentElement.dataset.theme), "light");
});

test("without a theme of the host the system's counts", { skip }, async (t) => {
  const h = await host(t);
  await show(h, drawn);
  assert.deepEqual(await colourAt(h.frame, 480, 20), [255, 255, 255]);
});

test("the dashboard is opened by the host, if it can", { skip }, async (t) => {
  const h = await host(t);
  await show(h, drawn);
  await h.frame.click("#open");
  const asked = await h.said((m) => m.method === "ui/open-link");
  assert.match(asked.params.url, new RegExp(`^http://localhost:8080/.*/runs/${ORDER}$`));
  const other = await host(t, {}, {});
  await show(other, drawn);
  assert.equal(await other.frame.locator("#open").isHidden(), true);
  await show(h, { content: [{ type: "resource_link", uri: "javascript:alert(1)", name: "x" }], structuredContent: {} });
  assert.equal(await h.frame.locator("#open").isHidden(), true);
});

test("foreign text is never more than text", { skip }, async (t) => {
  const h = await host(t);
  const bad = "<img src=x onerror=alert(1)><script>alert(2)</script>";
  const escaped = bad.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50" viewBox="0 0 100 50"><desc>${escaped}</desc>`
    + `<script>alert(3)</script><image href="http://shop.test/x.png" width="10" height="10"/><rect width="100" height="50" onload="alert(4)"/>`
    + `<g class="mark"><title>${escaped}</title><rect class="hit" x="NaN" y="1e999" width="50&quot;;" height="10"/></g></svg>`;
  await show(h, {
    content: [{ type: "text", text: bad }, { type: "image", mimeType: "image/svg+xml", data: Buffer.from(svg).toString("base64") }],
    structuredContent: { [bad]: [{ [bad]: bad, list: [bad], object: { [bad]: bad } }], more: bad },
  });
  await h.frame.locator(".spot").first().focus();
  assert.equal(await h.frame.locator("#tip").innerText(), bad);
  await h.frame.click("#show-table");
  assert.equal(await h.frame.locator("td").first().innerText(), bad);
  await h.page.waitForTimeout(300);
  assert.deepEqual(await h.frame.evaluate(() => ["script", "img", "svg", "image", "iframe", "object"].map((name) => document.querySelectorAll(name).length)),
    [1, 1, 0, 0, 0, 0]);
});

test("what is no picture is told in words", { skip }, async (t) => {
  const h = await host(t);
  await show(h, { isError: true, content: [{ type: "text", text: "There is no such run." }] });
  assert.equal(await h.frame.locator("#message").innerText(), "There is no such run.");
  await h.send({ method: "ui/notifications/tool-cancelled", params: { reason: "the user stopped it" } });
  await h.frame.waitForFunction(() => document.querySelector("#message").textContent === "Cancelled: the user stopped it.");
  await show(h, { content: [{ type: "text", text: "Numbers only." }], structuredContent: { rows: [{ a: 1 }] } });
  assert.equal(await h.frame.locator("td").innerText(), "1");
});

test("requests of the host are answered", { skip }, async (t) => {
  const h = await host(t);
  await h.send({ id: 71, method: "ping" });
  assert.deepEqual((await h.said((m) => m.id === 71)).result, {});
  await h.send({ id: 72, method: "ui/resource-teardown", params: { reason: "closed" } });
  assert.deepEqual((await h.said((m) => m.id === 72)).result, {});
  await h.send({ id: "73", method: "tools/list" });
  assert.equal((await h.said((m) => m.id === "73")).error.code, -32601);
});
