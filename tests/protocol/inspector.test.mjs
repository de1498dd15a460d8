// The command line of the official inspector: each era, over both transports. One process of it is one session.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { binary, createKey, serve } from "./server.mjs";

const launcher = join(import.meta.dirname, "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");
const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "hatchway-inspector-"));
let server, key;

before(async () => {
  [key] = createKey(folder, "inspector").match(/hw_\S+/);
  server = serve(["tests/fixture"], { folder });
  await server.url;
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const ways = {
  stdio: async () => [binary, "serve", "tests/fixture", "--transport", "stdio"],
  http: async () => ["--server-url", await server.url, "--transport", "http", "--header", `Authorization: Bearer ${key}`],
};

// The exit code, what it printed as JSON, and what it said of an error (the last line of stderr).
async function inspect(way, era, ...args) {
  const all = [launcher, "--cli", ...await ways[way](), "--protocol-era", era, "--format", "json", "--quiet", ...args];
  return new Promise((resolve) => execFile(process.execPath, all, { cwd: root, env: { PATH: process.env.PATH, HOME: folder } },
    (error, stdout, stderr) => resolve({ code: error?.code ?? 0, out: stdout && JSON.parse(stdout), said: stderr })));
}

describe("the inspector", { concurrency: 2 }, () => {
  for (const way of Object.keys(ways)) for (const era of ["legacy", "auto", "modern"]) {
    test(`${way}, ${era}: it lists the tools, and finds their schemas portable`, async () => {
      const { code, out, said } = await inspect(way, era, "--method", "tools/list", "--strict");
      assert.equal(code, 0, said);
      assert.deepEqual(out.result.tools.map((tool) => tool.name), ["echo", "say", "blocks", "fail", "count", "wait", "away"]);
    });

    test(`${way}, ${era}: it calls a tool`, async () => {
      const { code, out, said } = await inspect(way, era, "--method", "tools/call", "--tool-name", "echo", "--tool-args-json", '{"text":"é😀","n":3}');
      assert.equal(code, 0, said);
      assert.deepEqual(out.result.structuredContent, { text: "é😀", n: 3 });
    });
  }

  for (const way of Object.keys(ways)) {
    test(`${way}: it tells a failure of a tool`, async () => {
      const { code, out } = await inspect(way, "auto", "--method", "tools/call", "--tool-name", "fail");
      assert.equal(code, 5); // its code for isError
      assert.equal(out.result.content[0].text, "it is broken\nleave it alone");
    });

    test(`${way}: it reads a resource and gets a prompt`, async () => {
      const read = await inspect(way, "auto", "--method", "resources/read", "--uri", "note://days/7");
      assert.equal(read.out.result.contents[0].text, '{"day":7}', read.said);
      const prompt = await inspect(way, "auto", "--method", "prompts/get", "--prompt-name", "greet", "--prompt-args", "name=Ada");
      assert.deepEqual(prompt.out.result.messages.map((message) => message.role), ["user", "assistant"], prompt.said);
    });
  }
});
