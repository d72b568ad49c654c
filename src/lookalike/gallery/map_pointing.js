// Moving, zooming, the card of the image under the pointer, and the lasso.
const stage = document.querySelector(".stage");
const card = $("card");
const pointers = new Map(); // of fingers and buttons that are down: where they are
let lasso = null; // corners on the screen while one is drawn

const place = (event) => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

function fit() {
  const box = stage.getBoundingClientRect();
  const ratio = Math.min(2, devicePixelRatio);
  resize(box.width, box.height);
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
  draw();
}

function change(edit) {
  edit();
  card.hidden = true;
  redraw();
}

function words(i) {
  return content.colours.map((colour, at) => {
    const value = colours[at].numbers[i];
    if (value === NONE) return [colour.title, "not known"];
    if (colour.names) return [colour.title, colour.names[value]];
    return [colour.title, (colour.low + ((colour.high - colour.low) * value) / (NONE - 1)).toFixed(2)];
  });
}

let told = -1;
function tell(i, x, y) {
  card.hidden = i < 0;
  if (i < 0) return;
  if (told !== i) fillCard(i);
  const box = card.getBoundingClientRect();
  const left = x + 16 + box.width > view.width ? Math.max(4, x - 16 - box.width) : x + 16;
  const top = Math.max(4, Math.min(y + 12, view.height - box.height - 4));
  card.style.translate = `${left}px ${top}px`;
}

function fillCard(i) {
  told = i;
  const picture = card.querySelector("canvas");
  picture.hidden = !tiles;
  if (tiles) {
    picture.width = picture.height = tiles.side;
    const show = () => told === i && drawTile(picture.getContext("2d"), i, 0, 0, tiles.side, show);
    show();
  }
  card.querySelector("b").textContent = content.names[i];
  card.querySelector("dl").replaceChildren(
    ...words(i).flatMap(([title, value]) => [element("dt", title), element("dd", value)]),
  );
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

// Two fingers move and zoom; one, or the mouse, moves.
function drag(event, [x, y]) {
  const [oldX, oldY] = pointers.get(event.pointerId);
  const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
  pointers.set(event.pointerId, [x, y]);
  change(() => {
    if (!others.length) {
      view.left += x - oldX;
      view.top += y - oldY;
      return;
    }
    const [fixedX, fixedY] = others[0];
    const before = Math.hypot(oldX - fixedX, oldY - fixedY);
    zoom(Math.hypot(x - fixedX, y - fixedY) / Math.max(1, before), fixedX, fixedY);
  });
}

function drawLasso() {
  const path = lasso ? `M${lasso.map((corner) => corner.join(" ")).join("L")}Z` : "";
  $("lasso").firstElementChild.setAttribute("d", path);
}

// Whether a place lies inside: a ray to the right crosses the outline an odd number of times.
function isInside(corners, x, y) {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [[ax, ay], [bx, by]] = [corners[i], corners[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

function choose(corners) {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [low, high] = [(list) => list.reduce((a, b) => Math.min(a, b)), (list) => list.reduce((a, b) => Math.max(a, b))];
  const near = within(low(xs), low(ys), high(xs), high(ys));
  select(near.filter((i) => isInside(corners, ...onScreen(i))));
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, place(event));
  const picking = event.shiftKey || $("pick").ariaPressed === "true";
  lasso = picking && pointers.size === 1 ? [place(event)] : null;
  canvas.classList.toggle("moving", !lasso);
  card.hidden = true;
});

canvas.addEventListener("pointermove", (event) => {
  const [x, y] = place(event);
  if (lasso) {
    lasso.push(...event.getCoalescedEvents().map(place)); // all places since the last frame
    drawLasso();
  } else if (pointers.has(event.pointerId)) {
    drag(event, [x, y]);
  } else {
    tell(nearest(x, y, 14), x, y);
  }
});

function release(event) {
  if (!pointers.delete(event.pointerId)) return;
  if (lasso && event.type === "pointerup" && lasso.length > 2) choose(lasso);
  else if (event.pointerType === "touch" && !lasso) tell(nearest(...place(event), 14), ...place(event));
  lasso = null;
  drawLasso();
  canvas.classList.toggle("moving", pointers.size > 0);
}
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);
canvas.addEventListener("pointerleave", () => (card.hidden = true));
canvas.addEventListener(
  "wheel",
  (event) => {
    if (parent !== window && document.activeElement !== canvas) return; // it scrolls the page around
    event.preventDefault();
    const pixels = event.deltaY * [1, 30, 300][event.deltaMode];
    change(() => zoom(Math.exp(-pixels * 0.0018), ...place(event)));
  },
  { passive: false },
);

const STEP = 60;
const KEYS = {
  ArrowLeft: () => (view.left += STEP),
  ArrowRight: () => (view.left -= STEP),
  ArrowUp: () => (view.top += STEP),
  ArrowDown: () => (view.top -= STEP),
  "+": () => zoom(1.4),
  "=": () => zoom(1.4),
  "-": () => zoom(1 / 1.4),
  0: showWhole,
  Escape: () => select([]),
};
canvas.addEventListener("keydown", (event) => {
  if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  change(KEYS[event.key]);
});
$("closer").addEventListener("click", () => change(KEYS["+"]));
$("farther").addEventListener("click", () => change(KEYS["-"]));
$("whole").addEventListener("click", () => change(showWhole));
$("pick").addEventListener("click", () => {
  $("pick").ariaPressed = String($("pick").ariaPressed !== "true");
  canvas.classList.toggle("picking", $("pick").ariaPressed === "true");
});
