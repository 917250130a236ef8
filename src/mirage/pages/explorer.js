// Runs whenever a control moves or a plot is tapped; all numbers were counted when the page was made.
const page = globalThis.mirage ??= read(JSON.parse(text));
const column = page.columns[detector.value][steps.value];
const choice = page.choices[column];
edges.data = {edges: choice.edges};
if (cb_obj === detector || cb_obj === steps) slider.setv({end: choice.edges.length - 1, value: choice.start});
slider.title = "Threshold of " + choice.name;
const threshold = choice.edges[slider.value];
const score = samples.data[column];
if (cb_obj.event_name === "tap") page.chosen = tapped(cb_obj);
judge();
draw_scores();
draw_pictures();
draw_path();
tell();
if (!page.dressed) dress();

function read(page) {
  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  page.pixels = bytes(page.pixels);
  page.path = page.kind === "pictures" ? bytes(page.path) : new Float32Array(bytes(page.path).buffer);
  page.orders = {};
  const {kind, path} = samples.data; // at first a sample with a path, a hallucination where it can be
  page.chosen = path.findIndex((place, row) => place >= 0 && kind[row] === 1);
  if (page.chosen < 0) page.chosen = path.findIndex(place => place >= 0);
  return page;
}

// 0 valid and kept, 1 valid and flagged, 2 missed, 3 found; 4 and 5 where there is no label.
function judge() {
  const state = new Uint8Array(score.length);
  for (let i = 0; i < state.length; i++) state[i] = 2 * samples.data.kind[i] + (score[i] >= threshold);
  samples.data.state = state;
  if (page.kind === "line") samples.data.y = score;
  samples.change.emit();
}

function draw_scores() {
  bars.data = choice.bars;
  if (choice.curve) {
    curve.data = choice.curve;
    point.data = {x: [choice.false_positives[slider.value]], y: [choice.true_positives[slider.value]]};
  }
  for (const span of spans) span.location = threshold;
  for (const axis of score_axes) axis.axis_label = choice.name;
  numbers.text = choice.numbers[slider.value];
}

function draw_pictures() {
  if (page.kind !== "pictures") return;
  const rows = shown(), cells = gallery.data;
  for (let k = 0; k < page.cells; k++) {
    cells.row[k] = rows[k] ?? -1;
    cells.state[k] = k < rows.length ? samples.data.state[rows[k]] : NaN;
    paint(cells.image[k], page.pixels, k < rows.length ? rows[k] : -1);
  }
  gallery.change.emit();
}

// The samples of the gallery, by rising score.
function shown() {
  const order = page.orders[column] ??= [...score.keys()].sort((a, b) => score[a] - score[b]);
  if (view.value === "with a path") return order.filter(row => samples.data.path[row] >= 0).slice(0, page.cells);
  const cut = order.findIndex(row => score[row] >= threshold), last = Math.max(order.length - page.cells, 0);
  const middle = (cut < 0 ? order.length : cut) - page.cells / 2;
  const start = {"at the threshold": Math.min(Math.max(middle, 0), last), lowest: 0, highest: last}[view.value];
  return order.slice(start, start + page.cells);
}

// A picture's bytes as the colours of an image; none where its place is negative.
function paint(image, bytes, place) {
  const channels = page.channels, colours = new Uint8Array(image.buffer, image.byteOffset, 4 * image.length);
  for (let i = 0; i < image.length; i++)
    for (let c = 0; c < 4; c++)
      colours[4 * i + c] = place < 0 ? 0 : c === 3 ? 255 : bytes[channels * (place * image.length + i) + Math.min(c, channels - 1)];
}

// The sample under a tap: of points the nearest, one with a path where it is as near as a finger.
function tapped(tap) {
  if (page.kind === "pictures") {
    const cell = Math.floor(tap.x) + page.across * Math.floor(page.cells / page.across - tap.y);
    return gallery.data.row[cell] >= 0 ? gallery.data.row[cell] : page.chosen;
  }
  const {x, y, path} = samples.data, frame = tap.origin;
  const scale = ({start, end}, size) => size / Math.abs(end - start);
  const across = scale(frame.x_range, frame.inner_width);
  const log = page.kind === "line" && page.log, of = value => log ? Math.log(Math.max(value, 1e-300)) : value;
  const range = {start: of(frame.y_range.start), end: of(frame.y_range.end)};
  const up = scale(range, frame.inner_height);
  const best = [[Infinity, -1], [Infinity, -1]]; // of all, and of those with a path
  for (let i = 0; i < x.length; i++) {
    const away = Math.hypot((x[i] - tap.x) * across, (of(y[i]) - of(tap.y)) * up);
    if (away < best[0][0]) best[0] = [away, i];
    if (path[i] >= 0 && away < best[1][0]) best[1] = [away, i];
  }
  return best[1][0] < 12 ? best[1][1] : best[0][1];
}

function draw_path() {
  const row = page.chosen, place = row < 0 ? -1 : samples.data.path[row], steps = page.times.length;
  if (page.kind === "pictures") {
    strip.data.image.forEach((image, k) => paint(image, page.path, place < 0 ? -1 : place * steps + k));
    strip.change.emit();
    return;
  }
  const at = (step, coordinate) => page.path[(place * steps + step) * page.size + coordinate];
  const known = place < 0 ? [] : [...page.times.keys()];
  path.data = page.kind === "line"
    ? {x: known.map(k => page.times[k]), y: known.map(k => at(k, 0))}
    : {x: known.map(k => at(k, 0)), y: known.map(k => at(k, 1))};
  const pick = row < 0 ? [] : [row];
  chosen.data = {x: pick.map(i => samples.data.x[i]), y: pick.map(i => samples.data.y[i])};
}

function tell() {
  const row = page.chosen;
  if (row < 0) return;
  const value = Number(score[row].toPrecision(4)), known = samples.data.path[row] >= 0;
  details.text = "Sample <b>" + samples.data.sample[row] + "</b>, " + page.labels[samples.data.label[row]] + ". "
    + choice.name + ": " + value + ", " + (score[row] >= threshold ? "flagged" : "kept") + ". "
    + (known ? page.shows_path : page.lacks_path);
}

// The browser's light or dark scheme, where only scripts can reach: on canvases.
function dress() {
  page.dressed = true;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = () => {
    const ink = dark.matches ? "#e6e6e6" : "#222222", line = dark.matches ? "#555555" : "#bbbbbb";
    for (const figure of figures) {
      figure.title.text_color = ink;
      for (const axis of [...figure.below, ...figure.left])
        Object.assign(axis, {axis_label_text_color: ink, major_label_text_color: ink, axis_line_color: line,
          major_tick_line_color: line, minor_tick_line_color: null});
    }
    for (const legend of legends) legend.label_text_color = ink;
    for (const rule of spans) rule.line_color = ink;
  };
  dark.addEventListener("change", colour);
  colour();
}
