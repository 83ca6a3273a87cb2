"use strict";

const REAL = "#0072B2", FAKE = "#D55E00", ARROW = "#222222";
const SAYS_REAL = [127, 184, 218], SAYS_FAKE = [243, 178, 127];
const $ = id => document.getElementById(id);
const sleep = ms => new Promise(done => setTimeout(done, ms));

let known = null;        // choices, numbers, scenes: what there is
let picture = null;      // the newest
let drawn = null;        // points while the visitor draws, or null
let ownPoints = [];      // what was drawn last
let scene = null;

// -- asking the server ----------------------------------------------------------------------------

async function ask(command) {
  const answer = await fetch("do", {method: "POST", body: JSON.stringify(command),
                                    headers: {"Content-Type": "application/json"}});
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  return found;
}

async function tell(command) {  // what goes wrong is said on the page
  try {
    say("");
    return await ask(command);
  } catch (error) {
    say(error.message);
    return null;
  }
}

function say(text) { $("said").textContent = text; }

async function watch() {
  let version = -1;
  for (;;) {
    if (document.hidden) { await sleep(300); continue; }
    try {
      const answer = await fetch("picture?since=" + version);
      if (answer.status === 200) {
        version = Number(answer.headers.get("X-Version"));
        picture = await answer.json();
        requestAnimationFrame(show);
      } else if (!answer.ok) throw new Error();
      $("where").classList.remove("lost");
    } catch {
      $("where").textContent = "the playground has ended, or is busy";
      await sleep(1000);
    }
  }
}

// -- the planes -----------------------------------------------------------------------------------

function sized(canvas) {  // the canvas in pixels of the screen; [context, width, height] in CSS's
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}

function views() {
  return Object.fromEntries([...document.querySelectorAll("[data-view]")].map(
    box => [box.dataset.view, box.checked]));
}

function places(extent, width, height) {  // data → pixels
  const [left, right, bottom, top] = extent;
  return ([x, y]) => [(x - left) / (right - left) * width,
                      height - (y - bottom) / (top - bottom) * height];
}

function landscape(map) {
  const {size, values} = map, made = document.createElement("canvas");
  made.width = made.height = size;
  const context = made.getContext("2d"), image = context.createImageData(size, size);
  for (let row = 0; row < size; row++) for (let column = 0; column < size; column++) {
    const at = row * size + column, share = parseInt(values.substr(2 * at, 2), 16) / 255;
    const colour = share > 0.5 ? SAYS_REAL : SAYS_FAKE, strength = Math.abs(2 * share - 1);
    const pixel = 4 * ((size - 1 - row) * size + column);
    for (let part = 0; part < 3; part++)
      image.data[pixel + part] = 255 + (colour[part] - 255) * strength;
    image.data[pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return made;
}

function dots(context, points, place, radius, colour) {
  context.fillStyle = colour;
  for (const point of points) {
    const [x, y] = place(point);
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.fill();
  }
}

function drawPlane(canvas, run) {
  const [context, width, height] = sized(canvas), place = places(run.extent, width, height);
  const chosen = views(), small = width < 300;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  if (chosen.map && run.map) {
    context.imageSmoothingEnabled = true;
    context.drawImage(landscape(run.map), 0, 0, width, height);
  }
  if (chosen.grid) {
    context.strokeStyle = FAKE;
    context.lineWidth = 0.5;
    for (const line of run.grid) {
      context.beginPath();
      line.forEach((point, at) => context[at ? "lineTo" : "moveTo"](...place(point)));
      context.stroke();
    }
  }
  if (chosen.real) {
    if (run.centers) {
      context.strokeStyle = REAL;
      context.lineWidth = 1.5;
      for (const point of run.centers) {
        context.beginPath();
        context.arc(...place(point), small ? 5 : 8, 0, 7);
        context.stroke();
      }
    }
    dots(context, run.real, place, small ? 1 : 1.4, "rgba(0, 114, 178, .55)");
  }
  if (chosen.fake) dots(context, run.fake, place, small ? 1.5 : 2.1, FAKE);
  if (ray && canvas.id === ray.canvas && run.fake[ray.index]) {
    context.strokeStyle = "#000";
    context.lineWidth = 2;
    context.beginPath();
    context.arc(...place(run.fake[ray.index]), 7, 0, 7);
    context.stroke();
  }
  if (chosen.arrows || run.told) {
    context.strokeStyle = context.fillStyle = ARROW;
    context.lineWidth = 1;
    for (const [x, y, dx, dy] of run.arrows) {
      const [x0, y0] = place([x, y]), [x1, y1] = place([x + dx, y + dy]);
      const angle = Math.atan2(y1 - y0, x1 - x0), length = Math.hypot(x1 - x0, y1 - y0);
      context.beginPath();
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      context.stroke();
      if (length < 3) continue;
      context.beginPath();
      context.moveTo(x1, y1);
      for (const turn of [2.6, -2.6])
        context.lineTo(x1 + 5 * Math.cos(angle + turn), y1 + 5 * Math.sin(angle + turn));
      context.fill();
    }
  }
}

// -- curves ---------------------------------------------------------------------------------------

function drawChart(canvas, runs, wanted, range) {
  const [context, width, height] = sized(canvas), left = 34, bottom = height - 16, top = 6;
  let low = Infinity, high = -Infinity, last = 1;
  const lines = [];
  runs.forEach((run, index) => wanted.forEach(([name, colour, scale]) => {
    const column = run.names.indexOf(name);
    const line = run.curves.filter(row => row[column] !== null).map(
      row => [row[0], row[column] * (scale ? scale(run) : 1)]);
    for (const [, value] of line) { low = Math.min(low, value); high = Math.max(high, value); }
    if (line.length) last = Math.max(last, line[line.length - 1][0]);
    lines.push([line, colour, index]);
  }));
  if (range) [low, high] = range;
  else if (low > high) [low, high] = [0, 1];
  else {  // a spike must not flatten the rest
    const all = lines.flatMap(([line]) => line.map(point => point[1])).sort((a, b) => a - b);
    low = Math.min(0, all[Math.floor(all.length * .02)]);
    high = Math.max(low + 1e-3, all[Math.ceil(all.length * .98) - 1] * 1.1);
  }
  const y = value => bottom - (value - low) / (high - low) * (bottom - top);
  const x = step => left + step / last * (width - left - 4);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = "#777";
  context.strokeStyle = "#ddd";
  context.lineWidth = 1;
  for (const value of [low, (low + high) / 2, high]) {
    context.beginPath();
    context.moveTo(left, y(value));
    context.lineTo(width, y(value));
    context.stroke();
    context.textAlign = "right";
    context.fillText(Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(high - low < 3 ? 2 : 1),
                     left - 4, y(value) + 4);
  }
  context.textAlign = "left";
  context.fillText("0", left, height - 3);
  context.textAlign = "right";
  context.fillText(`step ${last}`, width, height - 3);
  context.save();
  context.beginPath();
  context.rect(left, top - 2, width - left, bottom - top + 4);
  context.clip();
  for (const [line, colour, index] of lines) {
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.setLineDash(index ? [4, 3] : []);
    context.beginPath();
    line.forEach(([step, value], at) => context[at ? "lineTo" : "moveTo"](x(step), y(value)));
    context.stroke();
  }
  context.restore();
}

function drawCharts(runs) {
  const chart = name => document.querySelector(`[data-chart=${name}]`);
  drawChart(chart("loss"), runs, [["d_loss", REAL], ["g_loss", FAKE]]);
  drawChart(chart("verdict"), runs, [["d_real", REAL], ["d_fake", FAKE]], [0, 1]);
  drawChart(chart("modes"), runs, [["modes", REAL, run => 1 / (run.modes || 1)],
                                   ["quality", FAKE]], [0, 1]);
  drawChart(chart("neighbours"), runs, [["precision", REAL], ["recall", FAKE]], [0, 1]);
}

// -- all of it ------------------------------------------------------------------------------------

const seen = [];  // [time, step] of the last pictures, for the speed

function show() {
  if (!picture || drawn) return;
  const runs = picture.runs, first = runs[0], two = runs.length > 1;
  $("second").hidden = $("target").hidden = !two;
  $("stage").classList.toggle("two", two);
  $("two").textContent = two ? "one only" : "two at once";
  runs.forEach((run, index) => {
    drawPlane($(index ? "plane-b" : "plane-a"), index ? run : toldOf(run));
    $(index ? "title-b" : "title-a").textContent = two ? `${"AB"[index]}: ${headline(run)}`
      : headline(run);
  });
  drawCharts(runs);
  record();
  const now = performance.now();
  seen.push([now, first.step]);
  while (seen.length > 20) seen.shift();
  const [then, before] = seen[0];
  const rate = now > then && first.step >= before ? (first.step - before) / (now - then) * 1000 : 0;
  $("where").textContent = `step ${first.step}`
    + (picture.playing && rate ? `, ${rate.toFixed(0)} a second` : "");
  $("play").textContent = picture.playing ? "pause" : "play";
  if (document.activeElement !== $("speed")) $("speed").value =
    picture.speed > 1e5 ? "1000000000" : String(picture.speed);
  $("average").checked = picture.show === "average";
  const last = first.curves[first.curves.length - 1], at = name => first.names.indexOf(name);
  $("caption-modes").textContent = !first.modes ? "modes: none to count"
    : !last ? "modes" : `modes ${last[at("modes")]} of ${first.modes}, quality `
      + `${Math.round(100 * last[at("quality")])} %`;
  $("caption-modes").innerHTML = $("caption-modes").textContent
    .replace("modes", "<b class=d>modes</b>").replace("quality", "<b class=g>quality</b>");
  diagnosis(runs);
  showKnobs(chosenRun());
  showNetworks(first);
}

function headline(run) {
  const bits = [run.settings.method, `on ${run.settings.data}`];
  if (picture.runs.length > 1) {
    const other = picture.runs[1 - picture.runs.indexOf(run)].settings;
    const apart = Object.keys(other).filter(
      name => name !== "points" && other[name] !== run.settings[name]);
    if (apart.length) return apart.map(name => `${words(name)} ${label(run, name)}`).join(", ");
  }
  return bits.join(" ") + `, seed ${run.settings.seed}`;
}

let told = "";
function diagnosis(runs) {
  const early = run => run.step < 100;
  const facts = JSON.stringify([runs.map(run => [run.stopped, run.warning, early(run),
    run.findings.map(found => [found.name, found.evidence, found.remedies])])]);
  if (facts === told) return;
  told = facts;
  const box = $("diagnosis");
  box.replaceChildren();
  let bad = false;
  runs.forEach((run, index) => {
    const who = runs.length > 1 ? `${"AB"[index]}: ` : "";
    const line = (text, strong) => {
      const made = document.createElement("div");
      if (strong) {
        const head = document.createElement("b");
        head.textContent = who + strong + " ";
        made.append(head);
      }
      made.append(text);
      box.append(made);
      return made;
    };
    if (run.stopped) { line(run.stopped, "It has stopped."); bad = true; }
    if (run.warning) line(run.warning, "Mind:");
    for (const found of run.findings) {
      bad = true;
      line(`from step ${found.step}. ${found.evidence}`, found.name);
      const buttons = document.createElement("div");
      for (const remedy of found.remedies) {
        const button = document.createElement("button");
        button.textContent = remedy.label;
        button.onclick = () => tell({do: "set", settings: remedy.settings, run: "ab"[index]});
        buttons.append(button);
      }
      box.append(buttons);
    }
    if (!run.stopped && !run.findings.length)
      line(early(run) ? "Too early to say." : "Nothing is wrong, as far as the rules can see.",
           who ? " " : "");
  });
  box.classList.toggle("bad", bad);
}

function showNetworks(run) {
  const text = ["G: " + run.networks[0].join(" → "), "D: " + run.networks[1].join(" → "),
                "loss: " + run.loss, "penalty: " + run.penalty, "updates: " + run.rule,
                "D's optimiser: " + run.d_optimizer, "G's optimiser: " + run.g_optimizer];
  const box = $("networks");
  if (box.dataset.text !== text.join()) {
    box.dataset.text = text.join();
    box.replaceChildren(...text.map(line => Object.assign(document.createElement("p"),
                                                          {textContent: line})));
  }
}

// -- knobs ----------------------------------------------------------------------------------------

const KNOBS = [
  ["Game", [["data", "data"], ["method", "method"], ["seed", "seed"], ["loss", "loss"],
            ["updates", "who moves when"], ["k", "steps of D"], ["batch", "batch"]]],
  ["Rates", [["d_rate", "D's rate"], ["g_rate", "G's rate"], ["optimizer", "optimiser"]]],
  ["Cures", [["penalty", "penalty on D"], ["weight", "its weight"], ["noise", "instance noise"],
             ["smoothing", "label smoothing"]]],
  ["Networks (start again)", [["g_width", "G's width"], ["g_depth", "G's depth"],
                              ["d_width", "D's width"], ["d_depth", "D's depth"]]]];
const SCALES = {  // knob → [value of a slider's place, place of a value, most places]
  d_rate: logarithmic(-5, 0), g_rate: logarithmic(-5, 0), weight: logarithmic(-3, 2),
  batch: powers(1, 10), g_width: powers(0, 8), d_width: powers(0, 8),
  noise: linear(0, 2, .05), smoothing: linear(0, .45, .05), k: linear(1, 10, 1),
  g_depth: linear(1, 6, 1), d_depth: linear(1, 6, 1), seed: linear(0, 20, 1)};

function logarithmic(low, high) {
  return [place => Number((10 ** (low + place / 20)).toPrecision(2)),
          value => Math.round(20 * (Math.log10(Math.max(value, 1e-9)) - low)), 20 * (high - low)];
}
function powers(low, high) {
  return [place => 2 ** (low + place), value => Math.round(Math.log2(value)) - low, high - low];
}
function linear(low, high, step) {
  return [place => Number((low + place * step).toFixed(4)),
          value => Math.round((value - low) / step), Math.round((high - low) / step)];
}

function words(name) {
  for (const [, knobs] of KNOBS) for (const [knob, text] of knobs) if (knob === name) return text;
  return name;
}

function label(run, name) {
  const value = run.settings[name];
  const own = {loss: run.loss, penalty: run.penalty, optimizer: run.d_optimizer,
               updates: run.rule}[name];
  return value === "own" && own ? `own: ${own.replace(/\(.*/, "").replace("None", "none")}` : String(value);
}

function buildKnobs() {
  for (const [title, knobs] of KNOBS) {
    const group = document.createElement("fieldset");
    group.append(Object.assign(document.createElement("legend"), {textContent: title}));
    for (const [name, text] of knobs) {
      const row = document.createElement("div"), id = `knob-${name}`;
      row.className = "knob";
      row.append(Object.assign(document.createElement("label"), {htmlFor: id, textContent: text}));
      if (known.choices[name]) {
        const select = document.createElement("select");
        select.id = id;
        for (const value of known.choices[name]) select.add(new Option(
          value === "drawn" ? "draw your own …" : value, value));
        select.onchange = () => {
          if (name === "data" && select.value === "drawn") return beginDrawing();
          turn({[name]: select.value});
        };
        row.append(select);
      } else {
        const slider = document.createElement("input"), output = document.createElement("output");
        const [valueOf, , places] = SCALES[name];
        Object.assign(slider, {type: "range", id, min: 0, max: places, step: 1});
        slider.oninput = () => { output.textContent = valueOf(Number(slider.value)); };
        slider.onchange = () => { turn({[name]: valueOf(Number(slider.value))}); slider.blur(); };
        row.append(slider, output);
      }
      group.append(row);
    }
    $("knobs").append(group);
  }
}

function chosenRun() {
  const target = document.querySelector("[name=target]:checked").value;
  return picture.runs[target === "b" && picture.runs.length > 1 ? 1 : 0];
}

async function turn(settings) {
  scene = null;
  showScene();
  const target = picture.runs.length > 1
    ? document.querySelector("[name=target]:checked").value : "both";
  await tell({do: "set", settings, run: target});
  remember();
}

let sliding = null;
document.addEventListener("pointerdown", event => { sliding = event.target; });
document.addEventListener("pointerup", () => { sliding = null; });

function showKnobs(run) {
  for (const [, knobs] of KNOBS) for (const [name] of knobs) {
    const input = $(`knob-${name}`), value = run.settings[name];
    input.parentElement.classList.toggle("idle", run.idle.includes(name));
    input.disabled = run.idle.includes(name);
    if (input.tagName === "SELECT") {
      if (document.activeElement !== input) input.value = value;
      const own = [...input.options].find(option => option.value === "own");
      if (own && value === "own") own.textContent = label(run, name);
    } else if (sliding !== input) {
      input.value = SCALES[name][1](value);
      input.nextElementSibling.textContent = value;
    }
  }
}

// -- scenes, address ------------------------------------------------------------------------------

function buildScenes() {
  for (const one of known.scenes) {
    const button = document.createElement("button");
    button.textContent = one.title;
    button.dataset.scene = one.name;
    button.onclick = () => begin(one);
    $("scenes").append(button);
  }
}

async function begin(one) {
  scene = one;
  showScene();
  leaveDrawing();
  telling = ray = null;
  $("telling").hidden = $("ray").hidden = true;
  seen.length = 0;
  await tell({do: "one"});
  if (!await tell({do: "start", settings: one.settings})) return;
  if (one.two) await tell({do: "two", settings: one.two});
  for (const [view, on] of Object.entries(one.views || {}))
    document.querySelector(`[data-view=${view}]`).checked = on;
  await tell({do: "play"});
  history.replaceState(null, "", "#scene=" + one.name);
}

function showScene() {
  $("text").textContent = scene ? scene.text : "";
  for (const button of $("scenes").children)
    button.setAttribute("aria-pressed", String(scene !== null
                                               && button.dataset.scene === scene.name));
}

async function remember() {  // the settings, in the address
  const found = await ask({do: "settings"}).catch(() => null);
  if (!found) return;
  const text = JSON.stringify(found.runs.length > 1 ? found.runs : found.runs[0]);
  history.replaceState(null, "", text.length < 20000 ? "#s=" + encodeURIComponent(text) : "#");
}

async function readAddress() {
  const [kind, value] = location.hash.slice(1).split("=");
  if (kind === "scene") {
    scene = known.scenes.find(one => one.name === value) || null;
    showScene();
    const found = await ask({do: "settings"});
    if (scene && !found.begun) await begin(scene);
  } else if (kind === "s") {
    try {
      const wanted = JSON.parse(decodeURIComponent(value));
      const found = await ask({do: "settings"});
      if (JSON.stringify(found.runs) === JSON.stringify([].concat(wanted))) return;
      await ask({do: "one"});
      await ask({do: "start", settings: [].concat(wanted)[0]});
      if (wanted.length > 1) await ask({do: "two", settings: wanted[1]});
    } catch (error) { say("The address: " + error.message); }
  }
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what}: copied.`);
  } catch {
    window.prompt(`${what}: copy it`, text);
  }
}

// -- drawing --------------------------------------------------------------------------------------

const BOX = [-1.2, 1.2, -1.2, 1.2];

function beginDrawing() {
  drawn = ownPoints.slice();
  $("drawing").hidden = false;
  $("plane-a").classList.add("drawing");
  showDrawn();
}

function leaveDrawing() {
  drawn = null;
  $("drawing").hidden = true;
  $("plane-a").classList.remove("drawing");
  show();
}

function showDrawn() {
  const [context, width, height] = sized($("plane-a"));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  dots(context, drawn, places(BOX, width, height), 2, REAL);
  if (!drawn.length) {
    context.fillStyle = "#999";
    context.font = "16px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText("draw here", width / 2, height / 2);
  }
}

function pen(event) {
  if (!drawn || !(event.buttons & 1)) return;
  event.preventDefault();
  const canvas = $("plane-a"), box = canvas.getBoundingClientRect();
  const x = BOX[0] + (BOX[1] - BOX[0]) * (event.clientX - box.left) / box.width;
  const y = BOX[3] - (BOX[3] - BOX[2]) * (event.clientY - box.top) / box.height;
  for (let count = 0; count < 4 && drawn.length < 2000; count++)
    drawn.push([x, y].map(value => Number((value + .03 * (Math.random() - .5)).toFixed(3))));
  showDrawn();
}

function pasted(text) {
  const points = text.split("\n").map(line => line.match(/-?\d*\.?\d+(e[-+]?\d+)?/gi))
    .filter(found => found && found.length >= 2).map(found => [Number(found[0]), Number(found[1])])
    .filter(point => point.every(Number.isFinite)).slice(0, 3000);
  if (points.length < 2) throw new Error("expected at least two lines of two numbers");
  const middle = [0, 1].map(axis => {
    const values = points.map(point => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  });
  const half = Math.max(...middle.map(([low, high]) => (high - low) / 2)) || 1;
  return points.map(point => point.map((value, axis) => Number(
    ((value - (middle[axis][0] + middle[axis][1]) / 2) / half).toFixed(4))));
}

async function learn() {
  const points = drawn;
  if (points.length < 2) return say("Draw at least a few points.");
  ownPoints = points;
  scene = null;
  showScene();
  if (await tell({do: "set", settings: {data: "drawn", points}})) {
    await tell({do: "play"});
    leaveDrawing();
    remember();
  }
}

// -- slow motion ----------------------------------------------------------------------------------

let telling = null, ray = null;  // {phases, at}, {index, canvas}

function toldOf(run) {  // the run as the phase shows it
  if (!telling) return run;
  const phase = telling.phases[telling.at], longest = .08 * (run.extent[1] - run.extent[0]);
  const arrows = (phase.pulls || []).map(([dx, dy], at) => {
    const scale = longest / (1 + Math.hypot(dx, dy));
    return [...phase.fake[at], scale * dx, scale * dy];
  });
  return {...run, fake: phase.fake || [], real: phase.real || [], arrows, told: true};
}

async function tellStep() {
  const found = await tell({do: "slow", run: "a"});
  if (!found) return;
  telling = {phases: found.phases, at: 0, since: performance.now()};
  $("telling").hidden = false;
  showPhase();
}

function showPhase() {
  const phase = telling.phases[telling.at];
  $("phase").textContent = phase.title + ".";
  $("phase-text").textContent = phase.text;
  $("phase-at").textContent = `${telling.at + 1} of ${telling.phases.length}`;
  telling.since = performance.now();
  diagram(phase);
  show();
}

function turnPage(by) {
  telling.at = Math.max(0, Math.min(telling.phases.length - 1, telling.at + by));
  showPhase();
}

setInterval(() => {
  if (telling && $("by-itself").checked && performance.now() - telling.since > 2200
      && telling.at < telling.phases.length - 1) turnPage(1);
}, 200);

function closeTelling() {
  telling = null;
  $("telling").hidden = true;
  show();
}

function diagram(phase) {
  const [context, width, height] = sized($("diagram"));
  const layers = [picture.runs[0].networks[0].length + 1, picture.runs[0].networks[1].length + 1];
  const lit = new Map(phase.lit.map(name => [name.replace(/[<!]/, ""), name.slice(-1)]));
  const colour = name => !lit.has(name) ? "#c9c9c4"
    : {"<": "#7a3b00", "!": "#1a8a3a"}[lit.get(name)] || "#0072B2";
  const middle = height / 2 + 4;
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "center";
  const node = (name, text, x, y = middle) => {
    context.fillStyle = colour(name);
    context.beginPath();
    context.arc(x, y, 13, 0, 7);
    context.fill();
    context.fillStyle = lit.has(name) ? "#fff" : "#555";
    context.fillText(text, x, y + 4);
  };
  const line = (x0, y0, x1, y1, name) => {
    context.strokeStyle = colour(name);
    context.lineWidth = lit.has(name) ? 3 : 1;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  };
  const network = (name, values, left, right, count) => {
    line(left - 14, middle, left, middle, name);
    line(right, middle, right + 14, middle, name);
    context.strokeStyle = colour(name);
    context.lineWidth = lit.has(name) ? 2 : 1;
    context.strokeRect(left, 18, right - left, height - 36);
    const most = Math.max(...(values || [1])), step = (right - left) / count;
    for (let at = 0; at < count; at++) {
      const share = values ? values[at] / (most || 1) : .5, tall = Math.max(2, share * (height - 48));
      context.fillStyle = colour(name);
      context.fillRect(left + step * (at + .25), middle - tall / 2 - 1, step / 2, tall);
    }
    context.fillStyle = colour(name);
    const of = {"<": "gradient", "!": "updated"}[lit.get(name)] || "activations";
    context.fillText(lit.has(name) ? `${name}: ${of}` : name, (left + right) / 2, 13);
  };
  const unit = (width - 40) / 10;
  node("z", "z", 20);
  network("G", phase.g, 20 + unit * .7, 20 + unit * 3.4, layers[0]);
  node("x", "x", 20 + unit * 4.2);
  node("real", "data", 20 + unit * 4.2, height - 14);
  line(20 + unit * 4.2 + 12, height - 18, 20 + unit * 5 - 2, middle + 6, "real");
  network("D", phase.d, 20 + unit * 5, 20 + unit * 7.7, layers[1]);
  node("l", "D", 20 + unit * 8.5);
  node("loss", "L", 20 + unit * 9.6);
}

// -- the x-ray of a point -------------------------------------------------------------------------

async function xRay(canvas, event) {
  const run = picture.runs[canvas.id === "plane-b" ? 1 : 0], box = canvas.getBoundingClientRect();
  const place = places(run.extent, box.width, box.height);
  const x = event.clientX - box.left, y = event.clientY - box.top;
  let best = 24, index = -1;
  run.fake.forEach((point, at) => {
    const [px, py] = place(point), distance = Math.hypot(px - x, py - y);
    if (distance < best) [best, index] = [distance, at];
  });
  if (index < 0 || telling) return;
  const found = await tell({do: "xray", index, run: canvas.id.slice(-1)});
  if (!found) return;
  ray = {index, canvas: canvas.id};
  $("ray").hidden = false;
  $("ray-text").textContent = (found.absolute ? `D says ${found.d.toFixed(3)}: `
    + `${found.d > .5 ? "rather real" : "rather generated"}. ` : "")
    + "Blue is above zero, orange below; a bar is the gradient's norm, which you can follow upwards "
    + "from the logit to z.";
  const most = Math.max(...found.places.map(one => one.norm)) || 1;
  $("ray-rows").replaceChildren(...found.places.map(one => {
    const row = document.createElement("tr"), cells = [0, 1, 2].map(() => row.insertCell());
    cells[0].textContent = one.name;
    cells[1].append(strip(one.values));
    const bar = document.createElement("i");
    bar.style.width = `${Math.max(1, 50 * one.norm / most)}px`;
    cells[2].append(strip(one.gradient), " ", bar, one.norm.toPrecision(3));
    return row;
  }));
  show();
}

function strip(values) {
  const made = document.createElement("canvas"), most = Math.max(...values.map(Math.abs)) || 1;
  made.width = 288;
  made.height = 16;
  const context = made.getContext("2d"), step = 288 / values.length;
  values.forEach((value, at) => {
    const colour = value > 0 ? [0, 114, 178] : [213, 94, 0], strength = Math.abs(value) / most;
    context.fillStyle = `rgb(${colour.map(part => 255 + (part - 255) * strength).join(",")})`;
    context.fillRect(at * step, 0, Math.ceil(step), 16);
  });
  return made;
}

// -- a film ---------------------------------------------------------------------------------------

let film = null;  // frames while it records, each (pixels' palette indices)
const FRAMES = 60;

function record() {
  if (!film) return;
  const all = both(), made = document.createElement("canvas");
  made.width = Math.min(720, Math.round(360 * all.width / all.height));
  made.height = Math.round(made.width * all.height / all.width);
  const context = made.getContext("2d", {willReadFrequently: true});
  context.drawImage(all, 0, 0, made.width, made.height);
  const pixels = context.getImageData(0, 0, made.width, made.height).data;
  const frame = new Uint8Array(made.width * made.height);
  for (let at = 0; at < frame.length; at++)  // six shades each of red, green and blue
    frame[at] = 36 * Math.round(pixels[4 * at] / 51) + 6 * Math.round(pixels[4 * at + 1] / 51)
      + Math.round(pixels[4 * at + 2] / 51);
  if (film.frames.length && film.frames[0].length !== frame.length) film.frames = [];
  Object.assign(film, {width: made.width, height: made.height});
  film.frames.push(frame);
  $("gif").textContent = `stop (${film.frames.length})`;
  if (film.frames.length >= FRAMES) endFilm();
}

function endFilm() {
  const {width, height, frames} = film;
  film = null;
  $("gif").textContent = "film";
  if (frames.length) download(new Blob([gif(width, height, frames, 10)], {type: "image/gif"}),
                              "playground.gif");
}

function gif(width, height, frames, delay) {  // frames of palette indices; delay in 1/100 s
  const bytes = [], word = value => bytes.push(value & 255, value >> 8);
  const text = string => { for (const letter of string) bytes.push(letter.charCodeAt(0)); };
  text("GIF89a");
  word(width);
  word(height);
  bytes.push(0xF7, 0, 0);
  for (let colour = 0; colour < 256; colour++)
    bytes.push(51 * Math.min(5, Math.floor(colour / 36)), 51 * Math.floor(colour / 6 % 6),
               51 * (colour % 6));
  bytes.push(0x21, 0xFF, 11);
  text("NETSCAPE2.0");
  bytes.push(3, 1, 0, 0, 0);
  for (const frame of frames) {
    bytes.push(0x21, 0xF9, 4, 0);
    word(delay);
    bytes.push(0, 0, 0x2C, 0, 0, 0, 0);
    word(width);
    word(height);
    bytes.push(0, 8);
    const packed = lzw(frame);
    for (let at = 0; at < packed.length; at += 255) {
      const part = packed.slice(at, at + 255);
      bytes.push(part.length, ...part);
    }
    bytes.push(0);
  }
  bytes.push(0x3B);
  return new Uint8Array(bytes);
}

function lzw(values) {  // codes from 9 to 12 bits, least significant bit first
  const CLEAR = 256, END = 257, out = [];
  let held = 0, bits = 0, size = 9, next = 258, table = new Map();
  const emit = code => {
    held |= code << bits;
    bits += size;
    while (bits >= 8) { out.push(held & 255); held >>= 8; bits -= 8; }
  };
  emit(CLEAR);
  let prefix = values[0];
  for (let at = 1; at < values.length; at++) {
    const key = prefix << 8 | values[at], found = table.get(key);
    if (found !== undefined) { prefix = found; continue; }
    emit(prefix);
    if (next < 4096) {
      table.set(key, next++);
      if (next > 1 << size && size < 12) size++;
    } else {
      emit(CLEAR);
      table = new Map();
      next = 258;
      size = 9;
    }
    prefix = values[at];
  }
  emit(prefix);
  emit(END);
  if (bits) out.push(held & 255);
  return out;
}

// -- buttons --------------------------------------------------------------------------------------

function connect() {
  const on = (id, action) => { $(id).onclick = action; };
  on("play", () => { if (telling) closeTelling(); tell({do: picture && picture.playing ? "pause" : "play"}); });
  on("step", () => tell({do: "step"}));
  on("step-d", () => tell({do: "step", of: "d"}));
  on("step-g", () => tell({do: "step", of: "g"}));
  on("again", () => { seen.length = 0; tell({do: "start"}); });
  on("two", async () => {
    await tell({do: picture.runs.length > 1 ? "one" : "two"});
    if (picture.runs.length < 2) {
      document.querySelector("[name=target][value=b]").checked = true;
      say("Two from the same seed. The knobs now turn B.");
    }
    remember();
  });
  on("address", async () => { await remember(); copy(location.href, "The address"); });
  on("python", async () => {
    const run = picture.runs.indexOf(chosenRun());
    const found = await tell({do: "snippet", run: "ab"[run]});
    if (found) copy(found.snippet, "Python that repeats this run to the bit");
  });
  on("png", () => save(canvas => canvas.toBlob(blob => download(blob, "playground.png"))));
  on("gif", () => {
    if (film) return endFilm();
    film = {frames: []};
    say(`It films as it goes: ${FRAMES} pictures, or until you stop it.`);
  });
  on("slow", tellStep);
  on("next-step", tellStep);
  on("next", () => { $("by-itself").checked = false; turnPage(1); });
  on("before", () => { $("by-itself").checked = false; turnPage(-1); });
  on("enough", closeTelling);
  on("ray-close", () => { ray = null; $("ray").hidden = true; show(); });
  for (const id of ["plane-a", "plane-b"])
    $(id).addEventListener("click", event => { if (!drawn) xRay($(id), event); });
  on("learn", learn);
  on("wipe", () => { drawn = []; showDrawn(); });
  on("leave", leaveDrawing);
  on("paste", () => $("pasting").showModal());
  on("no", () => $("pasting").close());
  on("use", () => {
    try {
      drawn = pasted($("pasted").value);
      $("pasting").close();
      showDrawn();
    } catch (error) { say(error.message); }
  });
  $("speed").onchange = () => { tell({do: "speed", speed: Number($("speed").value)}); $("speed").blur(); };
  $("average").onchange = () => tell({do: "show", show: $("average").checked ? "average" : "trained"});
  for (const box of document.querySelectorAll("[data-view]")) box.onchange = show;
  for (const kind of ["pointerdown", "pointermove"]) $("plane-a").addEventListener(kind, pen);
  window.addEventListener("resize", () => drawn ? showDrawn() : show());
  document.addEventListener("keydown", event => {
    if (event.key === " " && event.target === document.body) {
      event.preventDefault();
      $("play").click();
    }
  });
}

function both() {  // the planes beside each other, as one canvas
  const canvases = [$("plane-a"), ...($("second").hidden ? [] : [$("plane-b")])];
  const made = document.createElement("canvas");
  made.width = canvases.reduce((sum, canvas) => sum + canvas.width, 0);
  made.height = canvases[0].height;
  let left = 0;
  for (const canvas of canvases) {
    made.getContext("2d").drawImage(canvas, left, 0);
    left += canvas.width;
  }
  return made;
}

function save(action) { action(both()); }

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function start() {
  known = await (await fetch("settings")).json();
  buildScenes();
  buildKnobs();
  connect();
  await readAddress();
  watch();
}

start();
