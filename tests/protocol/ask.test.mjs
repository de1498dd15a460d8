// A tool that asks, and a server that asks first, through the official clients of both eras: they answer requests of ours, or make
// the call again.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect, kinds } from "./clients.mjs";
import { wires } from "./wire.mjs";

const folder = mkdtempSync(join(tmpdir(), "hatchway-ask-"));

before(() => {
  mkdirSync(join(folder, "tools"));
  writeFileSync(join(folder, "pack.lua"), 'pack { name = "asks", about = "Asks." }');
  writeFileSync(join(folder, "tools/t.lua"), `
local t = require "hatchway.types"
tool "ask" { title = "Ask", about = "Asks for everything.", access = "read", run = function()
  local first = hatchway.ask { folders = hatchway.roots(), who = hatchway.elicit { message = "Who?", fields = {
    name = t.string { "Your name", min = 1 }, age = t.integer { optional = true, min = 0, default = 30 },
    color = t.enum { values = { "red", "green" } }, agreed = t.boolean { optional = true, default = true },
    tags = t.list { of = t.enum { values = { "a", "b" } }, max = 2 } } } }
  local said = hatchway.ask(hatchway.sample { messages = "Greet " .. first.who.content.name, max_tokens = 100 })
  return { who = first.who, folders = first.folders.roots, said = said.content.text }
end }
tool "drop" { title = "Drop", about = "Drops.", access = "destroy", input = { name = t.string "Which" },
  run = function(args) return "dropped " .. args.name end }
`);
});
after(() => rmSync(folder, { recursive: true }));

const content = { name: "Ann", age: 7, color: "green", agreed: false, tags: ["b"] };

for (const [way, wire] of Object.entries(wires)) for (const kind of kinds) {
  test(`${way}, ${kind}: what a tool asks is answered`, async () => {
    const w = await wire([folder]);
    const seen = [];
    const { call, close } = await connect(kind, w.parameters, {
      "elicitation/create": (request) => { seen.push(request.params.message); return { action: "accept", content }; },
      "sampling/createMessage": (request) => {
        seen.push(request.params.messages[0].content.text);
        return { role: "assistant", model: "m", content: { type: "text", text: "Hello, Ann." } };
      },
      "roots/list": () => ({ roots: [{ uri: "file:///home/ann", name: "home" }] }),
    }, { elicitation: {}, sampling: {}, roots: {} });
    const result = await call("ask", {});
    await close();
    assert.deepEqual(result.structuredContent,
      { who: { action: "accept", content }, folders: [{ uri: "file:///home/ann", name: "home" }], said: "Hello, Ann." });
    assert.deepEqual(seen, ["Who?", "Greet Ann"]);
    assert.deepEqual((await w.check()).found, []);
  });

  test(`${way}, ${kind}: a person is asked before a destroying tool runs`, async () => {
    const w = await wire([folder, "--access", "destroy", "--confirm", "destroy"]);
    const results = [{ action: "accept", content: { confirm: true } }, { action: "decline" }];
    const { call, close } = await connect(kind, w.parameters,
      { "elicitation/create": (request) => { assert.match(request.params.message, /^Run "drop"/); return results.shift(); } },
      { elicitation: { form: {} } });
    assert.equal((await call("drop", { name: "x" })).content[0].text, "dropped x");
    const refused = await call("drop", { name: "x" });
    await close();
    assert.equal(refused.isError, true);
    assert.match(refused.content[0].text, /^"drop" was not run/);
    assert.deepEqual((await w.check()).found, []);
  });
}
