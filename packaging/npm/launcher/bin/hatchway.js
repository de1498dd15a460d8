#!/usr/bin/env node
// Starts the binary of the package for this machine: its arguments, stdio and signals are passed on, and it ends as the binary does.
"use strict";
const { spawn } = require("node:child_process");
const os = require("node:os");

function fail(message) {
  process.stderr.write(`hatchway: ${message}\n`);
  process.exit(1);
}

function find() {
  const machine = `${process.platform}-${process.arch}`;
  if (machine !== "linux-x64" && machine !== "linux-arm64") {
    fail(`there is no binary for ${machine}; Hatchway runs on Linux, x86-64 and arm64. Elsewhere use its container image`);
  }
  if (!process.report.getReport().header.glibcVersionRuntime) {
    fail("there is no binary for this Linux: it has no glibc (Alpine?). Use an image with glibc, such as node:slim");
  }
  try {
    return require.resolve(`@hatchway/${machine}/hatchway`);
  } catch {
    return fail(`the package @hatchway/${machine} is not installed. npm leaves it out with --omit=optional; install hatchway again without`);
  }
}

const child = spawn(find(), process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => fail(`the binary cannot be started: ${error.message}`));
for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("exit", (code, signal) => process.exit(signal ? 128 + os.constants.signals[signal] : code));
