// From decoded pixels to the tensor that the image encoder takes, as preprocessor_config.json says
// and src/image/preprocess.cpp does it.
import { fit } from "./fit.js";
import { FILTERS } from "./resample.js";

const FILE = "preprocessor_config.json";
const KNOWN_KEYS = new Set([
  "size", "crop_size", "do_center_crop", "resample", "image_mean", "image_std", "blend_alpha",
  "default_to_square", "do_resize", "do_rescale", "do_normalize", "do_convert_rgb",
  "rescale_factor", "apply_orientation",
  // These say nothing about pixels.
  "image_processor_type", "processor_class", "feature_extractor_type", "_valid_processor_keys",
  "data_format", "input_data_format", "return_tensors",
]);

function refuse(key, value, expected) {
  throw new Error(`${FILE}: ${key} is ${JSON.stringify(value)}; expected ${expected}`);
}

/** Reads the parsed file. Whatever could change pixels and is not known here is refused. */
export function readSettings(config) {
  for (const [key, value] of Object.entries(config)) {
    if (value !== null && !KNOWN_KEYS.has(key)) {
      throw new Error(`${FILE}: key "${key}" is not known and could change pixels; ` +
                      "remove it if it does not");
    }
  }
  for (const key of ["do_resize", "do_rescale", "do_normalize", "do_convert_rgb"]) {
    if ((config[key] ?? true) !== true) refuse(key, config[key], "true");
  }
  const factor = config.rescale_factor ?? 1 / 255;
  if (!(Math.abs(factor * 255 - 1) <= 1e-6)) refuse("rescale_factor", factor, "1/255");
  const filter = FILTERS[config.resample];
  if (!filter) refuse("resample", config.resample, "1, 2 or 3 (Lanczos, bilinear, bicubic)");
  return {
    ...readSize(config),
    filter,
    mean: readTriple(config, "image_mean"),
    std: readTriple(config, "image_std"),
    blendAlpha: readFlag(config, "blend_alpha"),
    applyOrientation: readFlag(config, "apply_orientation"),
  };
}

function readFlag(config, key) {
  const value = config[key] ?? false;
  if (typeof value !== "boolean") refuse(key, value, "true or false");
  return value;
}

// A bare number means the shortest edge unless the file says "default_to_square".
function readSize(config) {
  const given = config.size;
  const square = typeof given === "object" && given !== null ? given.height : given;
  const stretch =
    given?.height !== undefined || (typeof given === "number" && config.default_to_square === true);
  const size = given?.shortest_edge ?? square;
  if (!Number.isInteger(size) || size < 1 || size > 4096 || (given.width ?? size) !== size) {
    refuse("size", given, 'n, {"shortest_edge": n} or {"height": n, "width": n}');
  }
  const crop = config.crop_size?.height ?? config.crop_size ?? undefined;
  const crops = config.do_center_crop ?? crop !== undefined;
  if (!stretch && !crops) {
    refuse("do_center_crop", crops, "true, because size gives the shortest edge only");
  }
  if (crops && (crop !== size || (config.crop_size?.width ?? size) !== size)) {
    refuse("crop_size", config.crop_size, "the same edge as size");
  }
  return { size, stretch };
}

function readTriple(config, key) {
  const values = config[key];
  const positive = key === "image_std";
  const fits = Array.isArray(values) && values.length === 3 &&
    values.every((value) => Number.isFinite(value) && (!positive || value > 0));
  if (!fits) refuse(key, values, positive ? "three numbers above 0" : "three numbers");
  return values;
}

/** RGBA (not premultiplied) to RGB: alpha over white, or dropped. */
export function flatten({ width, height, pixels }, blendAlpha) {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4) {
    const alpha = pixels[from + 3];
    for (let c = 0; c < 3; ++c, ++to) {
      const value = pixels[from + c];
      rgb[to] = blendAlpha ? Math.trunc((value * alpha + 255 * (255 - alpha) + 127) / 255) : value;
    }
  }
  return { width, height, pixels: rgb };
}

/** The tensor [3, size, size] of an RGBA image, planar. */
export function preprocess(image, settings) {
  const { pixels } = fit(flatten(image, settings.blendAlpha), settings);
  const count = settings.size * settings.size;
  const tensor = new Float32Array(3 * count);
  for (let c = 0; c < 3; ++c) {
    const table = normalised(settings.mean[c], settings.std[c]);
    for (let i = 0; i < count; ++i) tensor[c * count + i] = table[pixels[3 * i + c]];
  }
  return tensor;
}

// Of each 8-bit value, rounded to single precision where the native code rounds.
function normalised(mean, std) {
  const round = Math.fround;
  return Float32Array.from({ length: 256 }, (_, value) =>
    round(round(value * (1 / 255)) - round(mean)) / round(std));
}
