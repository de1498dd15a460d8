// `hatchway serve ARGS… --http`, with a folder of its own as HOME.
//
//     const server = serve(["tests/fixture"]);            serve(args, { port }) for one port, { folder } for state that stays
//     await server.url                                    once it says where it listens
//     await server.stop()                                 { code, signal }, and the folder is gone if it was its own
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
export const binary = process.env.HATCHWAY ?? join(root, "build/hatchway");

const environment = (folder) => ({ PATH: process.env.PATH, HOME: folder, LSAN_OPTIONS: process.env.LSAN_OPTIONS });

export function serve(args, { port = 0, folder } = {}) {
  const home = folder ?? mkdtempSync(join(tmpdir(), "hatchway-server-"));
  const child = spawn(binary, ["serve", ...args, "--http", `127.0.0.1:${port}`], { cwd: root, env: environment(home), stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
  let log = "";
  const url = new Promise((resolve, reject) => {
    child.stderr.on("data", (piece) => {
      log += piece;
      const line = log.split("\n").slice(0, -1).find((text) => text.includes('"event":"listening"'));
      if (line) resolve(JSON.parse(line).url);
    });
    ended.then(({ code }) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  url.catch(() => {});
  const stop = async () => {
    child.kill("SIGTERM");
    const how = await ended;
    if (!folder) rmSync(home, { recursive: true });
    return how;
  };
  return { url, stop, log: () => log };
}

// A new key of the servers whose folder that is.
export function createKey(folder, ...args) {
  return execFileSync(binary, ["key", "create", ...args], { cwd: root, env: environment(folder), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}
