// The Exif part of an image file: how it wants to be turned, as src/image/exif.cpp reads it, and how
// to keep the browser from turning it.
import { startsWith } from "./image_format.js";

const NAME = "Exif\0\0";

function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Makes the Exif part unreadable, in place. Browsers turn pictures as it says and no option keeps
 * all of them from it; what is to be turned is turned here, as natively.
 */
export function hideExif(bytes, format) {
  for (const { hide: [begin, end] } of PARTS[format](bytes)) bytes.fill(0, begin, end);
}

/** 1 (as stored) to 8, as Exif numbers the orientations; 1 where nothing sensible is said. */
export function orientationOf(bytes, format) {
  const parts = [...PARTS[format](bytes)].filter(({ isWhole }) => isWhole);
  const contents = parts.map(({ content: [begin, end] }) => bytes.subarray(begin, end));
  return readOrientation(join[format](contents));
}

// Of several parts: a JPEG's are one in pieces, a PNG's last one counts, a WebP's first one.
const join = {
  JPEG: (parts) => Uint8Array.from(parts.flatMap((part) => [...part])),
  PNG: (parts) => parts.at(-1) ?? new Uint8Array(),
  WebP: (parts) => parts[0] ?? new Uint8Array(),
};

const PARTS = {
  // Segments of marker and length (which counts itself), up to the start of the scan.
  *JPEG(bytes) {
    const view = viewOf(bytes);
    for (let at = 2; at + 4 <= bytes.length;) {
      const marker = bytes[at + 1];
      if (bytes[at] !== 0xff || marker === 0 || marker === 0xff) {
        at += 1; // junk, or fill before a marker
        continue;
      }
      if (marker === 0xda || marker === 0xd9) return;
      if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
        at += 2; // alone, without a length
        continue;
      }
      const end = at + 2 + view.getUint16(at + 2);
      if (marker === 0xe1 && startsWith(bytes, "Exif", at + 4)) {
        const isWhole = end <= bytes.length && startsWith(bytes, NAME, at + 4);
        yield { hide: [at + 4, at + 8], content: [at + 10, end], isWhole };
      }
      if (end < at + 4) return;
      at = end;
    }
  },
  // Chunks of length, name, content and checksum: with a wrong checksum the chunk is left out.
  *PNG(bytes) {
    const view = viewOf(bytes);
    for (let at = 8; at + 12 <= bytes.length;) {
      const content = [at + 8, at + 8 + view.getUint32(at)];
      if (startsWith(bytes, "eXIf", at + 4)) {
        const isWhole = content[1] + 4 <= bytes.length &&
          crc32(bytes.subarray(at + 4, content[1])) === view.getUint32(content[1]);
        yield { hide: content, content, isWhole };
      }
      at = content[1] + 4;
    }
  },
  // Chunks of name, length and content, which begins at an even place. The first chunk of the
  // extended layout tells whether there is Exif.
  *WebP(bytes) {
    const view = viewOf(bytes);
    const hasExif = startsWith(bytes, "VP8X", 12) && (bytes[20] & 8) !== 0;
    const fileEnd = bytes.length >= 8 ? view.getUint32(4, /*littleEndian=*/ true) + 8 : 0;
    for (let at = 12; at + 8 <= bytes.length;) {
      const size = view.getUint32(at + 4, /*littleEndian=*/ true);
      if (startsWith(bytes, "EXIF", at)) {
        const content = [at + 8, at + 8 + size];
        const isWhole = hasExif && content[1] <= Math.min(bytes.length, fileEnd);
        yield { hide: content, content, isWhole };
      }
      at += 8 + size + (size & 1);
    }
  },
};

export function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// Bytes of one value of each type of TIFF, and how to read the first; bytes and text are no numbers.
const TYPES = {
  1: [1, () => 0],
  2: [1, () => 0],
  3: [2, (view, at, little) => view.getUint16(at, little)],
  4: [4, (view, at, little) => view.getUint32(at, little)],
  5: [8, (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little)],
  6: [1, (view, at) => view.getInt8(at)],
  7: [1, () => 0],
  8: [2, (view, at, little) => view.getInt16(at, little)],
  9: [4, (view, at, little) => view.getInt32(at, little)],
  10: [8, (view, at, little) => view.getInt32(at, little) / view.getInt32(at + 4, little)],
  11: [4, (view, at, little) => view.getFloat32(at, little)],
  12: [8, (view, at, little) => view.getFloat64(at, little)],
  13: [4, (view, at, little) => view.getUint32(at, little)],
  16: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};
const HEADS = { // to whether it is little-endian
  "MM\0\x2a": false, "MM\x2a\0": false, "MM\0\x2b": false, "II\x2a\0": true, "II\0\x2a": true,
};
const ORIENTATION = 0x0112;
const ENTRY_BYTES = 12;

/** The tag of the first directory of a TIFF structure. */
export function readOrientation(exif) {
  let tiff = exif;
  while (startsWith(tiff, NAME)) tiff = tiff.subarray(NAME.length);
  const head = Object.keys(HEADS).find((known) => startsWith(tiff, known));
  if (head === undefined || tiff.length < 8) return 1;
  const little = HEADS[head];
  const view = viewOf(tiff);
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  let orientation = 1;
  for (let i = 0; i < view.getUint16(directory, little); ++i) {
    const entry = directory + 2 + i * ENTRY_BYTES;
    if (entry + ENTRY_BYTES > tiff.length) break;
    const type = TYPES[view.getUint16(entry + 2, little)];
    if (type === undefined) continue;
    const [size, read] = type;
    const bytes = view.getUint32(entry + 4, little) * size;
    const at = bytes <= 4 ? entry + 8 : view.getUint32(entry + 8, little);
    if (at + bytes > tiff.length) break;
    if (bytes > 0 && view.getUint16(entry, little) === ORIENTATION) {
      const value = read(view, at, little);
      orientation = Number.isInteger(value) && value >= 2 && value <= 8 ? value : 1;
    }
  }
  return orientation;
}

/** An RGBA image of that orientation, standing upright. */
export function turn({ width, height, pixels }, orientation) {
  if (orientation < 2 || orientation > 8) return { width, height, pixels };
  const swaps = orientation >= 5; // a row of the upright picture is a column of the stored one
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const upright = { width: swaps ? height : width, height: swaps ? width : height };
  const stored = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height);
  const turned = new Uint32Array(width * height);
  let to = 0;
  for (let y = 0; y < upright.height; ++y) {
    for (let x = 0; x < upright.width; ++x) {
      const [column, row] = swaps ? [y, x] : [x, y];
      const from = (fromBottom ? height - 1 - row : row) * width;
      turned[to++] = stored[from + (fromRight ? width - 1 - column : column)];
    }
  }
  return { ...upright, pixels: new Uint8ClampedArray(turned.buffer) };
}
