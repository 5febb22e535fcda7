// What an image file says about itself, told by content and not by name.

export function startsWith(bytes, text, at = 0) {
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
