// The official conformance tool against tests/protocol/pack over HTTP: what each revision requires, and everything that the tool has.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { serve } from "./server.mjs";

const tool = join(import.meta.dirname, "node_modules/@modelcontextprotocol/conformance");

// scenario → the checks that the tool has made in it.
function readChecks(folder) {
  const scenarios = new Map();
  for (const entry of readdirSync(folder)) {
    const name = entry.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\dZ-]+$/, "");
    scenarios.set(name, JSON.parse(readFileSync(join(folder, entry, "checks.json"), "utf8")));
  }
  return scenarios;
}

// Runs the tool: its exit code, what it printed, and the checks.
async function conform(...args) {
  const folder = mkdtempSync(join(tmpdir(), "hatchway-conformance-"));
  const server = serve(["tests/protocol/pack"]);
  try {
    const out = join(folder, "out");
    const parameters = [join(tool, "dist/index.js"), "server", "--url", await server.url, "-o", out, ...args];
    const { code, text } = await new Promise((resolve) => execFile(process.execPath, parameters, { maxBuffer: 1 << 26 },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, text: stdout + stderr })));
    return { code, text, scenarios: readChecks(out) };
  } finally {
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    rmSync(folder, { recursive: true });
  }
}

const having = (checks, status) => checks.filter((check) => check.status === status);

// What went wrong, or might, as "scenario: check: message".
function problems(scenarios) {
  return [...scenarios].flatMap(([name, checks]) => [...having(checks, "FAILURE"), ...having(checks, "WARNING")]
    .map((check) => `${name}: ${check.id}: ${check.errorMessage}`));
}

const succeeded = (scenarios, names) => names.filter((name) => having(scenarios.get(name) ?? [], "SUCCESS").length > 0);

// The scenarios that count for a revision, as the tool names them.
function required(revision) {
  const text = readFileSync(join(tool, `requirements/${revision}.yaml`), "utf8");
  return text.match(/^server:\n((?: {2}- .*\n)+)/m)[1].match(/[\w-]+(?=\n)/g);
}

describe("the conformance tool", { concurrency: true }, () => {
  for (const [revision, scored, all] of [["2025-11-25", 30, 33], ["2026-07-28", 37, 50]]) {
    test(`${revision}: ${scored} of ${scored}`, async () => {
      const { code, text, scenarios } = await conform("--requirements", revision);
      const names = required(revision);
      assert.deepEqual(problems(scenarios), []);
      assert.equal(code, 0, text);
      assert.equal(names.length, scored);
      assert.deepEqual(succeeded(scenarios, names), names);
      assert.equal(scenarios.size, all);
    });
  }

  test("everything, tasks included", async () => {
    const { code, text, scenarios } = await conform("--suite", "all");
    assert.deepEqual(problems(scenarios), []);
    assert.equal(code, 0, text);
    const tasks = [...scenarios.keys()].filter((name) => name.startsWith("tasks-"));
    assert.equal(tasks.length, 10);
    // the tool has no check of the one that is left: it says so and skips it
    assert.deepEqual(tasks.filter((name) => !succeeded(scenarios, tasks).includes(name)), ["tasks-status-notifications"]);
  });
});
