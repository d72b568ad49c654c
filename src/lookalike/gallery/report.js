"use strict";
// Pointing at one curve marks the same update in all of them.
const grid = document.querySelector(".curves");
const updatesPerEpoch = grid ? Number(grid.dataset.updatesPerEpoch) : 0;
const curves = [...document.querySelectorAll("figure[data-points]")].map((figure) => ({
  figure,
  points: JSON.parse(figure.dataset.points), // [update, value, low, high]
  places: figure.querySelector(".line").points,
  svg: figure.querySelector("svg"),
  cursor: figure.querySelector(".cursor"),
  output: figure.querySelector("output"),
  when: figure.querySelector(".when"),
  about: figure.querySelector(".when").textContent,
  at: null,
}));

function nearest(numbers, wanted) {
  let low = 0;
  let high = numbers.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < wanted) low = middle;
    else high = middle;
  }
  return wanted - numbers[low] <= numbers[high] - wanted ? low : high;
}

function tidy(value) {
  if (value < 0) return "−" + tidy(-value);
  if (value && !(value >= 1e-3 && value < 1e6)) return value.toExponential(2).replace("+", "");
  return value >= 1000 ? grouped(value) : String(Number(value.toPrecision(4)));
}

const grouped = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");

function words(curve, [update, , low, high]) {
  const parts = [`update ${grouped(update)}`];
  if (updatesPerEpoch) parts.push(`epoch ${((update + 1) / updatesPerEpoch).toFixed(1)}`);
  if (low !== high) parts.push(`${tidy(low)} to ${tidy(high)}`);
  return parts.join(" · ");
}

function mark(curve, at) {
  const point = curve.points[at];
  const place = curve.places[at];
  curve.at = at;
  curve.cursor.setAttribute("visibility", "visible");
  const [line, dot] = curve.cursor.children;
  line.setAttribute("x1", place.x);
  line.setAttribute("x2", place.x);
  dot.setAttribute("cx", place.x);
  dot.setAttribute("cy", place.y);
  curve.output.textContent = tidy(point[1]) + curve.figure.dataset.unit;
  curve.when.textContent = words(curve, point);
}

function markAll(update) {
  for (const curve of curves) mark(curve, nearest(curve.points.map((point) => point[0]), update));
}

function clear() {
  for (const curve of curves) {
    curve.at = null;
    curve.cursor.setAttribute("visibility", "hidden");
    curve.output.textContent = curve.figure.dataset.last;
    curve.when.textContent = curve.about;
  }
}

for (const curve of curves) {
  const follow = (event) => {
    const inside = new DOMPoint(event.clientX, event.clientY).matrixTransform(curve.svg.getScreenCTM().inverse());
    const at = nearest(Array.from(curve.places, (place) => place.x), inside.x);
    markAll(curve.points[at][0]);
  };
  curve.svg.addEventListener("pointermove", follow);
  curve.svg.addEventListener("pointerdown", follow);
  curve.svg.addEventListener("pointerleave", clear);
  curve.figure.addEventListener("blur", clear);
  curve.figure.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const last = curve.points.length - 1;
    const at = curve.at === null ? last : Math.min(last, Math.max(0, curve.at + step));
    markAll(curve.points[at][0]);
  });
}

addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
