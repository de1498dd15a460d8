// The MCPB bundle: valid, and started as a client starts it, from its manifest and what the user has filled in.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { getMcpConfigForManifest, unpackExtension, validateManifest } from "@anthropic-ai/mcpb";
import { dist, environment, home, refusing, session, version } from "./support.mjs";

const bundle = dist(`hatchway-${version}.mcpb`);

async function unpacked(t) {
  const folder = join(home(t), "bundle");
  assert.ok(await unpackExtension({ mcpbPath: bundle, outputDir: folder, silent: true }));
  return { folder, manifest: JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) };
}

const configured = ({ folder, manifest }, userConfig) =>
  getMcpConfigForManifest({ manifest, extensionPath: folder, systemDirs: {}, userConfig, pathSeparator: "/" });

test("the manifest is valid, and says the version", async (t) => {
  const { folder, manifest } = await unpacked(t);
  assert.ok(validateManifest(join(folder, "manifest.json")));
  assert.equal(manifest.version, version);
});

test("the token is a secret without which nothing starts", async (t) => {
  const bundled = await unpacked(t);
  assert.ok(bundled.manifest.user_config.token.sensitive);
  assert.equal(await configured(bundled, { access: "read" }), undefined);
});

test("a client starts it with what the user filled in: token, address and access arrive", async (t) => {
  const bundled = await unpacked(t);
  const { url, token, requests } = await refusing(t);
  const { command, args, env } = await configured(bundled, { token, server_url: url, access: "write" });
  await session({ command, args, env: { ...environment(bundled.folder), ...env } }, async ({ client, call }) => {
    const names = (await client.listTools()).tools.map((tool) => tool.name);
    assert.ok(names.includes("trigger_workflow") && !names.includes("cancel_run"), names.join(" "));
    const result = await call("list_workflows", {});
    assert.ok(result.isError);
    assert.ok(requests.length > 0);
    for (const { authorization } of requests) assert.equal(authorization, `Bearer ${token}`);
  });
});

test("what the user leaves out is what the manifest says: the address of the token, reads only", async (t) => {
  const bundled = await unpacked(t);
  const { token } = await refusing(t);
  const { command, args, env } = await configured(bundled, { token });
  await session({ command, args, env: { ...environment(bundled.folder), ...env } }, async ({ client }) => {
    const names = (await client.listTools()).tools.map((tool) => tool.name);
    assert.ok(names.includes("list_runs") && !names.includes("trigger_workflow"));
  });
});

test("server.json has its sum", () => {
  const { packages } = JSON.parse(readFileSync(dist("server.json"), "utf8"));
  const sum = createHash("sha256").update(readFileSync(bundle)).digest("hex");
  assert.equal(packages.find((one) => one.registryType === "mcpb").fileSha256, sum);
});
