// The official clients behind one set of functions: connect(kind, parameters) for "sdk 1", "client 2 legacy", "client 2 auto"
// and "client 2 pinned". The parameters are those of a stdio transport, or { url, headers } for HTTP.
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as Stdio1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as Http1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema, LoggingMessageNotificationSchema,
  PromptListChangedNotificationSchema, ResourceUpdatedNotificationSchema, ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as Stdio2 } from "@modelcontextprotocol/client/stdio";

const info = { name: "protocol-tests", version: "1.0.0" };
const modes = { "client 2 legacy": "legacy", "client 2 auto": "auto", "client 2 pinned": { pin: "2026-07-28" } };

export const kinds = ["sdk 1", ...Object.keys(modes)];
export const isModern = (kind) => kind === "client 2 auto" || kind === "client 2 pinned";

const requestSchemas = {
  "elicitation/create": ElicitRequestSchema, "sampling/createMessage": CreateMessageRequestSchema, "roots/list": ListRootsRequestSchema,
};

const notificationSchemas = {
  "notifications/message": LoggingMessageNotificationSchema, "notifications/resources/updated": ResourceUpdatedNotificationSchema,
  "notifications/tools/list_changed": ToolListChangedNotificationSchema, "notifications/prompts/list_changed": PromptListChangedNotificationSchema,
};

const overHttp = (Transport, { url, headers }) => new Transport(new URL(url), { requestInit: { headers } });

// A connected client. call(name, arguments, options) is tools/call; logs gathers notifications/message, updates
// notifications/resources/updated, changes the names of list_changed. answers: what the client can be asked, method → function from the request to the result,
// and what it declares for that.
export async function connect(kind, parameters, answers = {}, capabilities = undefined) {
  const first = kind === "sdk 1";
  const client = first ? new Client1(info, { capabilities })
    : new Client2(info, { capabilities, versionNegotiation: { mode: modes[kind] } });
  const logs = [], updates = [], changes = [];
  for (const [method, answer] of Object.entries(answers)) client.setRequestHandler(first ? requestSchemas[method] : method, answer);
  const on = (method, take) => client.setNotificationHandler(first ? notificationSchemas[method] : method, take);
  on("notifications/message", (n) => { logs.push(n.params); });
  on("notifications/resources/updated", (n) => { updates.push(n.params); });
  for (const list of ["tools", "prompts"]) on(`notifications/${list}/list_changed`, (n) => { changes.push(n.method); });
  const transport = parameters.url ? overHttp(first ? Http1 : Http2, parameters) : new (first ? Stdio1 : Stdio2)(parameters);
  await client.connect(transport);
  const call = (name, args, options) =>
    first ? client.callTool({ name, arguments: args }, undefined, options) : client.callTool({ name, arguments: args }, options);
  return { client, transport, logs, updates, changes, call, close: () => client.close() };
}

// Waits until done() is true; a test that waits in vain fails at its time limit.
export async function until(done) {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
}
