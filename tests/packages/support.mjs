// Homes that begin empty, commands in them, and the official client on a command, as the tests of the packages need them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { connect } from "../protocol/clients.mjs";

export const version = readFileSync("src/base/base.h", "utf8").match(/#define HATCHWAY_VERSION "([^"]+)"/)[1];
export const dist = (name) => resolve("dist", name);
export const cassette = (name) => resolve("tests/cassettes", `${name}.har`);

// An empty home that is gone after the test.
export function home(t) {
  const folder = mkdtempSync(join(tmpdir(), "hatchway-home-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const environment = (folder, more = {}) => ({ PATH: process.env.PATH, HOME: folder, ...more });

export function run(folder, command, ...args) {
  return execFileSync(command, args, { cwd: folder, env: environment(folder), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

// A session of the official client with the server that a command starts; body gets the client and call.
export async function session(parameters, body) {
  const connected = await connect("client 2 auto", parameters);
  try {
    await body(connected);
  } finally {
    await connected.close();
  }
}

// A token whose server is one that refuses everything, and the requests that it got.
export async function refusing(t) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push({ path: request.url, authorization: request.headers.authorization });
    response.writeHead(403).end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    server_url: "https://elsewhere.invalid", grpc_broadcast_address: "elsewhere.invalid:443",
    sub: "707d0855-80ab-4e1f-a156-f1c4546cbf52", exp: 4102444800,
  };
  return { url, requests, token: `${part({ alg: "ES256" })}.${part(claims)}.${Buffer.alloc(64, 7).toString("base64url")}` };
}
