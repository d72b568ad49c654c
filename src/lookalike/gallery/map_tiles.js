// Thumbnails: sheets are decoded when the first of their tiles is shown.
const tiles = content.tiles;
const sheets = new Map();
const FEW = 240; // as many images are shown as pictures instead of points
const SMALLEST = 18; // pixels; smaller pictures say less than points

// The decoded sheet of an image, or null until it is there; then `ready` is called.
function sheetOf(i, ready) {
  const number = Math.floor(i / tiles.across ** 2);
  let sheet = sheets.get(number);
  if (!sheet) {
    sheet = new Image();
    sheet.src = `data:image/jpeg;base64,${tiles.sheets[number]}`;
    sheets.set(number, sheet);
  }
  if (sheet.complete) return sheet;
  sheet.addEventListener("load", ready, { once: true });
  return null;
}

// Draws the picture of an image into a square of a canvas; false if it is not there yet.
function drawTile(pen, i, x, y, side, ready) {
  const sheet = sheetOf(i, ready);
  if (!sheet) return false;
  const place = i % tiles.across ** 2;
  const from = [(place % tiles.across) * tiles.side, Math.floor(place / tiles.across) * tiles.side];
  pen.drawImage(sheet, ...from, tiles.side, tiles.side, x, y, side, side);
  return true;
}

// Where few images are on the screen, they are shown instead of their points.
function drawTiles() {
  if (!tiles) return;
  const found = within(0, 0, view.width, view.height, FEW + 1);
  const side = Math.min(80, 0.45 * Math.sqrt((view.width * view.height) / found.length));
  if (!found.length || found.length > FEW || side < SMALLEST) return;
  paper.save();
  paper.scale(frame.ratio, frame.ratio);
  paper.lineWidth = 2;
  for (const i of found) {
    const [x, y] = onScreen(i).map((middle) => Math.round(middle - side / 2));
    paper.globalAlpha = isFaded(i) ? 0.3 : 1;
    if (!drawTile(paper, i, x, y, side, redraw)) continue;
    paper.strokeStyle = css(palette[slot(i)]);
    paper.strokeRect(x, y, side, side);
  }
  paper.restore();
}
