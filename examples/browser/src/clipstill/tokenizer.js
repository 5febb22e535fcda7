// The tokenizer of transformers.js, reading the bundle's tokenizer.json.
//
// Two of its rules differ from those of the reference (Hugging Face `tokenizers`, which clipstill
// follows); texts are rewritten so that they do not matter:
// - it lower-cases Σ at the end of a word to ς, the reference always to σ;
// - it does not take ideographs beyond U+FFFF apart, the reference does.
import { Tokenizer } from "@huggingface/tokenizers";

// The reference's blocks: CJK extensions B to E and the compatibility supplement.
const FAR_IDEOGRAPH = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/** makeTokenizer() of a bundle's files. */
export async function loadTokenizer(bundle) {
  const { config } = bundle;
  const [file] = config.tokenizer ?? ["tokenizer.json"];
  if (file !== "tokenizer.json") {
    throw new Error(`config.json: the tokenizer is ${file}, of which transformers.js gives other ` +
                    "ids; this page reads tokenizer.json alone: run the bundle with clipstill-edge");
  }
  return makeTokenizer(await bundle.json(file), {
    context: config.context_length,
    vocabularySize: config.vocabulary_size,
  });
}

/** Returns a function from a text to its token ids, at most `context` of them. */
export function makeTokenizer(tokenizerJson, { context, vocabularySize }) {
  const tokenizer = new Tokenizer(tokenizerJson, {});
  const found = tokenizer.get_vocab().size;
  if (vocabularySize !== undefined && found !== vocabularySize) {
    throw new Error(`tokenizer.json: ${found} tokens; the model was trained with ` +
                    `${vocabularySize}; another model's tokenizer gives wrong ids`);
  }
  const rewrite = rewriting(tokenizerJson.normalizer);
  return (text) => {
    const { ids } = tokenizer.encode(rewrite(text));
    // A text that is too long keeps its end token, which transformers.js would cut off.
    return ids.length <= context ? ids : [...ids.slice(0, context - 1), ids.at(-1)];
  };
}

function rewriting(normalizer) {
  const steps = normalizer?.normalizers ?? [normalizer ?? {}];
  const lowers = steps.some(({ type, lowercase }) => type === "Lowercase" || lowercase);
  const parts = steps.some((step) => step.handle_chinese_chars);
  return (text) => {
    if (lowers) text = text.replaceAll("Σ", "σ");
    return parts ? text.replace(FAR_IDEOGRAPH, " $& ") : text;
  };
}
