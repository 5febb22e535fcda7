// The built page, served on this machine, in headless Chromium.
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";
import { build, preview } from "vite";

import { bundleFolder } from "../serve_bundle.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const outDir = join(process.env.SCRATCH, "site");

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Builds the page and the harness, once for all tests. */
export async function buildSite() {
  const input = ["index.html", "tests/harness.html"].map((page) => join(root, page));
  await build({ root, logLevel: "warn", build: { outDir, emptyOutDir: true, rollupOptions: { input } } });
}

/** Serves what buildSite() built with one bundle; returns {url, close}. */
export async function serveSite(bundle) {
  const server = await preview({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [bundleFolder(bundle)],
    build: { outDir },
    appType: "mpa",
    preview: { host: "127.0.0.1", port: await freePort(), strictPort: true },
  });
  return { url: server.resolvedUrls.local[0], close: () => server.close() };
}

/** The system's Chromium. As root it runs only without its sandbox. */
export function launch() {
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM, args });
}

/** A tab that notes which addresses it asked for and what went wrong in it. */
export async function newTab(browser, url) {
  const tab = await browser.newPage();
  tab.setDefaultTimeout(120_000); // a busy machine compiles WebAssembly for half a minute
  tab.requests = [];
  tab.problems = [];
  tab.on("request", (request) => tab.requests.push(request.url()));
  tab.on("pageerror", (error) => tab.problems.push(error.message));
  await tab.goto(url);
  return tab;
}

/** Does something to the page and waits for its answer, which is not the one that was there before. */
export async function answered(tab, action) {
  await tab.evaluate(() => (document.getElementById("status").textContent = "Not asked yet …"));
  await action();
  await tab.waitForFunction(() => !document.getElementById("status").textContent.endsWith("…"));
}
