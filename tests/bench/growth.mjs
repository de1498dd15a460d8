// Does the server grow over a long run? Rounds of everything that is made and unmade over HTTP: calls, calls whose client leaves,
// sessions, subscriptions, connections. Resident memory is read after each round, and the end is held against the warm-up.
//
//     node tests/bench/growth.mjs [ROUNDS] [PACK]      (30 rounds of 4,000 requests; needs build/hatchway and Node 20; not part of CI)
//
// A server that keeps 1 byte of each request would grow by 100 kB in the default run: the exit code is 1 beyond 1 MB.
import { Agent, request } from "node:http";
import { readFileSync } from "node:fs";
import { serve } from "../protocol/server.mjs";

const rounds = Number(process.argv[2] ?? 30);
const WARM = 5, ALLOWED = 1024; // rounds, kB
const server = serve([process.argv[3] ?? "tests/fixture"]);
const { port } = new URL(await server.url);
const agent = new Agent({ keepAlive: true, maxSockets: 20 });
const rss = () => Number(readFileSync(`/proc/${server.pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)[1]);

const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "growth", version: "1" }, "io.modelcontextprotocol/clientCapabilities": {} };
const modern = (method, params = {}) => ({ body: { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } },
  headers: { "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, ...params.name && { "Mcp-Name": params.name } } });
const tool = (name, args = {}) => modern("tools/call", { name, arguments: args });
const legacy = (method, params, headers = {}) =>
  ({ body: { jsonrpc: "2.0", id: method.startsWith("notifications/") ? undefined : 1, method, params }, headers });

// Sends it. When the first byte of an answer is there (or at once, if `leave` is "asked"), a client that leaves has left.
function send({ body, headers }, { method = "POST", leave, expect = 200 } = {}) {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, path: "/mcp", method, agent: leave ? false : agent,
      headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream", ...headers } });
    outgoing.on("error", (error) => leave ? resolve() : reject(error));
    outgoing.on("response", (answer) => {
      if (answer.statusCode !== expect) reject(new Error(`${answer.statusCode} for ${JSON.stringify(body)}`));
      if (!leave) answer.resume().on("end", () => resolve(answer));
      else answer.on("error", () => {}).once("data", () => { outgoing.destroy(); resolve(answer); });
    });
    outgoing.end(body && JSON.stringify(body), () => {
      if (leave === "asked") setTimeout(() => { outgoing.destroy(); resolve(); }, 5);
    });
  });
}

async function session() {
  const begun = await send(legacy("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "g", version: "1" } }));
  const headers = { "Mcp-Session-Id": begun.headers["mcp-session-id"] };
  await send(legacy("notifications/initialized", undefined, headers), { expect: 202 });
  await send(legacy("tools/call", { name: "say", arguments: {} }, headers));
  await send(legacy("tools/call", { name: "wait", arguments: {} }, headers), { leave: "asked" });
  await send({ headers }, { method: "DELETE", expect: 204 });
}

const work = [
  [2000, () => send(tool("echo", { text: "hello", n: 1 }))],
  [200, () => send(tool("count", { steps: 1 }))],
  [200, () => send(tool("fail"))],
  [200, () => send(modern("tools/list"))],
  [200, () => send(tool("wait"), { leave: "asked" })],
  [200, () => send(modern("subscriptions/listen", { notifications: { toolsListChanged: true } }), { leave: "answered" })],
  [200, session],
];

// So many, 20 at once.
async function times(count, what) {
  let left = count;
  await Promise.all(Array.from({ length: 20 }, async () => { while (left-- > 0) await what(); }));
}

let warm = 0;
for (let round = 1; round <= rounds; round++) {
  for (const [count, what] of work) await times(count, what);
  const now = rss();
  if (round === WARM) warm = now;
  console.log(`round ${round}: ${now} kB`);
}
const grown = rss() - warm;
console.log(`${rounds - WARM} rounds after the warm-up: ${warm} kB, then ${grown >= 0 ? "+" : ""}${grown} kB`);
agent.destroy();
await server.stop();
process.exitCode = grown > ALLOWED ? 1 : 0;
