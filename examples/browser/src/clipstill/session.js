// ONNX Runtime as WebAssembly, from the page's own server. One thread: more would need headers that
// isolate the page, and gain little with models of this size.
import * as ort from "onnxruntime-web/wasm";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

/** Runs one graph of the bundle. */
export class Session {
  #session;
  #output;

  /** `output` is the name of the embeddings, `width` their columns. */
  static async load(bundle, name, output) {
    const session = new Session();
    const graph = await bundle.bytes(name);
    try {
      session.#session = await ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });
    } catch (error) {
      throw new Error(`${name}: ONNX Runtime cannot load it: ${error.message}`);
    }
    session.#output = output;
    return session;
  }

  /** Inputs are {name: [type, values, shape]}; returns the rows of the output. */
  async run(inputs) {
    const feeds = {};
    for (const [name, [type, values, shape]] of Object.entries(inputs)) {
      feeds[name] = new ort.Tensor(type, values, shape);
    }
    const tensor = (await this.#session.run(feeds))[this.#output];
    const [rows, width] = tensor.dims;
    return Array.from({ length: rows }, (_, i) => tensor.data.slice(i * width, (i + 1) * width));
  }

  release() {
    return this.#session.release();
  }
}
