// The npm packages, installed from their tarballs in an empty home, and started as a client would.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cassette, dist, environment, home, run, session, version } from "./support.mjs";

const here = `linux-${process.arch}`;

// The platform packages that npm would fetch are not published while this runs: the one for this machine comes from its tarball, too.
function installed(t) {
  const folder = home(t);
  run(folder, "npm", "init", "--yes");
  run(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", dist(`hatchway-${version}.tgz`), dist(`hatchway-${here}-${version}.tgz`));
  return folder;
}

test("npx hatchway serve hatchet serves a client", async (t) => {
  const folder = installed(t);
  const parameters = {
    command: "npx", args: ["--no-install", "hatchway", "serve", "hatchet", "--replay", cassette("overview")],
    cwd: folder, env: environment(folder),
  };
  await session(parameters, async ({ client, call }) => {
    assert.equal(client.getServerVersion().name, "hatchet");
    const { structuredContent } = await call("list_workflows", {});
    assert.ok(structuredContent.rows.length > 0);
  });
});

test("the version is passed through, and so is the exit code", (t) => {
  const folder = installed(t);
  const command = join(folder, "node_modules/.bin/hatchway");
  assert.equal(run(folder, command, "--version"), `hatchway ${version}\n`);
  assert.throws(() => run(folder, command, "nonsense"), (error) => {
    assert.equal(error.status, 2);
    assert.match(error.stderr, /there is no command "nonsense"/);
    return true;
  });
});

test("a signal ends the binary, not only what started it", async (t) => {
  const folder = installed(t);
  const child = spawn(join(folder, "node_modules/.bin/hatchway"), ["serve", "hatchet", "--replay", cassette("overview")],
    { env: environment(folder), stdio: ["pipe", "pipe", "pipe"] });
  await once(child.stderr, "data"); // the line of the start
  const [binary] = run(folder, "pgrep", "-P", String(child.pid)).trim().split("\n");
  child.kill("SIGTERM");
  await once(child, "exit");
  assert.throws(() => process.kill(Number(binary), 0), { code: "ESRCH" });
});

test("without the package for this machine it says what to do", (t) => {
  const folder = installed(t);
  rmSync(join(folder, "node_modules/@hatchway"), { recursive: true });
  assert.throws(() => run(folder, join(folder, "node_modules/.bin/hatchway"), "--version"), (error) => {
    assert.equal(error.status, 1);
    assert.match(error.stderr, new RegExp(`@hatchway/${here} is not installed.*--omit=optional`));
    return true;
  });
});

for (const [platform, arch, said] of [["darwin", "arm64", /no binary for darwin-arm64; Hatchway runs on Linux/],
  ["linux", "ia32", /no binary for linux-ia32/]]) {
  test(`on ${platform}, ${arch} it says where it runs`, (t) => {
    const folder = installed(t);
    const pretend = `Object.defineProperty(process, "platform", { value: "${platform}" });`
      + `Object.defineProperty(process, "arch", { value: "${arch}" });`
      + `require(${JSON.stringify(join(folder, "node_modules/hatchway/bin/hatchway.js"))});`;
    assert.throws(() => run(folder, process.execPath, "-e", pretend), (error) => {
      assert.equal(error.status, 1);
      assert.match(error.stderr, said);
      return true;
    });
  });
}

test("npm takes the package of the other machine for no use here", (t) => {
  const other = here === "linux-x64" ? "linux-arm64" : "linux-x64";
  const folder = home(t);
  run(folder, "npm", "init", "--yes");
  assert.throws(() => run(folder, "npm", "install", "--offline", dist(`hatchway-${other}-${version}.tgz`)), /EBADPLATFORM/);
});
