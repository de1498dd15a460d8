// The official clients against the server: the recorded tenant with all its reads, and the fixture pack for what takes time.
// Each conversation is kept as it went over the wire, and held against the JSON schemas of its revision.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, isModern, kinds, until } from "./clients.mjs";
import { wires } from "./wire.mjs";

const cassettes = ["overview", "runs", "details", "logs", "filters-webhooks", "schedules", "events"].flatMap((name) => ["--replay", `tests/cassettes/${name}.har`]);

// Runs a conversation, then checks its wire.
async function converse(way, kind, args, body) {
  const line = await wires[way](args);
  const session = await connect(kind, line.parameters);
  try {
    await body(session);
  } finally {
    await session.close();
  }
  const { messages, found } = await line.check();
  assert.deepEqual(found, []);
  assert.ok(messages > 0);
}

async function rejects(promise, code) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.message);
    return true;
  });
}

for (const way of Object.keys(wires)) for (const kind of kinds) {
  const modern = isModern(kind);
  const notFound = kind === "sdk 1" ? -32002 : -32602; // client 2 makes one of both

  test(`${way}, ${kind}: the handshake`, () => converse(way, kind, ["hatchet", ...cassettes], async ({ client }) => {
    assert.equal(client.getServerVersion().name, "hatchet");
    assert.match(client.getInstructions(), /./);
    assert.ok(client.getServerCapabilities().tools);
    if (kind !== "sdk 1") assert.equal(client.getNegotiatedProtocolVersion(), modern ? "2026-07-28" : "2025-11-25");
  }));

  test(`${way}, ${kind}: every read of the recorded tenant`, () => converse(way, kind, ["hatchet", ...cassettes], async ({ client, call }) => {
    const { tools } = await client.listTools();
    const structured = async (name, args) => {
      const result = await call(name, args);
      assert.ok(!result.isError, `${name}: ${JSON.stringify(result.content)}`);
      if (name.startsWith("draw_")) return result.structuredContent; // its text is for people
      assert.deepEqual(JSON.parse(result.content.findLast((block) => block.type === "text").text), result.structuredContent);
      return result.structuredContent;
    };
    const [failed] = (await structured("list_runs", { statuses: ["FAILED"], limit: 50 })).rows;
    const run = failed.workflowRunExternalId ?? failed.metadata.id;
    const { tasks } = await structured("get_run", { workflow_run_id: run });
    const task = { task_run_id: tasks[0].metadata.id };
    const first = async (list, of = {}) => (await structured(list, of)).rows[0].metadata.id;
    const [workflow] = (await structured("list_workflows", {})).rows;
    const event = await first("list_events", { limit: 5 });
    const args = {
      list_workflows: {}, list_runs: {}, list_workers: {}, get_queue_metrics: {}, get_task_metrics: {}, top_failing_workflows: {},
      get_server_info: {}, get_tenant: {}, tenant_overview: {}, get_task_stats: {}, list_rate_limits: {}, list_stuck_runs: {},
      list_events: { limit: 5 }, list_event_keys: {}, get_event: { event_id: event }, explain_event: { event_id: event },
      list_filters: {}, get_filter: { filter_id: await first("list_filters") }, cel_debug: { expression: "true" },
      list_webhooks: {}, get_webhook: { webhook_name: "shop-events" },
      list_crons: {}, get_cron: { cron_id: await first("list_crons") },
      list_scheduled: {}, get_scheduled: { scheduled_id: await first("list_scheduled") },
      get_worker: { worker_id: await first("list_workers") },
      describe_workflow: { workflow_id: workflow.metadata.id }, get_workflow_metrics: { workflow_id: workflow.metadata.id },
      list_run_events: { workflow_run_id: run }, list_dag_tasks: { dag_ids: [run] }, compare_runs: { workflow_run_id: run },
      wait_for_run: { workflow_run_id: run }, draw_run_timeline: { workflow_run_id: run },
      draw_run_graph: { workflow_run_id: run }, draw_tenant: {}, get_durable_log: { task_id: task.task_run_id }, search_logs: {}, get_log_volume: {},
      get_workflow: { workflow_id: workflow.metadata.id }, get_workflow_version: { workflow_id: workflow.metadata.id },
      get_run: { workflow_run_id: run }, get_run_status: { workflow_run_id: run }, get_run_timings: { workflow_run_id: run },
      get_trace: { workflow_run_id: run }, describe_run_failure: { workflow_run_id: run },
      get_task: task, get_task_logs: task, list_task_events: task,
    };
    assert.deepEqual(tools.map((tool) => tool.name).sort(), Object.keys(args).sort());
    for (const tool of tools) await structured(tool.name, args[tool.name]);
  }));

  test(`${way}, ${kind}: resources and templates of the recorded tenant`, () => converse(way, kind, ["hatchet", ...cassettes], async ({ client }) => {
    const { resources } = await client.listResources();
    const { resourceTemplates } = await client.listResourceTemplates();
    assert.equal(resources.length + resourceTemplates.length, 7);
    for (const { uri } of resources) {
      const { contents: [content] } = await client.readResource({ uri });
      assert.equal(content.uri, uri);
      if (content.mimeType === "application/json") JSON.parse(content.text);
      else assert.equal(content.mimeType, "text/html;profile=mcp-app");
    }
    await rejects(client.readResource({ uri: "hatchet://nothing" }), notFound);
  }));

  test(`${way}, ${kind}: prompts of the recorded tenant`, () => converse(way, kind, ["hatchet", ...cassettes], async ({ client }) => {
    const { prompts } = await client.listPrompts();
    assert.equal(prompts.length, 3);
    for (const prompt of prompts) {
      const id = "00000000-0000-4000-8000-000000000000";
      const args = Object.fromEntries(prompt.arguments.filter((a) => a.required).map((a) => [a.name, id]));
      const { messages } = await client.getPrompt({ name: prompt.name, arguments: args });
      assert.ok(messages.length > 0);
    }
    await rejects(client.getPrompt({ name: "nothing" }), -32602);
  }));

  test(`${way}, ${kind}: completion of the recorded tenant`, () => converse(way, kind, ["hatchet", ...cassettes], async ({ client }) => {
    assert.deepEqual(client.getServerCapabilities().completions, {});
    const complete = async (ref, name, value) => (await client.complete({ ref, argument: { name, value } })).completion;
    const workflow = { type: "ref/resource", uri: "hatchet://workflows/{workflow_id}" };
    assert.deepEqual(await complete(workflow, "workflow_id", "re"), { values: ["refund-approval", "generate-report"], total: 2, hasMore: false });
    const { values: [run] } = await complete({ type: "ref/prompt", name: "debug_run" }, "workflow_run_id", "");
    assert.match(run, /^[0-9a-f-]{36}$/);
    await rejects(complete({ type: "ref/prompt", name: "nothing" }, "workflow_run_id", ""), -32602);
  }));

  test(`${way}, ${kind}: a subscription to a run`, () => converse(way, kind, ["hatchet", "--access", "destroy", "--replay", "tests/cassettes/control.har"], async ({ client, call, updates }) => {
    const run = "fbec7139-35bd-4bd4-a1bb-b3c194c49744";
    const uri = `hatchet://runs/${run}/status`;
    assert.equal(client.getServerCapabilities().resources.subscribe, true);
    const subscription = modern && await client.listen({ resourceSubscriptions: [uri, "hatchet://workers"] });
    if (modern) assert.deepEqual(subscription.honoredFilter, { resourceSubscriptions: [uri] });
    else assert.deepEqual(await client.subscribeResource({ uri }), {});
    await call("cancel_run", { run_id: run });
    await until(() => updates.length); // over HTTP it has a stream of its own
    assert.deepEqual(updates.map((update) => update.uri), [uri]);
    if (modern) await subscription.close();
    else assert.deepEqual(await client.unsubscribeResource({ uri }), {});
  }));

  test(`${way}, ${kind}: every shape of a result`, () => converse(way, kind, ["tests/fixture"], async ({ client, call }) => {
    await client.listTools();
    assert.deepEqual((await call("echo", { text: "é😀", n: 5 })).structuredContent, { text: "é😀", n: 5 });
    assert.deepEqual((await call("say")).content, [{ type: "text", text: "hello" }]);
    assert.deepEqual((await call("blocks")).content.map((block) => block.type), ["text", "image", "resource_link"]);
    const { contents } = await client.readResource({ uri: "note://days/7" });
    assert.deepEqual(contents, [{ uri: "note://days/7", mimeType: "application/json", text: '{"day":7}' }]);
    const { messages } = await client.getPrompt({ name: "greet", arguments: { name: "Ada" } });
    assert.deepEqual(messages.map((message) => message.role), ["user", "assistant"]);
  }));

  test(`${way}, ${kind}: errors`, () => converse(way, kind, ["tests/fixture"], async ({ client, call }) => {
    const failed = await call("fail", {});
    assert.equal(failed.isError, true);
    assert.match(failed.content[0].text, /it is broken/);
    const wrong = await call("echo", { txt: "a" });
    assert.equal(wrong.isError, true);
    assert.match(wrong.content[0].text, /did you mean "text"/);
    await rejects(call("nothing", {}), -32602);
    await rejects(client.listTools({ cursor: "nonsense" }), -32602);
    await rejects(client.readResource({ uri: "note://tomorrow" }), notFound);
  }));

  test(`${way}, ${kind}: pages`, () => converse(way, kind, ["tests/fixture", "--page-size", "2"], async ({ client }) => {
    const names = [];
    let cursor;
    do {
      const page = await client.listTools(cursor ? { cursor } : undefined);
      names.push(...page.tools.map((tool) => tool.name));
      cursor = page.nextCursor;
    } while (cursor && names.length < 20);
    assert.deepEqual([...new Set(names)], ["echo", "say", "blocks", "fail", "count", "wait", "away"]);
  }));

  test(`${way}, ${kind}: progress`, () => converse(way, kind, ["tests/fixture"], async ({ call }) => {
    const seen = [];
    const result = await call("count", { steps: 3 }, { onprogress: (p) => seen.push(p) });
    assert.deepEqual(result.structuredContent, { steps: 3 });
    assert.deepEqual(seen, [1, 2, 3].map((i) => ({ progress: i, total: 3, message: `step ${i}` })));
  }));

  test(`${way}, ${kind}: cancellation`, () => converse(way, kind, ["tests/fixture"], async ({ call }) => {
    const stop = new AbortController();
    const waiting = call("wait", {}, { signal: stop.signal });
    assert.deepEqual((await call("say", {})).content, [{ type: "text", text: "hello" }]);
    stop.abort("no longer needed");
    await assert.rejects(waiting);
    assert.deepEqual((await call("say", {})).content, [{ type: "text", text: "hello" }]);
  }));

  test(`${way}, ${kind}: many calls at once`, () => converse(way, kind, ["tests/fixture"], async ({ call }) => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, n) => call("echo", { text: "t", n })));
    assert.deepEqual(results.map((result) => result.structuredContent.n), Array.from({ length: 50 }, (_, n) => n));
  }));

  if (!modern) {
    test(`${way}, ${kind}: ping and the log level`, () => converse(way, kind, ["tests/fixture"], async ({ client, call, logs }) => {
      await client.ping();
      await client.setLoggingLevel("error");
      await call("count", { steps: 1 });
      assert.deepEqual(logs, []);
      await client.setLoggingLevel("info");
      await call("count", { steps: 1 });
      assert.deepEqual(logs.map(({ level, data }) => [level, data]), [["info", "at step 1"]]);
    }));
  }
}
