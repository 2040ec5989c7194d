const views = JSON.parse(document.getElementById("boxes").textContent);
const byId = (id) => document.getElementById(id);
const [select, find, found, panel] = ["view", "find", "found", "panel"].map(byId);
const sections = [...document.querySelectorAll("section")];
const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
let current = sections.findIndex((one) => !one.hidden);
let chosen = 0;
let zoom = 1;

const section = () => sections[current];
const box = (number) => section().querySelector(`[data-box="${number}"]`);

/** The boxes at the other ends of the arrows into a box, or out of it, each once. */
const ends = (number, own, other) => {
  const all = views[current].arrows.filter((arrow) => arrow[own] === number);
  return [...new Map(all.map((arrow) => [arrow[other], arrow[2]]))];
};

const show = (number) => {
  current = number;
  select.value = number;
  sections.forEach((one, i) => { one.hidden = i !== number; });
  scale(1);
  choose(0, false);
  // The result is seen at first; what it is computed from is below it.
  const [view, last] = [section().querySelector(".view"), box(views[number].boxes.length - 1).getBBox()];
  view.scrollTo(last.x + last.width / 2 - view.clientWidth / 2, 0);
  search();
};

const scale = (to) => {
  zoom = Math.min(4, Math.max(0.1, to));
  const drawing = section().querySelector("svg");
  drawing.setAttribute("width", views[current].width * zoom);
  drawing.setAttribute("height", views[current].height * zoom);
};

/** Marks a box with its arrows, and says in the panel what is known of it. */
const choose = (number, speaks = true) => {
  section().querySelectorAll(".chosen, .near").forEach((one) => one.classList.remove("chosen", "near"));
  section().querySelectorAll('[tabindex="0"].box').forEach((one) => one.setAttribute("tabindex", "-1"));
  chosen = number;
  const own = box(number);
  if (!own) return;
  own.setAttribute("tabindex", "0");
  if (!speaks) return;
  own.classList.add("chosen");
  section().querySelectorAll(`[data-from="${number}"], [data-to="${number}"]`).forEach((one) => one.classList.add("near"));
  describe(number);
};

const links = (list) => {
  const row = document.createElement("dd");
  for (const [number, round] of list) {
    const name = views[current].boxes[number].path + (round ? ` of ${round}` : "");
    const link = make("button", name);
    link.type = "button";
    link.onclick = () => box(number).focus();
    row.append(link);
  }
  if (list.length === 0) row.textContent = "nothing";
  return row;
};

const describe = (number) => {
  const about = views[current].boxes[number];
  const list = document.createElement("dl");
  const row = (name, ...content) => list.append(make("dt", name), ...content);
  const text = (name, content, tag) => {
    if (content === null || content === undefined) return;
    const cell = document.createElement("dd");
    cell.append(make(tag, content));
    row(name, cell);
  };
  text("Formula", about.formula, "code");
  text("A part of", about.serves, "code");
  text("Operation", about.op, "code");
  text("Shape", about.shape === "" ? "a single number" : about.shape, "code");
  text("Stands for", about.nodes > 1 ? `${about.nodes} nodes` : null, "span");
  row("Reads", links(ends(number, 1, 0)));
  row("Is read by", links(ends(number, 0, 1)));
  text("Value", about.value, "pre");
  text("Gradient", about.gradient, "pre");
  panel.replaceChildren(make("h2", about.path), list);
};

const search = () => {
  const wanted = find.value.trim().toLowerCase();
  const about = views[current].boxes;
  const fits = (one) => [one.path, one.op, one.formula].some((text) => text && text.toLowerCase().includes(wanted));
  const hits = about.map((one, number) => [one, number]).filter(([one]) => wanted && fits(one)).map(([, number]) => number);
  section().querySelectorAll(".box").forEach((one) => one.classList.toggle("hit", hits.includes(Number(one.dataset.box))));
  found.textContent = wanted ? `${hits.length} of ${about.length} boxes` : "";
  return hits;
};

select.onchange = () => show(Number(select.value));
find.oninput = search;
find.onkeydown = (event) => {
  if (event.key !== "Enter") return;
  const hits = search();
  if (hits.length) box(hits.find((one) => one > chosen) ?? hits[0]).focus();
};
byId("larger").onclick = () => scale(zoom * 1.25);
byId("smaller").onclick = () => scale(zoom / 1.25);
byId("plain").onclick = () => scale(1);
byId("whole").onclick = () => {
  const view = section().querySelector(".view");
  scale(Math.min(view.clientWidth / views[current].width, view.clientHeight / views[current].height));
};

const step = { ArrowUp: (n) => ends(n, 0, 1)[0]?.[0], ArrowDown: (n) => ends(n, 1, 0)[0]?.[0],
  ArrowRight: (n) => n + 1, ArrowLeft: (n) => n - 1, Home: () => 0, End: () => views[current].boxes.length - 1 };

for (const view of document.querySelectorAll(".view")) {
  const number = (event) => event.target.closest?.(".box")?.dataset.box;
  view.onpointerover = (event) => { if (number(event) !== undefined) choose(Number(number(event))); };
  view.onclick = (event) => { if (number(event) !== undefined) box(number(event)).focus({ preventScroll: true }); };
  view.addEventListener("focusin", (event) => { if (number(event) !== undefined) choose(Number(number(event))); });
  view.onkeydown = (event) => {
    if (number(event) === undefined || !step[event.key]) return;
    event.preventDefault();
    box(step[event.key](chosen))?.focus();
  };
}

// A small screen begins with the drawing that shows most of those that fit, or with the smallest.
const view = section().querySelector(".view");
const fits = (one) => views[one].width <= view.clientWidth;
if (!fits(current) && innerWidth < 900) {
  const all = views.map((_, number) => number).filter((one) => select.options[one].text.startsWith("values"));
  const fitting = all.filter(fits);
  if (fitting.length) current = fitting[fitting.length - 1];
}
show(current);
