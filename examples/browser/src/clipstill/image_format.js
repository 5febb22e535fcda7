// What an image file says about itself, told by content and not by name.

function startsWith(bytes, text, at = 0) {
  return [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
}

/** "JPEG", "PNG" or "WebP"; anything else is refused, saying what it is. */
export function detectFormat(bytes, name) {
  if (startsWith(bytes, "\xff\xd8\xff")) return "JPEG";
  if (startsWith(bytes, "\x89PNG\r\n\x1a\n")) return "PNG";
  if (startsWith(bytes, "RIFF") && startsWith(bytes, "WEBP", 8)) {
    if (startsWith(bytes, "VP8X", 12) && bytes[20] & 2) {
      throw new Error(`${name}: an animated WebP; expected a still image`);
    }
    return "WebP";
  }
  if (bytes.length === 0) throw new Error(`${name}: the image is empty (0 bytes)`);
  if (new TextDecoder().decode(bytes.subarray(0, 1024)).includes("<svg")) {
    throw new Error(`${name}: an SVG drawing; convert it to PNG first`);
  }
  const head = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0"));
  throw new Error(`${name}: expected a JPEG, PNG or WebP image, found ${bytes.length} bytes that ` +
                  `begin with ${head.join(" ")}`);
}

/**
 * Makes the Exif part unreadable, in place. Browsers turn pictures as it says and no option keeps
 * all of them from it; the encoders were trained on pixels as stored.
 */
export function hideExif(bytes, format) {
  for (const { begin, end } of exifParts[format](bytes)) bytes.fill(0, begin, end);
}

const exifParts = {
  // Segments of marker and length (which counts itself), up to the start of the scan.
  *JPEG(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 2; at + 10 < bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
      const isExif = bytes[at + 1] === 0xe1 && startsWith(bytes, "Exif", at + 4);
      if (isExif) yield { begin: at + 4, end: at + 8 }; // its name
      at += 2 + view.getUint16(at + 2);
    }
  },
  // Chunks of length, name, content and checksum: with a wrong checksum the chunk is left out.
  *PNG(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 8; at + 12 <= bytes.length;) {
      const size = view.getUint32(at);
      if (startsWith(bytes, "eXIf", at + 4)) yield { begin: at + 8, end: at + 8 + size };
      at += 12 + size;
    }
  },
  // Chunks of name, length and content, which begins at an even place.
  *WebP(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 12; at + 8 <= bytes.length;) {
      const size = view.getUint32(at + 4, /*littleEndian=*/ true);
      if (startsWith(bytes, "EXIF", at)) yield { begin: at + 8, end: at + 8 + size };
      at += 8 + size + (size & 1);
    }
  },
};
