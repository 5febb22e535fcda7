// The bundle as the page uses it: each part is loaded when it is first needed, and what has not
// changed since the last question is not computed again.
import { Bundle } from "../clipstill/bundle.js";
import { ImageTower } from "../clipstill/image_tower.js";
import { TextTower } from "../clipstill/text_tower.js";
import { ZeroShotClassifier } from "../clipstill/zero_shot.js";

// Remembers the result of `make` for the last key; a failure is not remembered.
function lastOne(make) {
  let key, result;
  return (newKey, ...rest) => {
    if (result === undefined || newKey !== key) {
      key = newKey;
      result = make(newKey, ...rest);
      result.catch(() => (result = undefined));
    }
    return result;
  };
}

export class Model {
  #bundle = lastOne((url) => Bundle.open(url));
  #texts = lastOne((bundle) => TextTower.load(bundle));
  #images = lastOne((bundle) => ImageTower.load(bundle));
  #embedding = lastOne(async (file) => (await this.#images(await this.open())).embed(file));
  #classifier = lastOne(async (key, labels, templates) => {
    const bundle = await this.open();
    const texts = await this.#texts(bundle);
    const logitScale = bundle.config.logit_scale;
    return ZeroShotClassifier.make(texts, { labels, templates, logitScale });
  });
  #url;

  constructor(url) {
    this.#url = url;
  }

  /** The bundle with its config; throws if there is none. */
  open() {
    return this.#bundle(this.#url);
  }

  /** [{label, probability}], best first. `file` stays the same object while the image does. */
  async classify(file, labels, templates) {
    const classifier = await this.#classifier(JSON.stringify([labels, templates]), labels, templates);
    return classifier.classify(await this.#embedding(file));
  }
}
