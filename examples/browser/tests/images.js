// The images that browser and native executable are compared on.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "../src/clipstill/exif.js";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const fixtures = join(repository, "tests/data/image");

function images(folder, choose = () => true) {
  return readdirSync(folder)
    .filter((name) => /\.(jpe?g|png|webp)$/i.test(name) && choose(name))
    .map((name) => join(folder, name));
}

// A turn by 90 degrees, as cameras note it: big-endian TIFF with one entry, the orientation.
const TURNED = Buffer.from("4d4d002a00000008" + "0001" + "0112000300000001" + "00060000" + "00000000", "hex");

function chunk(name, content) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const length = Buffer.alloc(4);
  const checksum = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

function turnedPng() {
  const png = readFileSync(join(fixtures, "rgb.png"));
  const afterHeader = 8 + 25;
  return Buffer.concat([png.subarray(0, afterHeader), chunk("eXIf", TURNED), png.subarray(afterHeader)]);
}

function riff(name, content) {
  const head = Buffer.alloc(8, name, "latin1");
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

function turnedWebp() {
  const picture = readFileSync(join(fixtures, "lossless.webp")).subarray(12);
  const header = Buffer.alloc(10);
  header[0] = 8; // has Exif
  header.writeUIntLE(37 - 1, 4, 3); // the fixture's size
  header.writeUIntLE(29 - 1, 7, 3);
  const content = Buffer.concat([riff("VP8X", header), picture, riff("EXIF", TURNED)]);
  return riff("RIFF", Buffer.concat([Buffer.from("WEBP"), content]));
}

/** Two images that tell their viewer to turn them; clipstill takes pixels as stored. */
function turnedImages() {
  const folder = join(process.env.SCRATCH, "turned");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "turned.png"), turnedPng());
  writeFileSync(join(folder, "turned.webp"), turnedWebp());
  return images(folder);
}

/** Emoji with alpha, 64 and 256 pixels, from the packages that scripts/setup installs. */
function emoji() {
  const packages = join(repository, "node_modules");
  if (!existsSync(packages)) throw new Error(`${packages}: missing; scripts/setup installs it`);
  return [
    ...images(join(packages, "emoji-datasource-google/img/google/64"),
              (name) => /^1f34[0-9a-f]\.png$/.test(name)),
    ...images(join(packages, "@lobehub/fluent-emoji-3d/assets"), (name) => /^1f40[0-7]\.webp$/.test(name)),
  ];
}

export function testImages() {
  return [
    ...images(fixtures),
    ...images(join(repository, "tests/data/bundle/images")),
    ...turnedImages(),
    ...emoji(),
    ...(process.env.IMAGES ? images(process.env.IMAGES) : []),
  ];
}
