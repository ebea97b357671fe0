"use strict";
// Everything on the page that moves. Words have no listeners of their own: what happens to one is heard by the text.

const find = (selector) => document.querySelector(selector);
const root = document.documentElement;
const text = find("#transcript");
const turns = [...text.querySelectorAll(".turn")];
const words = [...text.querySelectorAll(".said > span")];
const media = find("#media");
const strip = find("#strip");
const say = find("#say");

// Times: per word the milliseconds since the last word's start, its length, and its confidence in per cent.
const numbers = JSON.parse(find("#times").textContent);
const starts = new Float64Array(words.length);
const ends = new Float64Array(words.length);
const sure = new Uint8Array(words.length);
const places = new Map();
for (let index = 0, at = 0; index < words.length; index++) {
  at += numbers[3 * index];
  starts[index] = at / 1000;
  ends[index] = (at + numbers[3 * index + 1]) / 1000;
  sure[index] = numbers[3 * index + 2];
  places.set(words[index], index);
}
// Speech overlaps, so the order of the text is not always that of the clock.
const byClock = Uint32Array.from(words.keys()).sort((one, two) => starts[one] - starts[two] || one - two);
const stretches = turns.map((turn) => {
  const first = places.get(turn.querySelector(".said > span"));
  const count = turn.querySelector(".said").childElementCount;
  let end = 0;
  for (let index = first; index < first + count; index++) end = Math.max(end, ends[index]);
  return { turn, first, count, start: starts[first], end, speaker: turn.dataset.s };
});
const wholeLength = Math.max(Number(text.dataset.duration), stretches.reduce((end, one) => Math.max(end, one.end), 0), 0.001);

let position = 0; // Where playing would go on, in seconds; the recording's own time once there is one.
let current = -1;
let following = true;
let wanted = null; // A place to go to as soon as the recording can.

function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${two(whole % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

function tell(message, loud = false, spoken = true) {
  say.ariaLive = spoken ? "polite" : "off";
  say.textContent = message;
  say.classList.toggle("loud", loud);
}

// ---- Where we are

function wordAt(seconds) {
  let low = 0;
  let high = byClock.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[byClock[middle]] <= seconds) low = middle + 1;
    else high = middle;
  }
  return low ? byClock[low - 1] : -1;
}

function mark(index) {
  if (index === current) return;
  words[current]?.classList.remove("now");
  words[current]?.closest(".turn").classList.remove("here");
  current = index;
  if (index < 0) return;
  words[index].classList.add("now");
  words[index].closest(".turn").classList.add("here");
  if (following) show(words[index]);
}

function show(element) {
  const box = element.getBoundingClientRect();
  if (box.top > 130 && box.bottom < innerHeight - 140) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || Math.abs(box.top) > 3 * innerHeight;
  element.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
}

function move(seconds) {
  position = seconds;
  find("#at").textContent = clock(seconds);
  find("#head").style.left = `${(100 * Math.min(seconds, wholeLength)) / wholeLength}%`;
  strip.setAttribute("aria-valuenow", String(Math.round(seconds)));
  strip.setAttribute("aria-valuetext", `${clock(seconds)} of ${clock(wholeLength)}`);
  // A word's start in milliseconds may lie a hair after the recording's clock.
  mark(wordAt(seconds + 0.0005));
}

function seek(seconds) {
  const to = Math.min(Math.max(0, seconds), wholeLength);
  following = true;
  find("#follow").hidden = true;
  if (media.readyState >= HTMLMediaElement.HAVE_METADATA) media.currentTime = to;
  else wanted = to;
  move(to);
}

function told(index) {
  return `“${words[index].textContent}” · ${clock(starts[index])} · ${sure[index]} % sure`;
}

function seekWord(index) {
  if (index < 0 || index >= words.length) return;
  seek(starts[index]);
  mark(index);
  history.replaceState(null, "", `#t=${starts[index]}`);
  tell(told(index));
}

// ---- The recording

function loaded() {
  return Boolean(media.currentSrc || media.src) && !media.error;
}

function toggle() {
  if (!loaded()) return find("#file").click();
  if (media.paused) media.play().catch((error) => tell(`It can't be played: ${error.message}`, true));
  else media.pause();
}

function open(file) {
  URL.revokeObjectURL(media.src);
  media.src = URL.createObjectURL(file);
  tell(`${file.name} is open. It stays on this computer.`);
}

function follow() {
  if (media.paused) return;
  move(media.currentTime);
  requestAnimationFrame(follow);
}

media.addEventListener("loadedmetadata", () => {
  media.hidden = media.videoWidth === 0;
  media.currentTime = wanted ?? position;
  wanted = null;
  const difference = media.duration - Number(text.dataset.duration);
  if (Math.abs(difference) > 1.5) tell(`This recording is ${clock(Math.abs(difference))} ${difference > 0 ? "longer" : "shorter"} than the one that was transcribed.`, true);
});
media.addEventListener("play", () => {
  document.body.classList.add("playing");
  find("#play").setAttribute("aria-label", "Pause");
  following = true;
  follow();
});
media.addEventListener("pause", () => {
  document.body.classList.remove("playing");
  find("#play").setAttribute("aria-label", "Play");
});
media.addEventListener("seeked", () => media.paused && Math.abs(media.currentTime - position) > 0.05 && move(media.currentTime));
media.addEventListener("error", () => tell("The recording can't be opened here: choose its file.", true));
find("#play").addEventListener("click", toggle);
find("#choose").addEventListener("click", () => find("#file").click());
find("#file").addEventListener("change", (event) => event.target.files[0] && open(event.target.files[0]));
find("#speed").addEventListener("change", (event) => (media.playbackRate = Number(event.target.value)));
find("#follow").addEventListener("click", () => {
  following = true;
  find("#follow").hidden = true;
  if (current >= 0) show(words[current]);
});
for (const kind of ["wheel", "touchmove"]) {
  addEventListener(kind, () => {
    following = false;
    find("#follow").hidden = media.paused;
  }, { passive: true });
}
addEventListener("dragover", (event) => {
  event.preventDefault();
  find("#drop").hidden = false;
});
addEventListener("dragleave", (event) => event.relatedTarget || (find("#drop").hidden = true));
addEventListener("drop", (event) => {
  event.preventDefault();
  find("#drop").hidden = true;
  if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
});

// ---- Words

text.addEventListener("click", (event) => {
  if (!getSelection().isCollapsed) return;
  const index = places.get(event.target.closest(".said > span"));
  if (index !== undefined) return seekWord(index);
  const turn = event.target.closest(".at")?.closest(".turn");
  if (turn) seekWord(places.get(turn.querySelector(".said > span")));
});
text.addEventListener("mouseover", (event) => {
  const index = places.get(event.target);
  if (index !== undefined) tell(told(index), false, false);
});

// ---- The strip: who speaks when

function draw() {
  const canvas = find("#strip canvas");
  const scale = devicePixelRatio || 1;
  const width = (canvas.width = Math.max(1, Math.round(strip.clientWidth * scale)));
  const height = (canvas.height = Math.max(1, Math.round(strip.clientHeight * scale)));
  const brush = canvas.getContext("2d");
  const colours = new Map();
  for (const one of stretches) {
    if (one.turn.hidden) continue;
    if (!colours.has(one.speaker)) colours.set(one.speaker, getComputedStyle(one.turn).getPropertyValue("outline-color"));
    brush.fillStyle = colours.get(one.speaker);
    const left = (one.start / wholeLength) * width;
    brush.fillRect(left, height * 0.22, Math.max(1, ((one.end - one.start) / wholeLength) * width), height * 0.56);
  }
}

function pointed(event) {
  const box = strip.getBoundingClientRect();
  return ((event.clientX - box.left) / box.width) * wholeLength;
}

strip.addEventListener("pointerdown", (event) => {
  strip.setPointerCapture(event.pointerId);
  seek(pointed(event));
});
strip.addEventListener("pointermove", (event) => {
  if (strip.hasPointerCapture(event.pointerId)) seek(pointed(event));
});
strip.addEventListener("keydown", (event) => {
  const steps = { ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, PageUp: 60, PageDown: -60, Home: -Infinity, End: Infinity };
  if (!(event.key in steps)) return;
  event.preventDefault();
  event.stopPropagation();
  seek(position + steps[event.key]);
});
new ResizeObserver(draw).observe(strip);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

// ---- Speakers

for (const button of document.querySelectorAll(".people button")) {
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(shown));
    for (const turn of turns) if (turn.dataset.p === button.dataset.p) turn.hidden = !shown;
    draw();
  });
}

// ---- Doubtful words

const doubt = find("#doubt");
const below = find("#below");

function shade() {
  const on = doubt.getAttribute("aria-pressed") === "true";
  const limit = Number(below.value);
  text.className = on ? Array.from({ length: limit / 5 }, (_, level) => `b${level}`).join(" ") : "";
  find("#below-text").textContent = `< ${limit} %`;
}

function nextDoubt(step) {
  const limit = Number(below.value);
  for (let index = current + step; index >= 0 && index < words.length; index += step) {
    if (sure[index] < limit && !words[index].closest(".turn").hidden) return seekWord(index);
  }
  tell(`No ${step > 0 ? "further" : "earlier"} word below ${limit} %.`);
}

doubt.addEventListener("click", () => {
  doubt.setAttribute("aria-pressed", String(doubt.getAttribute("aria-pressed") !== "true"));
  shade();
});
below.addEventListener("input", () => {
  doubt.setAttribute("aria-pressed", "true");
  shade();
});

// ---- Search

const fold = (string) => string.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
let index = null;
let hits = [];
let hit = -1;

function buildIndex() {
  index = [];
  for (const { turn, first, count } of stretches) {
    const offsets = [];
    let line = "";
    for (let word = first; word < first + count; word++) {
      offsets.push(line.length);
      line += `${fold(words[word].textContent)} `;
    }
    index.push({ line, offsets, elements: words.slice(first, first + count) });
    const other = turn.querySelector(".other");
    if (other) index.push({ line: fold(other.textContent), offsets: [0], elements: [other] });
  }
}

function search(query) {
  for (const found of hits) for (const element of found) element.classList.remove("hit", "hit-now");
  hits = [];
  hit = -1;
  const asked = fold(query.trim()).replace(/\s+/g, " ");
  if (asked) {
    if (!index) buildIndex();
    for (const { line, offsets, elements } of index) {
      const away = elements[0].closest(".turn").hidden || (text.dataset.other === "off" && elements[0].matches(".other"));
      if (away) continue;
      for (let at = line.indexOf(asked); at >= 0; at = line.indexOf(asked, at + asked.length)) {
        const from = offsets.findLastIndex((offset) => offset <= at);
        const to = offsets.findLastIndex((offset) => offset < at + asked.length);
        hits.push(elements.slice(from, to + 1));
      }
    }
    for (const found of hits) for (const element of found) element.classList.add("hit");
  }
  goTo(hits.length ? 0 : -1, asked !== "");
}

function goTo(next, asked = true) {
  for (const element of hits[hit] ?? []) element.classList.remove("hit-now");
  hit = hits.length ? (next + hits.length) % hits.length : -1;
  for (const element of hits[hit] ?? []) element.classList.add("hit-now");
  if (hit >= 0) show(hits[hit][0]);
  following = hit < 0 && following;
  find("#found").textContent = hits.length ? `${hit + 1} of ${hits.length}` : asked ? "none" : "";
  for (const button of [find("#earlier"), find("#later")]) button.disabled = !hits.length;
}

let soon = 0;
find("#query").addEventListener("input", (event) => {
  clearTimeout(soon);
  soon = setTimeout(() => search(event.target.value), 120);
});
find("#query").addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    goTo(hit + (event.shiftKey ? -1 : 1));
  } else if (event.key === "Escape") {
    event.target.value = "";
    search("");
    event.target.blur();
  }
});
find("#earlier").addEventListener("click", () => goTo(hit - 1));
find("#later").addEventListener("click", () => goTo(hit + 1));

// ---- Look and keys

find("#theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  draw();
});
find("#other")?.addEventListener("click", (event) => {
  const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
  event.currentTarget.setAttribute("aria-pressed", String(on));
  text.dataset.other = on ? "on" : "off";
});
find("#help").addEventListener("click", () => find("#keys").showModal());

const actions = {
  " ": toggle,
  k: toggle,
  ArrowLeft: () => seekWord(current < 0 ? 0 : current - 1),
  ArrowRight: () => seekWord(current + 1),
  j: () => seek(position - 5),
  l: () => seek(position + 5),
  n: () => nextDoubt(1),
  N: () => nextDoubt(-1),
  d: () => doubt.click(),
  t: () => find("#theme").click(),
  "/": () => find("#query").select(),
  "?": () => find("#keys").showModal(),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || find("#keys").open) return;
  const typing = event.target.closest("input, select, textarea");
  const pressing = event.key === " " && event.target.closest("button, summary, a");
  if (typing || pressing || !(event.key in actions)) return;
  event.preventDefault();
  actions[event.key]();
});

root.dataset.live = "";
shade();
draw();
const place = /^#t=([\d.]+)$/.exec(location.hash);
move(0);
if (place) seek(Number(place[1]));
tell(loaded() ? "" : "Choose the recording, or drop it here, to listen: a click on a word plays from there.");
