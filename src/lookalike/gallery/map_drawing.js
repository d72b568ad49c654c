// Points are stamped into the canvas's pixels one by one: that needs no graphics card, and is quick.
const canvas = $("map");
const paper = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
const SHAPES = [
  (x, y) => x * x + y * y <= 1,
  (x, y) => Math.abs(x) + Math.abs(y) <= 1.25,
  (x, y) => Math.abs(x) <= 0.85 && Math.abs(y) <= 0.85,
  (x, y) => y <= 0.75 && y >= 2 * Math.abs(x) - 1.1,
];
const OPACITY = 0.85;
const FADED = 0.15;

// What a style of the page says, as [red, green, blue] each.
function tones(name) {
  const words = getComputedStyle(document.documentElement).getPropertyValue(name).trim().split(" ");
  return words.map((word) => [1, 3, 5].map((at) => parseInt(word.slice(at, at + 2), 16)));
}

const mixed = (a, b, share) => a.map((value, i) => Math.round(value + (b[i] - value) * share));
const packed = ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red;
const css = (tone) => `rgb(${tone.join(" ")})`;

const theme = {};
function readTheme() {
  [theme.paper] = tones("--paper");
  [theme.unknown] = tones("--unknown");
  theme.kinds = tones("--kinds");
  theme.ramp = tones("--ramp");
}

const toneOfKind = (k) => (k === NONE ? theme.unknown : theme.kinds[k % theme.kinds.length]);
const shapeOfKind = (k) => (k === NONE ? 0 : Math.floor(k / theme.kinds.length) % SHAPES.length);

// The colour of a number from 0 (calm) to 1 (striking).
function toneOfShare(share) {
  const at = share * (theme.ramp.length - 1);
  const low = Math.min(Math.floor(at), theme.ramp.length - 2);
  return mixed(theme.ramp[low], theme.ramp[low + 1], at - low);
}

// The tones of the present colour, the last one for what is not known, and which of them an image has.
const STEPS = 256;
let palette = [];
function readPalette({ names, striking }) {
  const share = (step) => (striking === "low" ? STEPS - 1 - step : step) / (STEPS - 1);
  const known = names
    ? names.map((_, k) => toneOfKind(k))
    : Array.from({ length: STEPS }, (_, step) => toneOfShare(share(step)));
  palette = [...known, theme.unknown];
}

function slot(i) {
  const value = state.colour.numbers[i];
  if (value === NONE) return palette.length - 1;
  return state.colour.names ? value : value >> 8;
}

const isFaded = (i) =>
  (state.lit !== null && kind(i) !== state.lit) || (state.chosen !== null && !state.chosen[i]);

// Points are drawn in a random order, so that no class hides another.
const random = Uint32Array.from({ length: count }, (_, i) => i);
for (let i = count - 1, seed = 1; i > 0; i--) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  const other = Math.floor((seed / 2 ** 32) * (i + 1));
  const kept = random[i];
  random[i] = random[other];
  random[other] = kept;
}

// What is drawn, in this order: faded points below.
const drawn = {
  length: 0,
  across: new Float32Array(count),
  down: new Float32Array(count),
  ink: new Int32Array(count),
  shape: new Uint8Array(count),
};

function prepare() {
  const strong = Int32Array.from(palette, packed);
  const faded = Int32Array.from(palette, (tone) => packed(mixed(theme.paper, tone, FADED)));
  drawn.length = 0;
  for (const below of [true, false]) {
    for (const i of random) {
      if (isFaded(i) !== below || !shown(i)) continue;
      const at = drawn.length++;
      drawn.across[at] = across[i];
      drawn.down[at] = down[i];
      drawn.ink[at] = (below ? faded : strong)[slot(i)];
      drawn.shape[at] = state.colour.names ? shapeOfKind(kind(i)) : 0;
    }
  }
}

// How much of each pixel around a point its shape covers, 0 … 256; `reach` pixels to each side.
function masks(radius) {
  const reach = Math.ceil(radius * 1.25);
  const parts = [0.125, 0.375, 0.625, 0.875];
  const covered = (inside, column, row) => {
    let hits = 0;
    for (const x of parts) {
      for (const y of parts) hits += inside((column + x - 0.5) / radius, (row + y - 0.5) / radius);
    }
    return Math.round((hits / 16) * 256 * OPACITY);
  };
  return SHAPES.map((inside) => {
    const pixels = [];
    for (let row = -reach; row <= reach; row++) {
      for (let column = -reach; column <= reach; column++) {
        const cover = covered(inside, column, row);
        if (cover) pixels.push([column, row, cover]);
      }
    }
    return pixels;
  });
}

// The pixels of the canvas, with a margin so that a stamp at the edge needs no care.
const frame = {};
function fitFrame() {
  const ratio = Math.min(2, devicePixelRatio);
  const radius = ratio * Math.min(5, Math.max(1.7, 120 / Math.sqrt(count)) * (view.scale / view.whole) ** 0.2);
  const [width, height] = [canvas.width, canvas.height];
  if (frame.radius === radius && frame.width === width && frame.height === height) return;
  const margin = 24;
  const stride = width + 2 * margin;
  if (frame.width !== width || frame.height !== height) {
    frame.image = new ImageData(stride, height + 2 * margin);
    frame.pixels = new Int32Array(frame.image.data.buffer);
  }
  const stamps = masks(radius).map((pixels) => ({
    offsets: Int32Array.from(pixels, ([column, row]) => row * stride + column),
    covers: Int32Array.from(pixels, ([, , cover]) => cover),
  }));
  Object.assign(frame, { ratio, radius, width, height, margin, stride, stamps });
}

function stamp(pixels, at, ink, { offsets, covers }) {
  const ends = ink & 0xff00ff;
  const middle = ink & 0xff00;
  for (let i = 0; i < offsets.length; i++) {
    const cover = covers[i];
    const under = pixels[at + offsets[i]];
    const rest = 256 - cover;
    const one = ((Math.imul(ends, cover) + Math.imul(under & 0xff00ff, rest)) >>> 8) & 0xff00ff;
    const two = ((Math.imul(middle, cover) + Math.imul(under & 0xff00, rest)) >>> 8) & 0xff00;
    pixels[at + offsets[i]] = 0xff000000 | one | two;
  }
}

function draw() {
  fitFrame();
  const { image, pixels, ratio, width, height, margin, stride, stamps } = frame;
  const [scale, left, top] = [view.scale * ratio, view.left * ratio, view.top * ratio];
  pixels.fill(packed(theme.paper));
  for (let i = 0; i < drawn.length; i++) {
    const x = Math.round(drawn.across[i] * scale + left);
    const y = Math.round(drawn.down[i] * scale + top);
    if (x < -8 || y < -8 || x >= width + 8 || y >= height + 8) continue;
    stamp(pixels, (y + margin) * stride + x + margin, drawn.ink[i], stamps[drawn.shape[i]]);
  }
  paper.putImageData(image, -margin, -margin);
  drawTiles();
}

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}
