// What the native executable says.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MAX_OUTPUT = 1 << 28;

/** Folders of the bundles to compare. */
export const bundles = process.env.CLIPSTILL_BUNDLES.split(":");

function edge(...words) {
  const options = { encoding: "utf8", maxBuffer: MAX_OUTPUT, stdio: ["ignore", "pipe", "inherit"] };
  return execFileSync(process.env.CLIPSTILL_EDGE, words, options);
}

function linesFile(name, lines) {
  const path = join(process.env.SCRATCH, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

/** A map from file to a map from label to probability. */
export function classify(bundle, files, { labels, templates }) {
  const text = edge("classify", bundle, ...files, "--label_file", linesFile("labels", labels),
                    "--templates", templates.join(","), "--top", String(labels.length), "--json");
  return new Map(JSON.parse(text).map(({ image, labels: scores }) =>
    [image, new Map(scores.map(({ label, probability }) => [label, probability]))]));
}

/** One embedding per input; `kind` is image or text. */
export function embed(bundle, kind, inputs) {
  const text = edge("embed", bundle, "--kind", kind, "--", ...inputs);
  return text.trim().split("\n").map((line) => JSON.parse(line).embedding);
}

/** One list of ids per text. */
export function tokenize(tokenizer, texts, context) {
  const ids = [];
  for (let i = 0; i < texts.length; i += 500) {
    const some = texts.slice(i, i + 500);
    const text = edge("tokenize", tokenizer, "--context", String(context), "--json", "--", ...some);
    ids.push(...JSON.parse(text).map(({ tokens }) => tokens.map(({ id }) => id)));
  }
  return ids;
}

export function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}
