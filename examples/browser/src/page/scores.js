// The ranked labels as list items with bars.

/** `scores` is [{label, probability}], best first. */
export function showScores(list, scores) {
  list.replaceChildren(...scores.map(item));
}

function item({ label, probability }) {
  const line = document.createElement("li");
  line.style.setProperty("--share", `${100 * probability}%`);
  const name = document.createElement("span");
  name.className = "label";
  name.textContent = label;
  const score = document.createElement("data");
  score.value = String(probability); // in full, for whoever reads the page by program
  score.textContent = `${(100 * probability).toFixed(1)} %`;
  line.append(name, score);
  return line;
}
