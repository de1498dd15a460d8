// The check of the wire finds what is wrong: else its silence in clients.test.mjs would mean nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkProcess } from "./wire.mjs";

const request = (id, method, params) => ({ jsonrpc: "2.0", id, method, params });
const answer = (id, result) => ({ jsonrpc: "2.0", id, result });
const initialize = (version) => request(0, "initialize", { protocolVersion: version, capabilities: {}, clientInfo: { name: "a", version: "1" } });
const initialized = (version) => answer(0, { protocolVersion: version, capabilities: {}, serverInfo: { name: "b", version: "1" } });
const meta = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} } };
const tool = { name: "t", inputSchema: { type: "object" } };

// What is found in a conversation of a revision: one request more and its answer.
function found(version, asked, answered) {
  return version === "2026-07-28" ? checkProcess([asked], [answered])
    : checkProcess([initialize(version), asked], [initialized(version), answered]);
}

for (const version of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
  test(`${version}: what is right passes, what is wrong is found`, () => {
    assert.deepEqual(found(version, request(1, "tools/list"), answer(1, { tools: [tool] })), []);
    assert.match(found(version, request(1, "tools/list"), answer(1, {}))[0], /tools/);
    assert.match(found(version, request(1, "tools/list"), answer(1, { tools: [{ name: "t" }] }))[0], /inputSchema/);
    assert.match(found(version, request(1, "tools/list"), answer(2, { tools: [] }))[0], /an answer to nothing/);
    assert.match(found(version, request(1, "tools/call", {}), answer(1, { content: [] }))[0], /ClientRequest/);
    assert.match(found(version, request(1, "ping"), { jsonrpc: "2.0", id: 1, error: { code: "x", message: "m" } })[0], /code/);
    assert.match(found(version, request(1, "ping"), { jsonrpc: "2.0", method: "notifications/progress", params: {} })[0], /ServerNotification/);
  });
}

test("2026-07-28: what is right passes, what is wrong is found", () => {
  const version = "2026-07-28";
  const right = { tools: [tool], resultType: "complete", ttlMs: 0, cacheScope: "private" };
  assert.deepEqual(found(version, request(1, "tools/list", meta), answer(1, right)), []);
  for (const key of Object.keys(right)) {
    const wrong = { ...right };
    delete wrong[key];
    assert.match(found(version, request(1, "tools/list", meta), answer(1, wrong))[0], new RegExp(key));
  }
  const nothingSaid = { _meta: { "io.modelcontextprotocol/protocolVersion": version } };
  assert.match(found(version, request(1, "tools/list", nothingSaid), answer(1, right))[0], /clientCapabilities/);
});
