// What goes over the wire between a client and the server, kept as it was, and held against the official JSON schemas.
//
// wires.stdio() gives the parameters of a stdio transport whose process is `tee | hatchway | tee`: the bytes of both directions
// land in files, one pair a process (a client may start a second one to find out which revisions the server speaks).
// wires.http() gives the address of a proxy before such a server, which keeps all bodies.
// check() ends that and reads it: every line, body and event has to be one message, valid by the schema of the revision it belongs
// to, and each result has to be that of its request's method.
import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { createServer, request as requestHttp } from "node:http";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary, serve } from "./server.mjs";

const here = import.meta.dirname;
const modern = "2026-07-28";
const revisions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", modern];
const versionKey = "io.modelcontextprotocol/protocolVersion";

const schemas = Object.fromEntries(revisions.map((revision) => {
  const schema = JSON.parse(readFileSync(join(here, "schemas", `${revision}.json`), "utf8"));
  const ajv = new (schema.$defs ? Ajv2020 : Ajv)({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(schema, revision);
  const place = schema.$defs ? "$defs" : "definitions";
  const validators = {};
  return [revision, (type) => validators[type] ??= ajv.getSchema(`${revision}#/${place}/${type}`) ?? false];
}));

const resultTypes = {
  "initialize": "InitializeResult",
  "ping": "EmptyResult",
  "server/discover": "DiscoverResult",
  "tools/list": "ListToolsResult",
  "tools/call": "CallToolResult",
  "resources/list": "ListResourcesResult",
  "resources/templates/list": "ListResourceTemplatesResult",
  "resources/read": "ReadResourceResult",
  "prompts/list": "ListPromptsResult",
  "prompts/get": "GetPromptResult",
  "completion/complete": "CompleteResult",
  "logging/setLevel": "EmptyResult",
  "resources/subscribe": "EmptyResult",
  "resources/unsubscribe": "EmptyResult",
  "subscriptions/listen": "SubscriptionsListenResult",
};

// What a client answers to requests of ours.
const answerTypes = {
  "elicitation/create": "ElicitResult",
  "sampling/createMessage": "CreateMessageResult",
  "roots/list": "ListRootsResult",
};

// Problems of one message with one type of a revision's schema.
function problems(revision, type, message) {
  const validate = schemas[revision](type);
  if (!validate) return [`${revision} has no type ${type}`];
  if (validate(message)) return [];
  const text = JSON.stringify(message);
  return [`${revision} ${type}: ${validate.errors.slice(0, 5).map((e) => `${e.instancePath} ${e.message}`).join("; ")} in ${text.slice(0, 500)}`];
}

function lines(file) {
  const text = readFileSync(file, "utf8");
  if (text && !text.endsWith("\n")) throw new Error(`${file} does not end in a newline`);
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

// One process: what the client sent and what the server answered. Returns what is wrong, a sentence each.
export function checkProcess(sent, received) {
  const found = [];
  const requests = new Map();
  let negotiated = "2025-11-25";
  for (const message of sent) {
    if (message.id !== undefined && message.method !== undefined) requests.set(message.id, message);
  }
  const initialize = sent.find((m) => m.method === "initialize");
  if (initialize) negotiated = received.find((m) => m.id === initialize.id)?.result?.protocolVersion ?? negotiated;
  const revisionOf = (message) => message?.params?._meta?.[versionKey] ?? negotiated;

  for (const message of sent.filter((m) => m.method === undefined)) {
    const request = received.find((m) => m.id === message.id && m.method !== undefined);
    if (!request) found.push(`an answer to nothing: ${JSON.stringify(message).slice(0, 500)}`);
    else if (message.result) found.push(...problems(negotiated, answerTypes[request.method] ?? "unknown", message.result));
  }
  for (const message of sent.filter((m) => m.method !== undefined)) {
    const type = message.id === undefined ? "ClientNotification" : "ClientRequest";
    found.push(...problems(revisionOf(message), type, message));
  }
  // A notification has no revision of its own: that of the conversation, which is modern if no one initialized.
  const ofConversation = initialize ? negotiated : modern;
  for (const message of received) {
    if (message.method !== undefined) {
      found.push(...problems(ofConversation, message.id === undefined ? "ServerNotification" : "ServerRequest", message));
      continue;
    }
    const request = requests.get(message.id);
    if (!request) {
      found.push(`an answer to nothing: ${JSON.stringify(message).slice(0, 500)}`);
      continue;
    }
    const revision = revisionOf(request);
    const split = schemas[revision]("JSONRPCResultResponse");
    if (message.error) {
      found.push(...problems(revision, split ? "JSONRPCErrorResponse" : "JSONRPCError", message));
    } else {
      found.push(...problems(revision, split ? "JSONRPCResultResponse" : "JSONRPCResponse", message));
      const type = message.result.resultType === "input_required" ? "InputRequiredResult" : resultTypes[request.method] ?? "unknown";
      found.push(...problems(revision, type, message.result));
    }
  }
  return found;
}

// For `hatchway serve ARGS…`: the parameters of a transport (clients.mjs), and check(): { messages, found } of all that went over it.
export const wires = { stdio, http };

async function stdio(args) {
  const folder = mkdtempSync(join(tmpdir(), "hatchway-wire-"));
  const script = 'd=$1; shift; tee "$d/in.$$" | "$@" | tee "$d/out.$$"';
  return {
    parameters: {
      command: "sh",
      args: ["-c", script, "sh", folder, binary, "serve", ...args],
      env: { PATH: process.env.PATH, HOME: folder, LANG: "C.UTF-8" },
      cwd: join(here, "../.."),
      stderr: "ignore",
    },
    async check() {
      const found = [];
      let messages = 0;
      for (const name of readdirSync(folder).filter((n) => n.startsWith("in."))) {
        const sent = lines(join(folder, name));
        const received = lines(join(folder, name.replace("in.", "out.")));
        messages += sent.length + received.length;
        found.push(...checkProcess(sent, received));
      }
      rmSync(folder, { recursive: true });
      return { messages, found };
    },
  };
}

// The messages of a body: JSON, or the data of events.
function messagesOf(type, text) {
  if (type?.startsWith("application/json")) return [JSON.parse(text)];
  if (!type?.startsWith("text/event-stream")) return [];
  return text.split("\n\n").slice(0, -1).flatMap((event) => { // what has no end is no event
    const data = event.match(/^data: (.+)$/m);
    return data ? [JSON.parse(data[1])] : [];
  });
}

// A proxy in front of the server that keeps every body of both directions as it was.
async function http(args) {
  const server = serve(args);
  const target = new URL(await server.url);
  const exchanges = [];
  const proxy = createServer((request, response) => {
    const exchange = { sent: "", received: "" };
    exchanges.push(exchange);
    const { method, url: path, rawHeaders: headers } = request;
    const onward = requestHttp({ host: target.hostname, port: target.port, method, path, headers, agent: false }, (answer) => {
      exchange.type = answer.headers["content-type"];
      response.writeHead(answer.statusCode, answer.rawHeaders).flushHeaders();
      answer.setEncoding("utf8").on("data", (text) => { exchange.received += text; }).pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy()); // a client that leaves is seen to leave
    request.setEncoding("utf8").on("data", (text) => { exchange.sent += text; }).pipe(onward);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    parameters: { url: `http://127.0.0.1:${proxy.address().port}/mcp` },
    async check() {
      proxy.close();
      proxy.closeAllConnections();
      const how = await server.stop();
      const sent = exchanges.flatMap((x) => x.sent ? [JSON.parse(x.sent)] : []);
      const received = exchanges.flatMap((x) => messagesOf(x.type, x.received));
      const found = checkProcess(sent, received);
      if (how.code !== 0) found.push(`the server ended with ${how.code ?? how.signal}: ${server.log()}`);
      return { messages: sent.length + received.length, found };
    },
  };
}
