// How many ids of the hostile texts transformers.js gives by itself, without what tokenizer.js adds.
//
//   npm install --no-save --ignore-scripts @huggingface/transformers@4.3.1   # 450 MB
//   CLIPSTILL_EDGE=../../build/release/bin/clipstill-edge CLIPSTILL_BUNDLES= \
//     node tests/transformers_js.js TOKENIZER_JSON...
import { PreTrainedTokenizer } from "@huggingface/transformers";

import { makeTokenizer } from "../src/clipstill/tokenizer.js";
import { hostileTexts } from "./hostile_texts.js";
import { readJson, tokenize } from "./native.js";

const NO_LIMIT = 100_000; // transformers.js cuts the end token off, which is another matter
const texts = hostileTexts();
for (const file of process.argv.slice(2)) {
  const theirs = new PreTrainedTokenizer(readJson(file), {});
  const ours = makeTokenizer(readJson(file), { context: NO_LIMIT });
  const expected = tokenize(file, texts, NO_LIMIT).map(String);
  const differing = (encode) => texts.filter((text, i) => String(encode(text)) !== expected[i]).length;
  const alone = differing((text) => theirs(text, { return_tensor: false }).input_ids);
  console.log(`${file}: of ${texts.length} texts ${alone} differ, with tokenizer.js ${differing(ours)}`);
}
