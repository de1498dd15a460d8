// Odd HTTP inputs: the same bytes go to Hatchway, to nginx and to Node's server, and to Hatchway behind nginx.
//
// A row is the odd request and what each server answers to it: the statuses of all answers until the connection is closed, for
// a second request follows every odd one, and "200 200" says that it was seen where it begins. "" is no answer at all.
// Wherever Hatchway takes what nginx does not, or the other way round, the row says why.
// The danger is a request that nginx and Hatchway end in different places: behind nginx, Hatchway must never see more requests
// than nginx has sent.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serve } from "./server.mjs";

const message = JSON.stringify({
  jsonrpc: "2.0", id: 1, method: "tools/call",
  params: { name: "echo", arguments: { text: "hi" }, _meta: {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": { name: "odd", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {} } },
});
const size = message.length;
const mcp = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: echo\r\nContent-Type: application/json\r\n";

// A GET whose head is odd, and a POST whose framing is.
const get = (fields = "", target = "/healthz", version = "HTTP/1.1") => `GET ${target} ${version}\r\nHost: localhost\r\n${fields}\r\n`;
const post = (fields, body = message, target = "/mcp") => `POST ${target} HTTP/1.1\r\nHost: localhost\r\n${mcp}${fields}\r\n${body}`;
const chunked = (body, coding = "chunked") => post(`Transfer-Encoding: ${coding}\r\n`, body);
const hex = size.toString(16);
const whole = `${hex}\r\n${message}\r\n0\r\n\r\n`;
const second = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

// name, bytes, Hatchway, nginx, Node, why
const rows = [
  ["nothing odd, without a body", get(), "200 200", "200 200", "200 200"],
  ["nothing odd, with a body", post(`Content-Length: ${size}\r\n`), "200 200", "200 200", "200 200"],
  ["chunked", chunked(whole), "200 200", "200 200", "200 200"],
  // lines and fields
  ["lines that end in a bare LF", "GET /healthz HTTP/1.1\nHost: localhost\n\n", "200 200", "200 200", "400"],
  ["a field that ends in a bare LF", get("X-A: 1\nX-B: 2\r\n"), "200 200", "200 200", "400"],
  ["a bare CR in a field", get("X-A: 1\rX-B: 2\r\n"), "200 200", "400", "400",
    "libmicrohttpd 0.9.75 ends a line there and cannot be told not to; nginx and Node refuse it before us"],
  ["empty lines before the request", "\r\n\r\n" + get(), "200 200", "200 200", "200 200"],
  ["a line that is folded", get("X-A: 1\r\n 2\r\n"), "200 200", "400", "400",
    "libmicrohttpd joins it with blanks, which RFC 9112 (section 5.2) allows"],
  ["a folded Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n", whole), "400", "400", "400"],
  ["a blank before the colon", get("X-A : 1\r\n"), "400", "400", "400"],
  ["a blank before the colon of Content-Length", post(`Content-Length : ${size}\r\n`), "400", "400", "400"],
  ["a blank before the colon of Transfer-Encoding", post("Transfer-Encoding : chunked\r\n", whole), "400", "400", "400"],
  ["a first field that begins with a blank", "GET /healthz HTTP/1.1\r\n X-A: 1\r\nHost: localhost\r\n\r\n", "400", "400", "400"],
  ["a field without a colon", get("X-A\r\n"), "400", "200 200", "400",
    "nginx skips the field"],
  ["a field without a name", get(": 1\r\n"), "200 200", "400", "400",
    "libmicrohttpd skips the field; where a body ends does not depend on it"],
  ["a name that is no token", get("X(A): 1\r\n"), "400", "200 200", "400",
    "nginx skips the field"],
  ["NUL in a field", get("X-A: 1\x002\r\n"), "200 200", "400", "400",
    "libmicrohttpd ends the value there; nginx and Node refuse it before us"],
  ["NUL in a name", get("X\0A: 1\r\n"), "400", "400", "400"],
  ["a control character in a field", get("X-A: 1\x01 2\r\n"), "200 200", "200 200", "400"],
  // length
  ["two lengths that are the same", post(`Content-Length: ${size}\r\nContent-Length: ${size}\r\n`), "400", "400", "400"],
  ["two lengths that differ", post(`Content-Length: ${size}\r\nContent-Length: ${size + 1}\r\n`), "400", "400", "400"],
  ["a list of lengths", post(`Content-Length: ${size}, ${size}\r\n`), "400", "400", "400"],
  ["a length with a plus", post(`Content-Length: +${size}\r\n`), "400", "400", "400"],
  ["a negative length", post("Content-Length: -1\r\n"), "400", "400", "400"],
  ["a length in hexadecimal", post(`Content-Length: 0x${hex}\r\n`), "400", "400", "400"],
  ["a length with a blank in it", post(`Content-Length: ${Math.floor(size / 10)} ${size % 10}\r\n`), "400", "400", "400"],
  ["a length beyond 64 bits", post(`Content-Length: 18446744073709551616${size}\r\n`), "413", "400", "400"],
  ["a length that is empty", post("Content-Length: \r\n"), "400", "400", "400"],
  ["a length with zeros before it", post(`Content-Length: 000${size}\r\n`), "200 200", "200 200", "200 200"],
  ["a length of a GET", get(`Content-Length: ${second.length}\r\n`), "200", "200", "200"],
  ["no length of a POST", post(""), "400", "200 400", "400",
    "the POST has no body, and what follows is no request: in this all agree; a call without a message is 400"],
  // chunks
  ["a length, then chunked", post(`Content-Length: ${size}\r\nTransfer-Encoding: chunked\r\n`, whole), "400", "400", "400"],
  ["chunked, then a length", post(`Transfer-Encoding: chunked\r\nContent-Length: ${whole.length}\r\n`, whole), "400", "400", "400"],
  ["chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", whole), "400", "400", "400"],
  ["Chunked", chunked(whole, "Chunked"), "200 200", "200 200", "200 200"],
  ["chunked, and then something else", chunked(whole, "chunked, identity"), "400", "501", "400"],
  ["gzip", chunked(whole, "gzip"), "400", "501", "400"],
  ["gzip, then chunked", chunked(whole, "gzip, chunked"), "400", "501", "200 200"],
  ["identity", chunked(message, "identity"), "400", "501", "400"],
  ["xchunked", chunked(whole, "xchunked"), "400", "501", "400"],
  ["chunked with a vertical tab before it", chunked(whole, "\x0bchunked"), "400", "501", "400"],
  ["chunked in HTTP/1.0", chunked(whole).replace("HTTP/1.1", "HTTP/1.0"), "400", "400", "400"],
  ["a chunk with an extension", chunked(`${hex};a=b\r\n${message}\r\n0\r\n\r\n`), "200 200", "200 200", "200 200"],
  ["a chunk with a quoted extension", chunked(`${hex};a="b;c"\r\n${message}\r\n0\r\n\r\n`), "200 200", "200 200", "200 200"],
  ["an extension with a bare LF in it", chunked(`${hex};a\nb\r\n${message}\r\n0\r\n\r\n`), "400", "400", "400"],
  ["trailers", chunked(`${hex}\r\n${message}\r\n0\r\nX-A: 1\r\n\r\n`), "200 200", "200 200", "200 200"],
  ["a trailer that is a length", chunked(`${hex}\r\n${message}\r\n0\r\nContent-Length: 5\r\n\r\n`), "200 200", "200 200", "400"],
  ["a size with a plus", chunked(`+${hex}\r\n${message}\r\n0\r\n\r\n`), "400", "400", "400"],
  ["a size with 0x", chunked(`0x${hex}\r\n${message}\r\n0\r\n\r\n`), "400", "400", "400"],
  ["a size with a blank before it", chunked(` ${hex}\r\n${message}\r\n0\r\n\r\n`), "400", "400", "400"],
  ["a size with a blank behind it", chunked(`${hex} \r\n${message}\r\n0\r\n\r\n`), "400", "200 200", "400",
    "RFC 9112 (section 7.1) has no blank there"],
  ["a size with zeros before it", chunked(`0000${hex}\r\n${message}\r\n0\r\n\r\n`), "200 200", "200 200", "200 200"],
  ["a size beyond 64 bits", chunked(`10000000000000000${hex}\r\n${message}\r\n0\r\n\r\n`), "413", "400", "400"],
  ["a size that is negative", chunked(`-1\r\n${message}\r\n0\r\n\r\n`), "400", "400", "400"],
  ["a size that is empty", chunked(`\r\n${message}\r\n0\r\n\r\n`), "400", "400", "400"],
  ["a huge line of a size", chunked(`${hex};${"a".repeat(20000)}\r\n${message}\r\n0\r\n\r\n`), "", "200 200", "413",
    "longer than what a connection holds: it is closed"],
  ["chunks that end in a bare LF", chunked(`${hex}\n${message}\n0\n\n`), "200 200", "200 200", "400"],
  ["a chunk that is longer than its size", chunked(`${hex}\r\n${message}xx\r\n0\r\n\r\n`), "400", "400", "400"],
  ["a last chunk with two zeros", chunked(`${hex}\r\n${message}\r\n00\r\n\r\n`), "200 200", "200 200", "200 200"],
  // hosts and targets
  ["no Host", "GET /healthz HTTP/1.1\r\n\r\n", "400", "400", "400"],
  ["no Host in HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", "200", "200", "400"],
  ["two Hosts", get("Host: localhost\r\n"), "400", "400", "200 200"],
  ["an absolute target", get("", "http://localhost/healthz"), "404 200", "200 200", "200 200",
    "only proxies are sent it; the path is compared as it was sent"],
  ["an absolute target of another host", get("", "http://other.example/healthz"), "404 200", "200 200", "200 200",
    "as before"],
  ["an asterisk", get("", "*"), "404 200", "400", "200 200",
    "it is no path that there is; where the request ends is clear"],
  ["OPTIONS *", get("", "*").replace("GET", "OPTIONS"), "404 200", "400", "200 200",
    "as before"],
  ["an authority", get("", "localhost:80").replace("GET", "CONNECT"), "404 200", "400", "",
    "as before"],
  ["a target without a slash", get("", "healthz"), "404 200", "400", "400",
    "as before"],
  ["a target with a blank", get("", "/health z"), "", "400", "400"],
  ["a target with NUL", get("", "/healthz\0x"), "200 200", "400", "400",
    "libmicrohttpd ends the target there; nginx and Node refuse it before us"],
  ["a target that is escaped", get("", "/%68ealthz"), "404 200", "200 200", "200 200",
    "paths are compared as they were sent: who forbids /metrics by its text must not be passed by /%6detrics"],
  ["a target with %2e%2e", get("", "/x/%2e%2e/healthz"), "404 200", "200 200", "200 200",
    "as before"],
  ["a target with %00", get("", "/healthz%00x"), "404 200", "400", "200 200",
    "as before"],
  ["a target with a broken escape", get("", "/healthz?%zz"), "200 200", "200 200", "200 200"],
  ["a target with bytes beyond ASCII", get("", "/healthz?\xff"), "200 200", "200 200", "400"],
  ["a target with a fragment", get("", "/healthz#x"), "404 200", "200 200", "200 200",
    "as before"],
  ["a target of 20,000 bytes", get("", "/healthz?" + "x".repeat(20000)), "414", "414", "431"],
  ["//mcp", post(`Content-Length: ${size}\r\n`, message, "//mcp"), "404", "200 200", "200 200",
    "a path that there is not; the rest of the connection is dropped with the body"],
  ["/mcp/", post(`Content-Length: ${size}\r\n`, message, "/mcp/"), "404", "200 200", "200 200",
    "as before"],
  ["/mcp?x", post(`Content-Length: ${size}\r\n`, message, "/mcp?x"), "200 200", "200 200", "200 200"],
  // methods, versions, other protocols
  ["a method in lower case", get().replace("GET", "get"), "200 200", "400", "400",
    "a method that is not known, and /healthz does not ask for it"],
  ["a method that is unknown", get().replace("GET", "BREW"), "200 200", "200 200", "400"],
  ["a method that is no token", get().replace("GET", "G(T"), "400", "400", "400"],
  ["a blank before the method", " " + get(), "", "400", "400"],
  ["two blanks in the request line", get("", " /healthz"), "200 200", "200 200", "200 200"],
  ["HTTP/1.0", get("", "/healthz", "HTTP/1.0"), "200", "200", "400"],
  ["HTTP/0.9", "GET /healthz\r\n", "400", "", "400"],
  ["HTTP/1.2", get("", "/healthz", "HTTP/1.2"), "200 200", "200 200", "400"],
  ["HTTP/2.0", get("", "/healthz", "HTTP/2.0"), "505", "505", "400"],
  ["HTTP/1.10", get("", "/healthz", "HTTP/1.10"), "400", "200 200", "400",
    "a version has one digit on each side (RFC 9112, section 2.3)"],
  ["http/1.1", get("", "/healthz", "http/1.1"), "400", "400", "400"],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "505", "400", "400"],
  ["an upgrade to h2c", get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), "200 200", "200 200", "200"],
  ["a hello of TLS", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "400", "400", "400"],
  ["Expect: 100-continue", post(`Content-Length: ${size}\r\nExpect: 100-continue\r\n`), "200 200", "200 200", "200 200"],
  ["Expect: something", post(`Content-Length: ${size}\r\nExpect: something\r\n`), "200 200", "200 200", "417 200"],
  ["a field of 20,000 bytes", get(`X-A: ${"x".repeat(20000)}\r\n`), "431", "400", "431"],
  ["1,000 fields", get("X-A: 1\r\n".repeat(1000)), "431", "400", "431"],
  ["a request behind one that is refused", post("Content-Length: 1\r\nContent-Length: 2\r\n", "") + second, "400", "400", "400"],
  ["an end in the head", "GET /healthz HTTP/1.1\r\nHost: local", "", "", "400"],
  ["an end in the body", post("Content-Length: 100000\r\n"), "", "200", "400",
    "an answer is not made of half a message"],
];

// --- the servers -----------------------------------------------------------------------------------------------------

const folder = mkdtempSync(join(tmpdir(), "hatchway-oracles-"));
const ports = {};
let hatchway, nginx, node;

const listens = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));

async function freePort() {
  const server = createServer();
  const port = await listens(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// One that answers by itself, and one before Hatchway that keeps its connections there open.
function configuration() {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  return `daemon off; pid ${folder}/pid; error_log ${folder}/error; events { worker_connections 200; }
    http { keepalive_timeout 1; client_header_timeout 1; client_body_timeout 1; lingering_close off; access_log off; log_format sent "$upstream_status"; ${paths}
      upstream hatchway { server 127.0.0.1:${ports.hatchway}; keepalive 4; }
      server { listen 127.0.0.1:${ports.nginx}; location / { return 200 ok; } }
      server { listen 127.0.0.1:${ports.proxy}; access_log ${folder}/access sent;
        location / { proxy_pass http://hatchway; proxy_http_version 1.1; proxy_request_buffering off; proxy_next_upstream off;
          proxy_set_header Connection ""; proxy_set_header Host localhost; } } }`;
}

async function connected(port) {
  for (let i = 0; ; i++) {
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect(port, "127.0.0.1", () => resolve(socket)).on("error", reject);
      });
    } catch (error) {
      if (i === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

before(async () => {
  hatchway = serve(["tests/fixture"]);
  ports.hatchway = Number(new URL(await hatchway.url).port);
  node = createServer((request, response) => request.resume().on("end", () => response.end("ok")));
  ports.node = await listens(node);
  [ports.nginx, ports.proxy] = [await freePort(), await freePort()];
  writeFileSync(join(folder, "conf"), configuration());
  nginx = spawn("nginx", ["-c", join(folder, "conf"), "-p", folder], { stdio: "inherit" });
  nginx.on("error", (error) => { throw new Error(`nginx (Debian: nginx-light) does not start: ${error.message}`); });
  for (const port of [ports.nginx, ports.proxy]) (await connected(port)).destroy();
});

after(async () => {
  const ended = new Promise((resolve) => nginx.on("exit", resolve));
  nginx.kill("SIGTERM");
  await ended;
  node.closeAllConnections();
  node.close();
  assert.deepEqual(await hatchway.stop(), { code: 0, signal: null });
  rmSync(folder, { recursive: true });
});

// The statuses of all answers to those bytes; 100 is none. A refusal ends what is looked at: libmicrohttpd sends the head of its own
// ones twice, and closes.
async function statuses(port, bytes, halfClose = true) {
  const socket = await connected(port);
  let received = "";
  socket.setEncoding("latin1").on("data", (text) => { received += text; }).on("error", () => {});
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket[halfClose ? "end" : "write"](Buffer.from(bytes, "latin1"));
  await closed;
  const all = received.match(/(?<=HTTP\/1\.[01] )(?!100)\d{3}/g) ?? [];
  return all.join(" ").replace(/([45]\d\d)(?: [45]\d\d)+$/, "$1");
}

// Taken or refused, one word an answer; a connection that is closed without one is a refusal.
const classes = (answers) => answers.split(" ").map((status) => status.startsWith("2") ? "taken" : "refused").join(" ");

const ended = (name) => name.startsWith("an end in");

for (const [name, bytes, ...expected] of rows) {
  const why = expected[3];
  test(name, { timeout: 30_000 }, async () => {
    const all = ended(name) ? bytes : bytes + second;
    const answers = [];
    for (const server of ["hatchway", "nginx", "node"]) answers.push(await statuses(ports[server], all));
    assert.deepEqual(answers, expected.slice(0, 3));
    assert.equal(why !== undefined, classes(answers[0]) !== classes(answers[1]), "a row says why it differs, and only then");
  });
}

// How many requests Hatchway has answered, and how many nginx has sent it.
async function seen() {
  const text = await (await fetch(`http://127.0.0.1:${ports.hatchway}/metrics`)).text();
  return [...text.matchAll(/^hatchway_http_requests_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}
const forwarded = () => readFileSync(join(folder, "access"), "utf8").split("\n").filter((line) => /^\d/.test(line)).length;

test("behind nginx, no request is seen that nginx has not sent", { timeout: 60_000 }, async () => {
  let total = 0;
  for (const [name, bytes] of rows.filter(([name]) => !ended(name))) {
    const before = [await seen(), forwarded()];
    await statuses(ports.proxy, bytes + second, false);
    const [answered, sent] = [await seen() - before[0] - 1, forwarded() - before[1]]; // one is that for /metrics
    assert.ok(answered <= sent, `${name}: nginx sent ${sent}, and ${answered} were answered`);
    total += answered;
  }
  assert.ok(total > rows.length / 2);
});
