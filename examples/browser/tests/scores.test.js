// What the page shows, and the embeddings behind it, against the native executable.
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";

import { hostileTexts } from "./hostile_texts.js";
import { testImages } from "./images.js";
import { bundles, classify, embed, readJson } from "./native.js";
import { answered, launch, newTab, serveSite } from "./site.js";

const TOLERANCE = { score: 1e-3, embedding: 1e-4 };
// Chromium's conversion from CMYK to RGB gives most values 1 less or more than Pillow's.
const CMYK_TOLERANCE = { score: 2e-2, embedding: 1e-2 };

const QUESTIONS = {
  English: {
    labels: ["red disc", "blue square", "grapes", "watermelon", "cat", "dog face", "umbrella", "pizza"],
    templates: ["{}", "a drawing of {}", "{} and nothing but {}"],
  },
  Chinese: {
    labels: ["红色圆盘", "蓝色方块", "葡萄", "西瓜", "猫", "狗脸", "雨伞", "披萨"],
    templates: ["{}", "一幅{}的画"],
  },
  "both languages": {
    labels: ["melon", "甜瓜", "rat", "老鼠", "green disc", "绿色圆盘", "🍉", "a $& {x} \"label\""],
    templates: ["{}"],
  },
};

const images = testImages();
let browser;

before(async () => {
  browser = await launch();
  console.log(`Chromium ${browser.version()}, ${images.length} images`);
});
after(() => browser?.close());

// Asks the page by hand, so to speak: returns a map from label to probability.
async function ask(tab, file) {
  await answered(tab, () => tab.setInputFiles("#image", file));
  const error = await tab.locator("#error:visible").allTextContents();
  assert.deepEqual(error, [], file);
  return new Map(await tab.locator("#scores li").evaluateAll((lines) => lines.map((line) =>
    [line.querySelector(".label").textContent, Number(line.querySelector("data").value)])));
}

async function write(tab, { labels, templates }) {
  await tab.fill("#labels", labels.join("\n"));
  await tab.fill("#templates", templates.join("\n"));
}

// Checks the differences of all images and tells the greatest, those of CMYK apart.
function check(what, differences) {
  const isCmyk = (file) => basename(file) === "cmyk.jpg";
  for (const [file, difference] of differences) {
    const allowed = (isCmyk(file) ? CMYK_TOLERANCE : TOLERANCE)[what];
    assert.ok(difference <= allowed, `${file}: the ${what} differs by ${difference}`);
  }
  const greatest = (...kept) => Math.max(...kept).toExponential(1);
  const of = (cmyk) => differences.filter(([file]) => isCmyk(file) === cmyk).map(([, value]) => value);
  const apart = of(true).length ? `, CMYK ${greatest(...of(true))}` : "";
  console.log(`${what}s of ${differences.length} images: at most ${greatest(...of(false))} apart${apart}`);
}

function greatestDifference(found, expected) {
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
  return Math.max(...[...found].map(([key, value]) => Math.abs(value - expected.get(key))));
}

// Of two rows of numbers.
function greatestOf(found, expected) {
  assert.equal(found.length, expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i])));
}

// In the harness:
function loadImageTower(tab) {
  return tab.evaluate(async () => {
    const bundle = await clipstill.Bundle.open("/bundle/");
    window.tower = await clipstill.ImageTower.load(bundle);
  });
}

function embedImage(tab, file) {
  return tab.evaluate(async (text) => {
    const blob = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);
    return [...(await tower.embed(blob))];
  }, readFileSync(file).toString("base64"));
}

for (const bundle of bundles) {
  describe(`bundle ${basename(bundle)}`, () => {
    let site;
    before(async () => (site = await serveSite(bundle)));
    after(() => site?.close());

    for (const [name, question] of Object.entries(QUESTIONS)) {
      test(`scores, labels in ${name}`, async () => {
        // All images once; of the other questions the text side is new.
        const chosen = name === "English" ? images : images.filter((_, i) => i % 4 === 3);
        const expected = classify(bundle, chosen, question);
        const tab = await newTab(browser, site.url);
        await write(tab, question);
        const differences = [];
        for (const file of chosen) {
          const found = await ask(tab, file);
          differences.push([file, greatestDifference(found, expected.get(file))]);
          const best = [...found.values()];
          assert.deepEqual(best, [...best].sort((a, b) => b - a), "not ranked");
        }
        check("score", differences);
        assert.deepEqual(tab.problems, []);
        const elsewhere = tab.requests.filter((url) => !url.startsWith(site.url) && !/^(blob|data):/.test(url));
        assert.deepEqual(elsewhere, []);
        await tab.close();
      });
    }

    test("embeddings of images", async () => {
      const expected = embed(bundle, "image", images);
      const tab = await newTab(browser, `${site.url}tests/harness.html`);
      await loadImageTower(tab);
      const differences = [];
      for (const [i, file] of images.entries()) {
        differences.push([file, greatestOf(await embedImage(tab, file), expected[i])]);
      }
      check("embedding", differences);
      await tab.close();
    });

    test("embeddings of texts, from the text graph alone", async () => {
      const texts = [...Object.values(QUESTIONS).flatMap(({ labels }) => labels),
                     ...hostileTexts().slice(0, 200)];
      const expected = embed(bundle, "text", texts);
      const tab = await newTab(browser, `${site.url}tests/harness.html`);
      const found = await tab.evaluate(async (texts) => {
        const bundle = await clipstill.Bundle.open("/bundle/");
        const tower = await clipstill.TextTower.load(bundle);
        return (await tower.embed(texts)).map((row) => [...row]);
      }, texts);
      const differences = found.map((row, i) => greatestOf(row, expected[i]));
      const greatest = Math.max(...differences).toExponential(1);
      console.log(`embeddings of ${texts.length} texts: at most ${greatest} apart`);
      differences.forEach((difference, i) =>
        assert.ok(difference <= TOLERANCE.embedding, `${JSON.stringify(texts[i])}: ${difference}`));
      const paths = tab.requests.map((url) => new URL(url).pathname);
      assert.deepEqual(paths.filter((path) => path.startsWith("/bundle/")).sort(),
                       ["config.json", "manifest.json", "onnx/text_encoder.onnx", "tokenizer.json"]
                         .map((name) => `/bundle/${name}`));
      await tab.close();
    });
  });
}

test("the comparison notices a mean that is wrong by 0.05", async () => {
  const damaged = join(process.env.SCRATCH, "wrong-mean");
  cpSync(bundles[0], damaged, { recursive: true });
  const path = join(damaged, "preprocessor_config.json");
  const config = readJson(path);
  config.image_mean[0] += 0.05;
  writeFileSync(path, JSON.stringify(config));
  writeFileSync(join(damaged, "manifest.json"), "{}"); // as if nobody had noticed
  const some = images.slice(-4); // not the discs: where the model is certain, scores tell nothing
  const scores = classify(bundles[0], some, QUESTIONS.English);
  const embeddings = embed(bundles[0], "image", some);
  const site = await serveSite(damaged);
  const page = await newTab(browser, site.url);
  await write(page, QUESTIONS.English);
  const harness = await newTab(browser, `${site.url}tests/harness.html`);
  await loadImageTower(harness);
  const apart = { score: 0, embedding: 0 };
  for (const [i, file] of some.entries()) {
    const score = greatestDifference(await ask(page, file), scores.get(file));
    const embedding = greatestOf(await embedImage(harness, file), embeddings[i]);
    assert.ok(embedding > TOLERANCE.embedding, `${file}: the embedding differs by ${embedding} only`);
    apart.score = Math.max(apart.score, score);
    apart.embedding = Math.max(apart.embedding, embedding);
  }
  console.log(`a wrong mean: scores up to ${apart.score.toExponential(1)}, embeddings up to ` +
              `${apart.embedding.toExponential(1)} apart`);
  assert.ok(apart.score > TOLERANCE.score);
  await site.close();
});
