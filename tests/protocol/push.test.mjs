// hatchet.push against an independent gRPC server: plain, TLS, mutual TLS, what goes over the wire and what comes back.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { connect } from "./clients.mjs";

const binary = process.env.HATCHWAY ?? join(import.meta.dirname, "../../build/hatchway");
const TENANT = "55555555-2222-4333-8444-555555555555";
const EVENT = "b7f59a9f-417a-400e-a531-e36a6cd24bde";

// The engine's messages, whole.
const fields = (list) => ({ fields: Object.fromEntries(list.map(([name, type, id, proto3Optional]) => [name, {
  type, id, ...(proto3Optional ? { proto3Optional, options: { proto3_optional: true } } : {}),
}])) });
const definition = fromJSON({ nested: {
  PushEventRequest: fields([["key", "string", 1], ["payload", "string", 2], ["additional_metadata", "string", 4, true],
    ["priority", "int32", 5, true], ["scope", "string", 6, true]]),
  Event: fields([["tenant_id", "string", 1], ["event_id", "string", 2], ["key", "string", 3], ["payload", "string", 4]]),
  EventsService: { methods: {
    Push: { requestType: "PushEventRequest", responseType: "Event" },
    BulkPush: { requestType: "PushEventRequest", responseType: "Event" },
  } },
} }, { keepCase: true, longs: String });

const folder = mkdtempSync(join(tmpdir(), "hatchway-push-"));
const path = (name) => join(folder, name);
const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });

// An authority, a server's certificate for "engine.test" alone, and a client's.
before(() => {
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem");
  for (const [name, extension] of [["engine", "subjectAltName=DNS:engine.test"], ["client", "extendedKeyUsage=clientAuth"]]) {
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    writeFileSync(path("extension"), extension);
    openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
      "-extfile", "extension", "-out", `${name}.pem`);
  }
  mkdirSync(path("overlay/tools"), { recursive: true });
  writeFileSync(path("overlay/tools/push.lua"), `
local t = require "hatchway.types"
local function push(args) return hatchet.push(args) end
local input = { key = t.string {}, payload = t.any { optional = true }, metadata = t.any { optional = true },
  priority = t.integer { optional = true }, scope = t.string { optional = true } }
tool "push" { title = "Push", about = "Pushes.", access = "write", input = input, run = push }
tool "look" { title = "Look", about = "Only looks.", access = "read", input = input, run = push }
`);
});
after(() => rmSync(folder, { recursive: true, force: true }));

// A gRPC server that keeps what it was sent; answer(call) gives { event } or { code, details }.
async function engine(t, credentials, answer) {
  const server = new grpc.Server({ "grpc.max_receive_message_length": 1 << 20 });
  const calls = [];
  server.addService(definition.EventsService, {
    Push(call, done) {
      calls.push({ request: call.request, metadata: call.metadata.getMap() });
      const { event, ...error } = answer?.(call) ?? { event: { tenant_id: TENANT, event_id: EVENT, key: call.request.key } };
      if (event) done(null, event); else done(error);
    },
    BulkPush(call, done) { done({ code: grpc.status.UNIMPLEMENTED }); },
  });
  const port = await new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound))));
  t.after(() => server.forceShutdown());
  return { port, calls };
}

const plain = () => grpc.ServerCredentials.createInsecure();
const tls = (mutual) => grpc.ServerCredentials.createSsl(readFileSync(path("ca.pem")),
  [{ private_key: readFileSync(path("engine.key")), cert_chain: readFileSync(path("engine.pem")) }], mutual);

function token(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "ES256", kid: "AAAAAA" })}.${part({ sub: TENANT, server_url: "http://127.0.0.1:1", exp: 4102444800, ...claims })}.c2lnbmF0dXJlc2lnbmF0dXJl`;
}

// Runs body(push, look) with a session of the pack hatchet whose environment has these variables.
async function session(env, claims, body, args = []) {
  const HATCHET_CLIENT_TOKEN = token(claims);
  const { call, close } = await connect("sdk 1", { command: binary, stderr: "ignore",
    args: ["serve", "hatchet", "--access", "write", "--overlay", path("overlay"), ...args],
    env: { PATH: process.env.PATH, HOME: folder, HATCHET_CLIENT_TOKEN, ...env } });
  try {
    await body((event) => call("push", event), (event) => call("look", event), HATCHET_CLIENT_TOKEN);
  } finally {
    await close();
  }
}

const failure = (result) => {
  assert.equal(result.isError, true, JSON.stringify(result));
  return { ...result._meta["hatchway/error"], text: result.content[0].text };
};
const none = { HATCHET_CLIENT_TLS_STRATEGY: "none" };

test("an event goes out as it is, to the address in the token", async (t) => {
  const { port, calls } = await engine(t, plain());
  await session(none, { grpc_broadcast_address: `127.0.0.1:${port}` }, async (push, _, credential) => {
    const result = await push({ key: "order:paid", payload: '{"exact":9007199254740993,"b":1,"a":[]}', metadata: { source: "é" },
      priority: 2, scope: "eu" });
    assert.deepEqual(result.structuredContent, { id: EVENT });
    assert.deepEqual(calls[0].request, { key: "order:paid", payload: '{"exact":9007199254740993,"b":1,"a":[]}',
      additional_metadata: '{"source":"é"}', priority: 2, scope: "eu" });
    assert.equal(calls[0].metadata.authorization, `Bearer ${credential}`);
    assert.match(calls[0].metadata["user-agent"], /^hatchway\//);
  });
});

test("what is not given is not sent; integers of arguments stay exact", async (t) => {
  const { port, calls } = await engine(t, plain());
  await session({ ...none, HATCHET_CLIENT_HOST_PORT: `localhost:${port}` }, {}, async (push) => {
    await push({ key: "k" });
    await push({ key: "k", payload: { n: 1, list: [], deep: { "": null } } });
    assert.deepEqual(calls.map(({ request }) => request), [
      { key: "k", payload: "{}" },
      { key: "k", payload: '{"n":1,"list":[],"deep":{"":null}}' },
    ]);
  });
});

test("TLS with an authority of its own, and a certificate for another name", async (t) => {
  const { port, calls } = await engine(t, tls(false));
  const address = { HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}` };
  const trusted = { HATCHET_CLIENT_TLS_ROOT_CA_FILE: path("ca.pem") };
  await session({ ...address, ...trusted, HATCHET_CLIENT_TLS_SERVER_NAME: "engine.test" }, {}, async (push) => {
    assert.deepEqual((await push({ key: "k" })).structuredContent, { id: EVENT });
  });
  await session({ ...address, HATCHET_CLIENT_TLS_SERVER_NAME: "engine.test" }, {}, async (push) => {
    assert.deepEqual((await push({ key: "k" })).structuredContent, { id: EVENT });
  }, ["--ca-file", path("ca.pem")]);
  await session({ ...address, ...trusted }, {}, async (push) => {
    assert.equal(failure(await push({ key: "k" })).code, "tls"); // the certificate is not for 127.0.0.1
  });
  await session({ ...address, HATCHET_CLIENT_TLS_SERVER_NAME: "engine.test" }, {}, async (push) => {
    assert.equal(failure(await push({ key: "k" })).code, "tls"); // nor by a known authority
  });
  assert.equal(calls.length, 2);
});

test("mutual TLS", async (t) => {
  const { port, calls } = await engine(t, tls(true));
  const env = { HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}`, HATCHET_CLIENT_TLS_ROOT_CA_FILE: path("ca.pem"),
    HATCHET_CLIENT_TLS_SERVER_NAME: "engine.test" };
  const own = { HATCHET_CLIENT_TLS_CERT_FILE: path("client.pem"), HATCHET_CLIENT_TLS_KEY_FILE: path("client.key") };
  await session({ ...env, ...own, HATCHET_CLIENT_TLS_STRATEGY: "mtls" }, {}, async (push) => {
    assert.deepEqual((await push({ key: "k" })).structuredContent, { id: EVENT });
  });
  await session(env, {}, async (push) => {
    failure(await push({ key: "k" })); // without a certificate
  });
  await session({ ...env, HATCHET_CLIENT_TLS_STRATEGY: "mtls" }, {}, async (push) => {
    const { code, text } = failure(await push({ key: "k" }));
    assert.equal(code, "not_configured");
    assert.match(text, /set HATCHET_CLIENT_TLS_CERT_FILE and HATCHET_CLIENT_TLS_KEY_FILE/);
  });
  assert.equal(calls.length, 1);
});

test("what the engine refuses is told with its words, and not sent again", async (t) => {
  const answers = [
    [grpc.status.INVALID_ARGUMENT, "Invalid request: invalid json in field `payload`", "invalid", 400],
    [grpc.status.UNAUTHENTICATED, "invalid auth token", "unauthorized", 401],
    [grpc.status.UNIMPLEMENTED, "no such method", "server_error", 501],
    [grpc.status.INTERNAL, "ünexpected %", "server_error", 500],
    [grpc.status.UNAVAILABLE, "going down", "server_error", 503],
  ];
  for (const [code, details, word, status] of answers) {
    const { port, calls } = await engine(t, plain(), () => ({ code, details }));
    await session({ ...none, HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}` }, {}, async (push) => {
      const told = failure(await push({ key: "k" }));
      assert.deepEqual([told.code, told.status], [word, status]);
      assert.ok(told.text.includes(details), told.text);
      assert.equal(calls.length, 1);
    });
  }
});

test("an event beyond the engine's size is refused by it", async (t) => {
  const { port } = await engine(t, plain());
  await session({ ...none, HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}` }, {}, async (push) => {
    const told = failure(await push({ key: "k", payload: { text: "x".repeat(2 << 20) } }));
    assert.deepEqual([told.code, told.status], ["invalid", 400]);
    assert.match(told.text, /RESOURCE_EXHAUSTED: Received message larger than max/);
  });
});

test("a tool that may only read pushes nothing", async (t) => {
  const { port, calls } = await engine(t, plain());
  await session({ ...none, HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}` }, {}, async (_, look) => {
    const told = failure(await look({ key: "k" }));
    assert.equal(told.code, "refused_by_gate");
  });
  assert.equal(calls.length, 0);
});

test("addresses that cannot be", async () => {
  const cases = [
    [{}, {}, /the token names no address for events: set HATCHET_CLIENT_HOST_PORT/],
    [{ HATCHET_CLIENT_HOST_PORT: "engine" }, {}, /HATCHET_CLIENT_HOST_PORT is "engine": it is host:port/],
    [{ HATCHET_CLIENT_HOST_PORT: "http://engine:7077" }, {}, /it is host:port/],
    [{ HATCHET_CLIENT_HOST_PORT: "engine:99999" }, {}, /it is host:port/],
    [{}, { grpc_broadcast_address: "engine" }, /the address for events in the token is "engine"/],
    [{ HATCHET_CLIENT_HOST_PORT: "engine:7077", ...none }, {}, /is none, and the token is not sent without TLS/],
    [{ HATCHET_CLIENT_HOST_PORT: "engine:7077", HATCHET_CLIENT_TLS_STRATEGY: "ssl" }, {}, /is "ssl": it is tls, mtls or none/],
  ];
  for (const [env, claims, expected] of cases) {
    await session(env, claims, async (push) => {
      const told = failure(await push({ key: "k" }));
      assert.equal(told.code, "not_configured");
      assert.match(told.text, expected);
    });
  }
});

test("what is no gRPC server", async (t) => {
  const server = createServer((_, response) => response.end("hello"));
  t.after(() => server.closeAllConnections());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = { HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${server.address().port}` };
  await session({ ...none, ...address }, {}, async (push) => {
    const told = failure(await push({ key: "k" }));
    assert.equal(told.code, "protocol");
    assert.match(told.text, /Check HATCHET_CLIENT_HOST_PORT/);
  });
  await session(address, {}, async (push) => {
    const told = failure(await push({ key: "k" }));
    assert.equal(told.code, "tls");
    assert.match(told.text, /HATCHET_CLIENT_TLS_STRATEGY says whether/);
  });
  server.closeAllConnections();
  server.close();
  await session({ ...none, ...address }, {}, async (push) => {
    assert.equal(failure(await push({ key: "k" })).code, "refused");
  });
});

test("a push is recorded so that it can be played back", async (t) => {
  const { port } = await engine(t, plain());
  const file = path("pushed.har");
  await session({ ...none, HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}` }, {}, async (push) => {
    await push({ key: "k", payload: { a: 1 } });
  }, ["--record", file]);
  const [{ request, response }] = JSON.parse(readFileSync(file, "utf8")).log.entries;
  assert.equal(request.url, `http://127.0.0.1:${port}/EventsService/Push`);
  assert.equal(request.postData._encoding, "base64");
  assert.deepEqual(response._trailers[0], { name: "grpc-status", value: "0" });
  await session({}, {}, async (push) => {
    assert.deepEqual((await push({ key: "k", payload: { a: 1 } })).structuredContent, { id: EVENT });
    assert.equal(failure(await push({ key: "other" })).code, "not_recorded");
  }, ["--replay", file]);
});
