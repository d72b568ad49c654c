// The colours and their legend, and the list of selected images.
const grouped = (value) => value.toLocaleString("en");

function repaint() {
  prepare();
  redraw();
}

function showColour() {
  const { colour } = state;
  readPalette(colour);
  $("meaning").textContent = colour.about ?? "";
  $("legend").replaceChildren(...(colour.names ? kindsOf(colour) : []));
  $("ramp").hidden = Boolean(colour.names);
  $("all").hidden = !state.hidden.size;
  if (!colour.names) showRamp(colour);
  repaint();
}

function showRamp({ low, high, striking }) {
  const [bar, from, to] = $("ramp").children;
  const stops = striking === "low" ? [...theme.ramp].reverse() : theme.ramp;
  bar.style.background = `linear-gradient(to right, ${stops.map(css).join(", ")})`;
  from.textContent = low.toFixed(2);
  to.textContent = high.toFixed(2);
}

// A line of the legend for each kind that occurs: click to hide it, point at it to see it alone.
function kindsOf(colour) {
  const counts = new Map();
  for (const value of colour.numbers) counts.set(value, (counts.get(value) ?? 0) + 1);
  const present = [...counts.keys()].sort((a, b) => a - b);
  return present.map((value) => {
    const button = document.createElement("button");
    const name = value === NONE ? "not known" : colour.names[value];
    button.type = "button";
    button.title = name;
    button.ariaPressed = String(!state.hidden.has(value));
    button.append(swatch(value), element("span", name), element("small", grouped(counts.get(value))));
    button.addEventListener("click", () => {
      if (!state.hidden.delete(value)) state.hidden.add(value);
      button.ariaPressed = String(!state.hidden.has(value));
      $("all").hidden = !state.hidden.size;
      light(null);
    });
    button.addEventListener("pointerenter", () => light(state.hidden.has(value) ? null : value));
    button.addEventListener("pointerleave", () => light(null));
    const line = document.createElement("li");
    line.append(button);
    return line;
  });
}

function light(value) {
  state.lit = value;
  repaint();
}

const SWATCHES = masks(9);
function swatch(value) {
  const picture = document.createElement("canvas");
  picture.width = picture.height = 26;
  picture.style.width = picture.style.height = "13px";
  const image = new ImageData(26, 26);
  for (const [column, row, cover] of SWATCHES[shapeOfKind(value)]) {
    image.data.set([...toneOfKind(value), Math.min(255, cover / OPACITY)], 4 * ((row + 13) * 26 + column + 13));
  }
  picture.getContext("2d").putImageData(image, 0, 0);
  return picture;
}

function select(images) {
  state.chosen = images.length ? new Uint8Array(count) : null;
  for (const i of images) state.chosen[i] = 1;
  $("list").hidden = !images.length;
  $("how").hidden = images.length > 0;
  $("count").textContent = images.length ? `${grouped(images.length)} selected` : "Nothing selected";
  $("paths").value = images.map((i) => content.names[i]).sort().join("\n");
  $("copy").textContent = "Copy";
  repaint();
}

$("copy").addEventListener("click", () => {
  $("paths").select();
  document.execCommand("copy"); // asks for no permission, and works in a file opened from a disk
  $("copy").textContent = "Copied";
});
$("download").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([$("paths").value + "\n"], { type: "text/plain" }));
  link.download = "selected.txt";
  link.click();
  URL.revokeObjectURL(link.href);
});
$("clear").addEventListener("click", () => select([]));
$("all").addEventListener("click", () => {
  state.hidden.clear();
  showColour();
});

for (const colour of colours) $("colour").append(element("option", colour.title));
$("colour").addEventListener("change", () => {
  state.colour = colours[$("colour").selectedIndex];
  state.hidden.clear();
  showColour();
});

function dress() {
  readTheme();
  showColour();
}

function onPaper(printed) {
  document.documentElement.classList.toggle("print", printed);
  dress();
  draw(); // now: the next frame comes too late
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);
addEventListener("beforeprint", () => onPaper(true));
addEventListener("afterprint", () => onPaper(false));
dress();
new ResizeObserver(fit).observe(stage);
