// Labels to classify images by, without training: src/runtime/zero_shot.cpp in JavaScript.

const PLACE = "{}";

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

export class ZeroShotClassifier {
  #labels;
  #classes; // one unit vector per label
  #logitScale;

  /** Each label goes into each template in place of {}; a class is the mean of its embeddings. */
  static async make(textTower, { labels, templates, logitScale }) {
    if (!labels.length || !templates.length) {
      throw new Error("expected at least one label and one template");
    }
    for (const template of templates) {
      if (!template.includes(PLACE)) {
        throw new Error(`the template "${template}" has no {} where the label goes`);
      }
    }
    const prompts = labels.flatMap((label) =>
      templates.map((template) => template.replaceAll(PLACE, () => label)));
    const embeds = await textTower.embed(prompts);
    const classifier = new ZeroShotClassifier();
    classifier.#labels = labels;
    classifier.#logitScale = logitScale;
    classifier.#classes = labels.map((_, i) =>
      meanDirection(embeds.slice(i * templates.length, (i + 1) * templates.length)));
    return classifier;
  }

  /** [{label, probability}] of an image embedding, best first; ties keep the order of the labels. */
  classify(image) {
    const logits = this.#classes.map((embedding) => this.#logitScale * dot(image, embedding));
    const greatest = Math.max(...logits); // so that nothing overflows
    const powers = logits.map((logit) => Math.exp(logit - greatest));
    const sum = powers.reduce((a, b) => a + b);
    return this.#labels
      .map((label, i) => ({ label, probability: powers[i] / sum }))
      .sort((a, b) => b.probability - a.probability);
  }
}

function meanDirection(rows) {
  const sum = Float64Array.from(rows[0], (_, i) => rows.reduce((total, row) => total + row[i], 0));
  const length = Math.sqrt(dot(sum, sum));
  return length > 0 ? sum.map((value) => value / length) : sum;
}
