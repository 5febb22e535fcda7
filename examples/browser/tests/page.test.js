// The page by itself: what it loads and when, the keyboard, and what it says when something is wrong.
import assert from "node:assert/strict";
import { cpSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { readJson } from "./native.js";
import { answered, launch, newTab, serveSite } from "./site.js";

const data = fileURLToPath(new URL("../../../tests/data/", import.meta.url));
const tiny = join(data, "bundle/v1");
const disc = join(data, "bundle/images/red-disc.png");
let browser, site;

before(async () => {
  browser = await launch();
  site = await serveSite(tiny);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

// A copy of the tiny bundle with one thing changed.
function changedBundle(name, change) {
  const folder = join(process.env.SCRATCH, name);
  cpSync(tiny, folder, { recursive: true });
  change(folder);
  return folder;
}

async function errorOf(tab) {
  const error = tab.locator("#error");
  await error.waitFor();
  return error.textContent();
}

// Opens a page with a changed bundle, chooses an image and returns what the page complains about.
async function complaint(name, change) {
  const changed = await serveSite(name && changedBundle(name, change));
  const tab = await newTab(browser, changed.url);
  await tab.setInputFiles("#image", disc);
  const text = await errorOf(tab);
  await tab.close();
  await changed.close();
  return text;
}

const first = (tab) => tab.locator("#scores li .label").first().textContent();
const paths = (tab) => tab.requests.map((url) => new URL(url).pathname);
const graphs = (tab) => paths(tab).filter((path) => path.endsWith(".onnx"));

test("no graph is loaded before there is an image, and each only once", async () => {
  const tab = await newTab(browser, site.url);
  await tab.getByText("The model is ready").waitFor();
  assert.deepEqual(graphs(tab), []);
  await tab.fill("#labels", "red disc\nblue square");
  await answered(tab, () => tab.setInputFiles("#image", disc));
  assert.equal(await first(tab), "red disc");
  await tab.fill("#labels", "红色圆盘\n蓝色方块");
  await answered(tab, () => tab.click("#classify"));
  assert.equal(await first(tab), "红色圆盘");
  assert.deepEqual(graphs(tab).sort(), ["image", "text"].map((kind) => `/bundle/onnx/${kind}_encoder.onnx`));
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("the keyboard is enough", async () => {
  const tab = await newTab(browser, site.url);
  await tab.setInputFiles("#image", disc);
  await tab.getByText("8 labels").waitFor();
  const order = [];
  for (let i = 0; i < 4; ++i) {
    await tab.keyboard.press("Tab");
    order.push(await tab.evaluate(() => document.activeElement.id));
  }
  assert.deepEqual(order, ["image", "labels", "templates", "classify"]);
  await tab.locator("#labels").focus();
  await tab.keyboard.press("Control+A");
  await tab.keyboard.type("red disc");
  await tab.keyboard.press("Control+Enter");
  await tab.getByText("1 label,").waitFor();
  await tab.locator("#labels").fill("red disc\ngrey disc\nblue disc");
  await tab.locator("#classify").focus();
  await tab.keyboard.press("Enter");
  await tab.getByText("3 labels").waitFor();
  await tab.close();
});

test("questions that cannot be answered are refused, and the next one is answered", async () => {
  const tab = await newTab(browser, site.url);
  await tab.click("#classify");
  assert.match(await errorOf(tab), /No image is chosen; choose/);
  await tab.setInputFiles("#image", disc);
  await tab.getByText("8 labels").waitFor();
  await tab.fill("#labels", " \n");
  await tab.click("#classify");
  assert.match(await errorOf(tab), /no labels; write at least one/);
  assert.equal(await tab.locator("#scores li").count(), 0);
  await tab.fill("#labels", "cat\n猫");
  await tab.fill("#templates", "a photo");
  await tab.click("#classify");
  await tab.getByText('the template "a photo" has no {}').waitFor();
  await tab.fill("#templates", "");
  await tab.click("#classify");
  await tab.getByText("2 labels").waitFor();
  assert.equal(await tab.locator("#error").isVisible(), false);
  await tab.close();
});

test("files that are not images are refused by name", async () => {
  const png = readFileSync(disc);
  const files = {
    "empty.png": [Buffer.alloc(0), /empty\.png: the image is empty/],
    "drawing.svg": [Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), /an SVG drawing; convert/],
    "words.jpg": [Buffer.from("words, not pixels"), /expected a JPEG, PNG or WebP image, found 17 bytes/],
    "cut.png": [png.subarray(0, 60), /cut\.png: damaged PNG/],
    "cut.jpg": [readFileSync(join(data, "image/progressive.jpg")).subarray(0, 900), /cut\.jpg: damaged JPEG/],
    "cut.webp": [Buffer.from("RIFF\x04\0\0\0WEBP"), /cut\.webp: damaged WebP/],
    "head.jpg": [Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 0]), /head\.jpg: damaged JPEG/],
  };
  const tab = await newTab(browser, site.url);
  for (const [name, [buffer, expected]] of Object.entries(files)) {
    await tab.setInputFiles("#image", { name, mimeType: "image/png", buffer });
    await tab.getByText(expected).waitFor();
    assert.match(await errorOf(tab), expected);
  }
  await tab.setInputFiles("#image", disc);
  await tab.getByText("8 labels").waitFor();
  await tab.close();
});

test("bundles that cannot be used are refused, saying what is wrong", async () => {
  const edit = (file, change) => (folder) => {
    const json = readJson(join(folder, file));
    change(json);
    writeFileSync(join(folder, "manifest.json"), "{}");
    writeFileSync(join(folder, file), JSON.stringify(json));
  };
  assert.match(await complaint(), /manifest\.json: the server says 404; expected a file of a bundle/);
  assert.match(await complaint("newer", edit("config.json", (json) => (json.version = 2))),
               /a bundle of version 2; this page reads up to 1/);
  assert.match(await complaint("other", edit("config.json", (json) => (json.format = "other"))),
               /format is "other"; expected "clipstill-bundle"/);
  assert.match(await complaint("vocabulary", edit("config.json", (json) => (json.vocabulary_size = 79))),
               /78 tokens; the model was trained with 79/);
  assert.match(await complaint("padded", edit("preprocessor_config.json", (json) => (json.do_pad = true))),
               /key "do_pad" is not known/);
  const graph = (folder) => join(folder, "onnx/image_encoder.onnx");
  assert.match(await complaint("cut", (folder) => truncateSync(graph(folder), 1000)),
               /image_encoder\.onnx: 1000 bytes; manifest\.json says \d+; copy the bundle again/);
  assert.match(await complaint("noise", (folder) => writeFileSync(graph(folder), Buffer.alloc(24608, 7))),
               /image_encoder\.onnx: ONNX Runtime cannot load it/);
});
