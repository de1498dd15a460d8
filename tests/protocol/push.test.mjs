// hatchet.push against an independent gRPC server: plain, TLS, mutual TLS, what goes over the wire and what comes back.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { connect as connectSocket, createServer as createSocketServer } from "node:net";
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
tool "broken" { title = "Broken", about = "Pushes what is not UTF-8.", access = "write", input = { field = t.string {} },
  run = function(args)
    local event = { key = "k" }
    event[args.field] = "\\xff"
    return hatchet.push(event)
  end }
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

// Runs body(push, look, token, call) with a session of the pack hatchet whose environment has these variables.
async function session(env, claims, body, args = []) {
  const HATCHET_CLIENT_TOKEN = token(claims);
  const { call, close } = await connect("sdk 1", { command: binary, stderr: "ignore",
    args: ["serve", "hatchet", "--access", "write", "--overlay", path("overlay"), ...args],
    env: { PATH: process.env.PATH, HOME: folder, HATCHET_CLIENT_TOKEN, ...env } });
  try {
    await body((event) => call("push", event), (event) => call("look", event), HATCHET_CLIENT_TOKEN, call);
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

// For OpenSSL would ask the terminal for it, and hold up all calls.
test("a key with a pass phrase is refused", async (t) => {
  const { port } = await engine(t, tls(true));
  openssl("rsa", "-in", "client.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key");
  const { error } = spawnSync("script", ["-qec",
    `"${binary}" call push key=k --access write --overlay "${path("overlay")}" > "${path("told")}" 2>&1`, "/dev/null"], {
    timeout: 20000, stdio: "ignore", env: { PATH: process.env.PATH, HOME: folder, HATCHET_CLIENT_TOKEN: token({}),
      HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}`, HATCHET_CLIENT_TLS_STRATEGY: "mtls",
      HATCHET_CLIENT_TLS_CERT_FILE: path("client.pem"), HATCHET_CLIENT_TLS_KEY_FILE: path("locked.key") } });
  assert.equal(error, undefined);
  assert.match(readFileSync(path("told"), "utf8"), /unable to set private key file/);
});

// A proxy that lets through what it is asked to CONNECT to, whatever its name, or answers as it is told.
async function proxy(t, port, answer = "HTTP/1.1 200 OK\r\n\r\n") {
  const lines = [];
  const server = createSocketServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      lines.push(bytes.toString().split("\r\n")[0]);
      if (!lines.at(-1).startsWith("CONNECT") || !answer.includes("200")) return void socket.end(answer);
      const through = connectSocket(port, "127.0.0.1", () => socket.write(answer));
      through.on("error", () => socket.destroy());
      socket.pipe(through).pipe(socket);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, lines };
}

const beyond = { ...none, HATCHET_CLIENT_HOST_PORT: "engine.test:7077" };
const by = (url) => ["--allow-http", "engine.test", "--proxy", url];

test("a proxy is passed by a tunnel, whoever names it", async (t) => {
  const { port, calls } = await engine(t, plain());
  const { url, lines } = await proxy(t, port);
  await session(beyond, {}, async (push) => {
    assert.deepEqual((await push({ key: "k" })).structuredContent, { id: EVENT });
  }, by(url));
  await session({ ...beyond, http_proxy: url }, {}, async (push) => {
    assert.deepEqual((await push({ key: "k" })).structuredContent, { id: EVENT });
  }, by("env"));
  assert.deepEqual(lines, Array(2).fill("CONNECT engine.test:7077 HTTP/1.1"));
  assert.equal(calls.length, 2);
});

test("what a proxy says is not what the engine says", async (t) => {
  const { port } = await engine(t, plain(), () => ({ code: grpc.status.INVALID_ARGUMENT, details: "no" }));
  const lying = await proxy(t, port, "HTTP/1.1 200 OK\r\ngrpc-message: fine\r\n\r\n");
  await session(beyond, {}, async (push) => {
    assert.match(failure(await push({ key: "k" })).text, /INVALID_ARGUMENT: no /);
  }, by(lying.url));
  const closed = await proxy(t, port, "HTTP/1.1 502 Bad Gateway\r\ngrpc-status: 0\r\nContent-Length: 0\r\n\r\n");
  await session(beyond, {}, async (push) => {
    const told = failure(await push({ key: "k" }));
    assert.equal(told.code, "unreachable"); // and so it certainly did not arrive
    assert.match(told.text, /CONNECT tunnel failed, response 502/);
  }, by(closed.url));
});

test("a push leaves no connection behind", async (t) => {
  const { port } = await engine(t, plain());
  const sockets = new Set();
  const way = createSocketServer((socket) => {
    sockets.add(socket.on("close", () => sockets.delete(socket)).on("error", () => {}));
    socket.pipe(connectSocket(port, "127.0.0.1").on("error", () => {})).pipe(socket);
  });
  await new Promise((resolve) => way.listen(0, "127.0.0.1", resolve));
  t.after(() => way.close());
  await session({ ...none, HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${way.address().port}` }, {}, async (push) => {
    await Promise.all(Array.from({ length: 20 }, () => push({ key: "k" })));
    for (let i = 0; i < 100 && sockets.size; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(sockets.size, 0);
  });
});

test("texts that the engine could not take, or would lose, are not sent", async (t) => {
  const { port, calls } = await engine(t, plain());
  await session({ ...none, HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}` }, {}, async (_, __, ___, call) => {
    for (const field of ["key", "payload", "metadata", "scope"])
      assert.match(failure(await call("broken", { field })).text, new RegExp(`the ${field} of an event is text in UTF-8`));
    for (const metadata of ["{", "[]", "{} {}", "", "1"])
      assert.match(failure(await call("push", { key: "k", metadata })).text, /the metadata of an event is an object/);
    assert.equal(calls.length, 0);
    await call("push", { key: "k", metadata: ' {"a":1}' });
    assert.equal(calls[0].request.additional_metadata, ' {"a":1}');
  });
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

// The answer comes while the event is still being sent, and nobody reads the rest of it.
test("a refusal ends the sending", async (t) => {
  for (const closes of [false, true]) {
    const server = createHttp2Server((request, response) => {
      request.stream.on("error", () => {});
      request.once("data", () => {
        request.pause();
        request.stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": 8,
          "grpc-message": "larger than max" }, { endStream: true });
        if (closes) setTimeout(() => response.stream.close(0), 20);
      });
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    await session({ ...none, HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${server.address().port}` }, {}, async (push) => {
      const told = failure(await push({ key: "k", payload: { text: "x".repeat(2 << 20) } }));
      assert.deepEqual([told.code, told.status], ["invalid", 400], told.text);
    });
  }
});

test("a field that an event does not have is refused", async (t) => {
  const { port, calls } = await engine(t, plain());
  writeFileSync(path("overlay/tools/odd.lua"), `
tool "odd" { title = "Odd", about = "Pushes oddly.", access = "write",
  run = function() return hatchet.push { key = "k", data = {} } end }`);
  await session({ ...none, HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}` }, {}, async (push, look, credential, call) => {
    assert.match(failure(await call("odd", {})).text, /an event has no field "data"/);
  });
  assert.equal(calls.length, 0);
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
    [{ HATCHET_CLIENT_HOST_PORT: "engine?x:7077" }, {}, /it is host:port/],
    [{ HATCHET_CLIENT_HOST_PORT: "[engine]:7077" }, {}, /it is host:port/],
    [{ HATCHET_CLIENT_HOST_PORT: "e".repeat(70000) }, {}, /HATCHET_CLIENT_HOST_PORT is "eee/],
    [{ HATCHET_CLIENT_HOST_PORT: "engine:7077", HATCHET_CLIENT_TLS_SERVER_NAME: "other:443" }, {}, /"other:443", which is no host name/],
    [{ HATCHET_CLIENT_HOST_PORT: "engine:7077", HATCHET_CLIENT_TLS_SERVER_NAME: "other/" }, {}, /"other\/", which is no host name/],
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
    assert.match(told.text, /HATCHET_CLIENT_TLS_STRATEGY says whether that speaks TLS/);
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

test("a recording of an event with the token in it can be played, without it", async (t) => {
  const { port } = await engine(t, plain());
  const file = path("scrubbed.har");
  let secret;
  await session({ ...none, HATCHET_CLIENT_HOST_PORT: `127.0.0.1:${port}` }, {}, async (push, _, credential) => {
    secret = credential;
    await push({ key: credential });
    await push({ key: "k" });
  }, ["--record", file]);
  const [{ request, response }] = JSON.parse(readFileSync(file, "utf8")).log.entries;
  for (const { text } of [request.postData, response.content]) {
    const bytes = Buffer.from(text, "base64").toString();
    assert.ok(bytes.includes("***") && !bytes.includes(secret.slice(20, 36)), bytes);
  }
  await session({}, {}, async (push) => {
    assert.deepEqual((await push({ key: "k" })).structuredContent, { id: EVENT });
  }, ["--replay", file]);
});
