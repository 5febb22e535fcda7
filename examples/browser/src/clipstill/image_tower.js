// Images to embeddings.
import { decode } from "./decode.js";
import { preprocess, readSettings } from "./preprocess.js";
import { Session } from "./session.js";

export class ImageTower {
  #settings;
  #session;

  static async load(bundle) {
    const { config } = bundle;
    const tower = new ImageTower();
    tower.#settings = readSettings(await bundle.json("preprocessor_config.json"));
    if (tower.#settings.size !== config.image_size) {
      throw new Error(`preprocessor_config.json: images of ${tower.#settings.size} pixels; the ` +
                      `model takes ${config.image_size}`);
    }
    tower.#session = await Session.load(bundle, config.image_encoder, "image_embeds");
    return tower;
  }

  /** `file` is a JPEG, PNG or WebP image as a File or Blob; returns a Float32Array of length 1. */
  async embed(file) {
    const [row] = await this.embedTensor(preprocess(
      await decode(file, this.#settings.applyOrientation), this.#settings));
    return row;
  }

  embedTensor(tensor) {
    const { size } = this.#settings;
    return this.#session.run({
      pixel_values: ["float32", tensor, [tensor.length / (3 * size * size), 3, size, size]],
    });
  }

  release() {
    return this.#session.release();
  }
}
