"use strict";
// The points, where they are on the screen, and which lie near a place of it.
const $ = (id) => document.getElementById(id);
const content = JSON.parse($("content").textContent);
const NONE = 65535;

function unpacked(text) {
  const bytes = atob(text);
  const numbers = new Uint16Array(bytes.length / 2);
  for (let i = 0; i < numbers.length; i++) {
    numbers[i] = bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8);
  }
  return numbers;
}

const count = content.names.length;
const across = new Float32Array(count); // 0 … 1, to the right
const down = new Float32Array(count); // 0 … 1, downwards
unpacked(content.places).forEach((value, i) => {
  if (i % 2) down[i >> 1] = 1 - value / 65535;
  else across[i >> 1] = value / 65535;
});
const colours = content.colours.map((colour) => ({ ...colour, numbers: unpacked(colour.index ?? colour.values) }));

const state = {
  colour: colours[0],
  hidden: new Set(), // kinds of the colour
  lit: null, // the kind that the legend points at
  chosen: null, // Uint8Array: 1 where an image was selected
};

const kind = (i) => (state.colour.names ? state.colour.numbers[i] : 0);
const shown = (i) => !state.hidden.has(kind(i));

// The view: a place p of the plane is at p · scale + left or top, in CSS pixels.
const view = { width: 0, height: 0, scale: 1, left: -0.5, top: -0.5, whole: 1 };
const onScreen = (i) => [across[i] * view.scale + view.left, down[i] * view.scale + view.top];

// The same part of the map in a window of another size.
function resize(width, height) {
  const whole = Math.max(1, Math.min(width, height) - 60);
  const factor = whole / view.whole;
  view.left = width / 2 + (view.left - view.width / 2) * factor;
  view.top = height / 2 + (view.top - view.height / 2) * factor;
  view.scale *= factor;
  Object.assign(view, { width, height, whole });
}

function showWhole() {
  view.scale = view.whole;
  view.left = (view.width - view.scale) / 2;
  view.top = (view.height - view.scale) / 2;
}

function zoom(factor, x = view.width / 2, y = view.height / 2) {
  const scale = Math.min(view.whole * 4000, Math.max(view.whole / 2, view.scale * factor));
  view.left = x - ((x - view.left) * scale) / view.scale;
  view.top = y - ((y - view.top) * scale) / view.scale;
  view.scale = scale;
}

// A grid over the plane; the points of cell c are inCell[first[c]] … inCell[first[c + 1] - 1].
const CELLS = 128;
const column = (place) => Math.max(0, Math.min(CELLS - 1, Math.floor(place * CELLS)));
const first = new Uint32Array(CELLS * CELLS + 1);
const inCell = new Uint32Array(count);
{
  const cells = Uint32Array.from(across, (place, i) => column(down[i]) * CELLS + column(place));
  for (const cell of cells) first[cell + 1]++;
  for (let cell = 0; cell < CELLS * CELLS; cell++) first[cell + 1] += first[cell];
  const next = first.slice();
  cells.forEach((cell, i) => (inCell[next[cell]++] = i));
}

// The shown points inside a rectangle of the screen, but no more than `most`.
function within(left, top, right, bottom, most = Infinity) {
  const found = [];
  const low = column((left - view.left) / view.scale);
  const high = column((right - view.left) / view.scale);
  for (let row = column((top - view.top) / view.scale); row <= column((bottom - view.top) / view.scale); row++) {
    for (let at = first[row * CELLS + low]; at < first[row * CELLS + high + 1]; at++) {
      const [x, y] = onScreen(inCell[at]);
      if (x < left || x > right || y < top || y > bottom || !shown(inCell[at])) continue;
      if (found.length === most) return found;
      found.push(inCell[at]);
    }
  }
  return found;
}

// The shown point nearest to a place of the screen, or -1 where none is within `reach` pixels.
function nearest(x, y, reach) {
  let best = -1;
  let least = reach * reach;
  for (const i of within(x - reach, y - reach, x + reach, y + reach)) {
    const [px, py] = onScreen(i);
    const far = (px - x) ** 2 + (py - y) ** 2;
    if (far <= least) [best, least] = [i, far];
  }
  return best;
}
