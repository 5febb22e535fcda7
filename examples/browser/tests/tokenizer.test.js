// The tokenizer of transformers.js gives the ids of the native one.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { loadTokenizer, makeTokenizer } from "../src/clipstill/tokenizer.js";
import { hostileTexts } from "./hostile_texts.js";
import { bundles, readJson, tokenize } from "./native.js";

const data = fileURLToPath(new URL("../../../tests/data/", import.meta.url));
const models = fileURLToPath(new URL("../../../models/", import.meta.url));
const texts = hostileTexts();

const tokenizers = [
  ...bundles.map((bundle) => join(bundle, "tokenizer.json")),
  join(models, "emoji-teacher/tokenizer.json"),
  ...["text", "clip/new", "clip/old"].map((folder) => join(data, folder, "tokenizer.json")),
];

for (const file of new Set(tokenizers)) {
  test(`ids of ${texts.length} hostile texts, ${file}`, () => {
    for (const context of [77, 8]) {
      const encode = makeTokenizer(readJson(file), { context });
      const expected = tokenize(file, texts, context);
      const cut = expected.filter((ids) => ids.length === context).length;
      assert.ok(cut > 10, `only ${cut} texts reach the context of ${context}`);
      texts.forEach((text, i) => assert.deepEqual(encode(text), expected[i], JSON.stringify(text)));
    }
  });
}

test("a bundle with SigLIP's tokenizer is refused", async () => {
  const config = { context_length: 8, vocabulary_size: 5, tokenizer: ["spiece.model", "x.json"] };
  const bundle = { config, json: () => assert.fail("nothing is loaded") };
  await assert.rejects(loadTokenizer(bundle), /the tokenizer is spiece\.model.*clipstill-edge/);
});

test("a vocabulary of another size is refused", () => {
  const json = readJson(join(data, "text/tokenizer.json"));
  assert.throws(() => makeTokenizer(json, { context: 8, vocabularySize: 5 }),
                /tokens; the model was trained with 5;/);
});
