// What clients meet over HTTP alone: a key, a call that its client leaves, changes told on a stream, a server that comes back without
// the sessions it had.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect, isModern, kinds, until } from "./clients.mjs";
import { createKey, serve } from "./server.mjs";

const pack = "tests/protocol/pack";
const text = (result) => result.content[0].text;

async function served(t, args, options) {
  const server = serve(args, options);
  t.after(server.stop);
  return { ...server, url: await server.url };
}

for (const kind of kinds) {
  const timeout = 60_000;

  test(`${kind}: a key lets its client in, and no other`, { timeout }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "hatchway-keys-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const [key] = createKey(folder, "reader").match(/hw_\S+/);
    const { url } = await served(t, [pack], { folder });
    for (const headers of [{}, { Authorization: "Bearer hw_nothing" }])
      await assert.rejects(connect(kind, { url, headers }), (error) => /401|Unauthorized/.test(`${error.name} ${error.code} ${error.status} ${error.message}`));
    const { call, close } = await connect(kind, { url, headers: { Authorization: `Bearer ${key}` } });
    assert.equal(text(await call("test_simple_text")), "This is a simple text response for testing.");
    await close();
  });

  test(`${kind}: a call that its client gives up is cancelled`, { timeout }, async (t) => {
    const server = await served(t, ["tests/fixture"]);
    const { call, close } = await connect(kind, server);
    const stop = new AbortController();
    const waiting = call("wait", {}, { signal: stop.signal });
    assert.equal(text(await call("say")), "hello");
    stop.abort("no longer needed");
    await assert.rejects(waiting);
    const ended = () => server.log().split("\n").find((line) => line.includes('"event":"call"') && line.includes('"tool":"wait"'));
    await until(ended);
    assert.equal(JSON.parse(ended()).error, "cancelled");
    await close();
  });

  test(`${kind}: changes of lists and of a resource are told`, { timeout }, async (t) => {
    const { url } = await served(t, [pack]);
    const session = await connect(kind, { url });
    const { client, call, changes, updates } = session;
    const uri = "test://watched-resource";
    if (isModern(kind)) await client.listen({ toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: [uri] });
    else await client.subscribeResource({ uri });
    await call("test_trigger_tool_change");
    await call("test_trigger_prompt_change");
    await call("test_trigger_resource_update");
    await until(() => changes.length >= 2 && updates.length >= 1);
    assert.deepEqual(changes, ["notifications/tools/list_changed", "notifications/prompts/list_changed"]);
    assert.deepEqual(updates.map((update) => update.uri), [uri]);
    await session.close();
  });

  test(`${kind}: the server comes back without its sessions`, { timeout }, async (t) => {
    const first = serve(["tests/fixture"]);
    const url = await first.url;
    const before = await connect(kind, { url });
    assert.equal(text(await before.call("say")), "hello");
    assert.deepEqual(await first.stop(), { code: 0, signal: null });
    await served(t, ["tests/fixture"], { port: new URL(url).port });
    if (isModern(kind)) { // there is nothing to lose
      assert.equal(text(await before.call("say")), "hello");
    } else {
      await assert.rejects(before.call("say"), (error) => (error.status ?? error.code) === 404);
      const again = await connect(kind, { url });
      assert.equal(text(await again.call("say")), "hello");
      await again.close();
    }
    await before.close();
  });

  if (!isModern(kind)) {
    test(`${kind}: a session is ended by its client`, { timeout }, async (t) => {
      const { url } = await served(t, ["tests/fixture"]);
      const { transport, close } = await connect(kind, { url });
      const headers = { "Mcp-Session-Id": transport.sessionId, "Content-Type": "application/json", "Accept": "application/json, text/event-stream" };
      await transport.terminateSession();
      const answer = await fetch(url, { method: "POST", headers, body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' });
      assert.equal(answer.status, 404);
      await close();
    });
  }
}
