// The official clients behind one set of functions: connect(kind, parameters) for "sdk 1", "client 2 legacy", "client 2 auto"
// and "client 2 pinned". The parameters are those of a stdio transport, or { url, headers } for HTTP.
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as Stdio1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as Http1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema, LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
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

const overHttp = (Transport, { url, headers }) => new Transport(new URL(url), { requestInit: { headers } });

// A connected client. call(name, arguments, options) is tools/call; logs gathers notifications/message, updates
// notifications/resources/updated. answers: what the client can be asked, method → function from the request to the result,
// and what it declares for that.
export async function connect(kind, parameters, answers = {}, capabilities = undefined) {
  const first = kind === "sdk 1";
  const client = first ? new Client1(info, { capabilities })
    : new Client2(info, { capabilities, versionNegotiation: { mode: modes[kind] } });
  const logs = [], updates = [];
  for (const [method, answer] of Object.entries(answers)) client.setRequestHandler(first ? requestSchemas[method] : method, answer);
  client.setNotificationHandler(first ? LoggingMessageNotificationSchema : "notifications/message", (n) => { logs.push(n.params); });
  client.setNotificationHandler(first ? ResourceUpdatedNotificationSchema : "notifications/resources/updated", (n) => { updates.push(n.params); });
  const transport = parameters.url ? overHttp(first ? Http1 : Http2, parameters) : new (first ? Stdio1 : Stdio2)(parameters);
  await client.connect(transport);
  const call = (name, args, options) =>
    first ? client.callTool({ name, arguments: args }, undefined, options) : client.callTool({ name, arguments: args }, options);
  return { client, transport, logs, updates, call, close: () => client.close() };
}
