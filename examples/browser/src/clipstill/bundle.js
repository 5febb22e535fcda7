// A bundle that lies at a URL: its config, and its files when they are asked for.

const FORMAT = "clipstill-bundle";
const VERSION = 1; // the newest that this code reads

export class Bundle {
  #url;
  #sizes; // bytes of each file, from manifest.json

  /** `url` is the folder's, with a slash at the end. */
  static async open(url) {
    const bundle = new Bundle();
    bundle.#url = new URL(url, document.baseURI);
    const manifest = await bundle.json("manifest.json");
    bundle.#sizes = manifest.files ?? {};
    bundle.config = checkConfig(await bundle.json("config.json"));
    return bundle;
  }

  /** One file, whole: a copy that was cut short is refused by name. */
  async bytes(name) {
    const url = new URL(name, this.#url);
    let response;
    try {
      response = await fetch(url);
    } catch {
      throw new Error(`${url.pathname}: the server does not answer; is it still running?`);
    }
    if (!response.ok) {
      throw new Error(`${url.pathname}: the server says ${response.status}; expected a file of a ` +
                      "bundle, as `clipstill export` writes it");
    }
    const buffer = await response.arrayBuffer();
    const expected = this.#sizes?.[name]?.bytes;
    if (expected !== undefined && expected !== buffer.byteLength) {
      throw new Error(`${url.pathname}: ${buffer.byteLength} bytes; manifest.json says ` +
                      `${expected}; copy the bundle again, whole`);
    }
    return new Uint8Array(buffer);
  }

  async json(name) {
    const text = new TextDecoder().decode(await this.bytes(name));
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`${new URL(name, this.#url).pathname}: not JSON; it begins with ` +
                      JSON.stringify(text.slice(0, 20)));
    }
  }
}

function checkConfig(config) {
  if (config.format !== FORMAT) {
    throw new Error(`config.json: format is ${JSON.stringify(config.format)}; expected ` +
                    `"${FORMAT}", as \`clipstill export\` writes it`);
  }
  if (config.version > VERSION) {
    throw new Error(`config.json: a bundle of version ${config.version}; this page reads up to ` +
                    `${VERSION}; use the page of a newer clipstill`);
  }
  for (const key of ["embed_dim", "logit_scale", "image_size", "context_length",
                     "vocabulary_size"]) {
    if (!(config[key] > 0)) {
      throw new Error(`config.json: ${key} is ${JSON.stringify(config[key])}; expected a number ` +
                      "above 0");
    }
  }
  return config;
}
