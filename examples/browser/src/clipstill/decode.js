// Encoded images to RGBA by the browser's own decoders, without its colour management and rotation:
// pixels as stored, or turned here.
//
// A canvas keeps colours multiplied by alpha, in 8 bit. Over a plain ground the rounding cancels
// out, so that blending gives what the native code gives; the colours alone are not exact.
import { hideExif, orientationOf, turn } from "./exif.js";
import { detectFormat } from "./image_format.js";

const MAX_PIXELS = 89_478_485; // the native limit, Pillow's threshold for decompression bombs

/**
 * `file` is a File or Blob. Returns {width, height, pixels}, RGBA, not premultiplied; upright as its
 * Exif says where `applyOrientation` is set.
 */
export async function decode(file, applyOrientation = false) {
  const name = file.name ?? "image";
  const bytes = new Uint8Array(await file.arrayBuffer());
  const format = detectFormat(bytes, name);
  const orientation = applyOrientation ? orientationOf(bytes, format) : 1;
  hideExif(bytes, format);
  const bitmap = await open(bytes, format, name);
  const { width, height } = bitmap;
  try {
    if (width * height > MAX_PIXELS) {
      throw new Error(`${name}: ${width} x ${height} pixels, more than the limit of ` +
                      `${MAX_PIXELS}; shrink the image`);
    }
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    const { data: pixels } = context.getImageData(0, 0, width, height);
    return turn({ width, height, pixels }, orientation);
  } finally {
    bitmap.close();
  }
}

async function open(bytes, format, name) {
  const blob = new Blob([bytes], { type: `image/${format.toLowerCase()}` });
  // Chromium's decoder of WebP would multiply by alpha with another rounding than the canvas does.
  const asStored = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  try {
    return await createImageBitmap(blob, asStored);
  } catch (error) {
    throw new Error(`${name}: damaged ${format}: ${error.message}`);
  }
}
