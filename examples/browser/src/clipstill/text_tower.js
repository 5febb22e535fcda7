// Texts to embeddings. Loads the text graph and the tokenizer, nothing else of the bundle.
import { Session } from "./session.js";
import { loadTokenizer } from "./tokenizer.js";

const BATCH = 32;

export class TextTower {
  #tokenize;
  #session;

  static async load(bundle) {
    const tower = new TextTower();
    tower.#tokenize = await loadTokenizer(bundle);
    tower.#session = await Session.load(bundle, bundle.config.text_encoder, "text_embeds");
    return tower;
  }

  /** One Float32Array of length 1 (Euclidean) per text. */
  async embed(texts) {
    const embeds = new Array(texts.length);
    for (const batch of batches(texts.map(this.#tokenize))) {
      const rows = await this.#run(batch.map(({ ids }) => ids));
      batch.forEach(({ index }, i) => (embeds[index] = rows[i]));
    }
    return embeds;
  }

  #run(lines) {
    const shape = [lines.length, lines[0].length];
    const ids = BigInt64Array.from(lines.flat(), BigInt);
    return this.#session.run({
      input_ids: ["int64", ids, shape],
      attention_mask: ["int64", new BigInt64Array(ids.length).fill(1n), shape],
    });
  }

  release() {
    return this.#session.release();
  }
}

// Texts of one length run together, so that nothing is padded.
function batches(lines) {
  const byLength = new Map();
  lines.forEach((ids, index) => {
    const group = byLength.get(ids.length) ?? [];
    byLength.set(ids.length, group);
    group.push({ ids, index });
  });
  const all = [];
  for (const group of byLength.values()) {
    for (let i = 0; i < group.length; i += BATCH) all.push(group.slice(i, i + BATCH));
  }
  return all;
}
