// The page: form in, scores or an error out.
import { Model } from "./model.js";
import { showScores } from "./scores.js";

const element = (id) => document.getElementById(id);
const model = new Model("bundle/");
let image = null; // the File that was chosen or dropped
let question = 0; // the newest one; answers to older ones are not shown

function lines(id) {
  return element(id).value.split("\n").map((line) => line.trim()).filter(Boolean);
}

function say(text) {
  element("status").textContent = text;
  element("error").hidden = true;
}

function fail(error) {
  element("status").textContent = "";
  element("error").textContent = error.message;
  element("error").hidden = false;
  showScores(element("scores"), []);
}

async function classify() {
  const asked = ++question;
  try {
    if (!image) throw new Error("No image is chosen; choose a JPEG, PNG or WebP file.");
    const labels = lines("labels");
    if (!labels.length) throw new Error("There are no labels; write at least one, one a line.");
    const templates = lines("templates");
    say("Computing …");
    const start = performance.now();
    const scores = await model.classify(image, labels, templates.length ? templates : ["{}"]);
    if (asked !== question) return;
    const milliseconds = Math.round(performance.now() - start);
    showScores(element("scores"), scores);
    say(`${labels.length} ${labels.length === 1 ? "label" : "labels"}, ${milliseconds} ms`);
  } catch (error) {
    if (asked === question) fail(error);
  }
}

function choose(file) {
  image = file ?? null;
  URL.revokeObjectURL(element("picture").src);
  element("preview").hidden = !image;
  if (!image) return;
  element("picture").src = URL.createObjectURL(image);
  classify();
}

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  classify();
});
element("form").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element("form").requestSubmit();
});
element("image").addEventListener("change", (event) => choose(event.target.files[0]));
element("picture").addEventListener("error", () => (element("preview").hidden = true));

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  if (event.dataTransfer.files.length) choose(event.dataTransfer.files[0]);
});

// Whoever has asked already gets an answer, with the same error if there is one.
try {
  const { config } = await model.open();
  if (question === 0) {
    say(`The model is ready: ${config.image_size} pixels, texts of up to ${config.context_length} ` +
        "tokens. Choose an image.");
  }
} catch (error) {
  if (question === 0) fail(error);
}
