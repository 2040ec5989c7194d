"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const written = new Map([...document.querySelectorAll("main > section")].map((one) => [Number(one.dataset.step), one]));
const settled = new Map();
let step = 0;
document.documentElement.classList.add("js");

// Steps.
function show(wanted, writes = true) {
  step = Math.max(0, Math.min(data.steps, wanted));
  for (const one of written.values()) one.hidden = true;
  const section = written.get(step) || made(step);
  section.hidden = false;
  at("status").textContent = `step ${step} of ${data.steps}, ${section.dataset.name}`;
  at("previous").disabled = at("first").disabled = step === 0;
  at("next").disabled = at("last").disabled = at("stop").disabled = step === data.steps;
  refresh(section);
  mark();
  if (writes) history.replaceState(null, "", `#s=${step}`);
}
function nextStop() {
  show(data.stops.find((stop) => stop > step) ?? data.steps);
}
function refresh(section) {
  const open = [...section.querySelectorAll("form")].some((form) => !settled.has(form.dataset.key));
  section.classList.toggle("open", open);
  const all = Object.keys(data.questions).length;
  const count = (what) => [...settled.values()].filter((one) => one === what).length;
  let text = `${count("answered")} of ${all} questions answered`;
  if (count("shown")) text += `, ${count("shown")} shown`;
  if (count("skipped")) text += `, ${count("skipped")} skipped`;
  at("progress").textContent = text;
}
// The drawing: the box of the step is marked, and the numbers of a box are shown as far as they are known.
const pictures = [...document.querySelectorAll(".picture")];
let [picture, drawing] = [pictures.at(-1), data.drawings.at(-1)];
let chosen = null;
const box = (number) => picture.querySelector(`[data-box="${number}"]`);
function mark() {
  if (!picture) return;
  picture.querySelectorAll(".now").forEach((one) => one.classList.remove("now"));
  const own = drawing.now[step - 1] ?? null;
  if (own !== null) box(own).classList.add("now");
  // Before the first step, where that will be.
  const seen = own ?? (step === 0 ? drawing.now.find((box) => box !== null) : null) ?? null;
  if (seen !== null) {
    const [place, view] = [box(seen).getBoundingClientRect(), picture.getBoundingClientRect()];
    picture.scrollBy(place.left + place.width / 2 - view.left - view.width / 2,
      place.top + place.height / 2 - view.top - view.height / 2);
  }
  describe(own ?? chosen);
}
function describe(number) {
  if (number === null) return;
  chosen = number;
  picture.querySelectorAll('[tabindex="0"]').forEach((one) => one.setAttribute("tabindex", "-1"));
  box(number).setAttribute("tabindex", "0");
  const { path, formula, shape, value, gradient } = drawing.boxes[number];
  const section = written.get(step), done = section && section.classList.contains("open") ? step - 1 : step;
  const told = (known) => known[0] <= done ? known[1] : "not known yet at this step";
  const rows = [["", formula && formula !== path ? `${path} = ${formula}` : path], ["shape", shape]];
  if (value) rows.push(["value", told(value)]);
  if (gradient) rows.push(["gradient", told(gradient)]);
  const list = document.createElement("dl");
  for (const [name, text] of rows.filter(([, text]) => text)) {
    const [term, what] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, what.textContent] = [name, text];
    list.append(...(name ? [term, what] : [what]));
  }
  at("box").replaceChildren(list);
}
function draw(number) {
  [picture, drawing, chosen] = [pictures[number], data.drawings[number], null];
  for (const one of pictures) one.hidden = one !== picture;
  mark();
}
for (const picture of pictures) {
  const number = (event) => event.target.closest?.(".box")?.dataset.box;
  const seen = (event) => { if (number(event) !== undefined) describe(Number(number(event))); };
  picture.querySelector(".box").setAttribute("tabindex", "0");
  picture.addEventListener("pointerover", seen);
  picture.addEventListener("focusin", seen);
  picture.addEventListener("click", (event) => { if (number(event) !== undefined) box(number(event)).focus(); });
  const along = (own, other) => drawing.arrows.find((arrow) => arrow[own] === chosen)?.[other];
  const go = { ArrowUp: () => along(0, 1), ArrowDown: () => along(1, 0), ArrowRight: () => chosen + 1, ArrowLeft: () => chosen - 1 };
  picture.addEventListener("keydown", (event) => {
    if (number(event) === undefined || !go[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    box(go[event.key]())?.focus();
  });
}
if (at("drawings")) at("drawings").onchange = () => draw(Number(at("drawings").value));

// A step of a run that is too large to be written out.
function made(step) {
  const { nodes, ops, steps, forward } = data.run;
  const element = (tag, text = "", parts = []) => {
    const one = document.createElement(tag);
    one.textContent = text;
    one.append(...parts);
    return one;
  };
  document.querySelectorAll("section.made").forEach((one) => one.remove());
  const section = element("section");
  section.className = "made";
  written.forEach((one, index) => { if (one.classList.contains("made")) written.delete(index); });
  const node = steps[step - 1], isForward = step <= forward;
  const [equation, label, op, value, gradient, operands, contributions] = nodes[node] || ["", "", null, "", null, [], []];
  section.dataset.name = nodes[node] ? `${isForward ? "forward" : "backward"}: ${equation}` : "the end";
  const rows = operands.map((operand, index) => isForward
    ? [nodes[operand][1], nodes[operand][3]]
    : [`to ${nodes[operand][1]}`, contributions[index] ?? "no gradient", nodes[operand][4] ?? "none"]);
  rows.push(isForward ? [`result ${label}`, value] : [`incoming gradient of ${label}`, gradient ?? "", ""]);
  const header = isForward ? ["name", "value"] : ["", "contributes", "complete gradient"];
  const line = (cells, tag) => element("tr", "", cells.map((cell) => element(tag, cell)));
  const table = element("table", "", [element("caption", isForward ? "What goes in, and what comes out" : "Outgoing gradients"),
    element("thead", "", [line(header, "th")]), element("tbody", "", rows.map((cells) => line(cells, "td")))]);
  const formulas = op === null ? [] : [`op ${ops[op][0]}: ${ops[op][1]}`, `its backward: ${ops[op][2]}`];
  section.append(element("h2", "", [Object.assign(element("span", `Step ${step} of ${data.steps}`), { className: "place" }),
    ` ${section.dataset.name}`]), ...formulas.map((text) => element("p", "", [element("code", text)])), table);
  document.querySelector("main").append(section);
  written.set(step, section);
  return section;
}
at("first").onclick = () => show(0);
at("previous").onclick = () => show(step - 1);
at("next").onclick = () => show(step + 1);
at("stop").onclick = nextStop;
at("last").onclick = () => show(data.steps);
document.addEventListener("keydown", (event) => {
  if (["INPUT", "SELECT"].includes(event.target.tagName)) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const go = {
    ArrowRight: () => show(step + 1), n: () => show(step + 1), ArrowLeft: () => show(step - 1),
    p: () => show(step - 1), Home: () => show(0), End: () => show(data.steps), s: nextStop,
  }[event.key];
  if (go) { event.preventDefault(); go(); }
});
function fromAddress() {
  const found = /^#s=(\d+)$/.exec(location.hash);
  show(found ? Number(found[1]) : 0, false);
}
window.addEventListener("hashchange", fromAddress);

// Expressions: the part of the graph language that answers need.
function parse(text, step) {
  const tokens = text.match(/(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?|[A-Za-z_][\w.]*|[-+*/^()[\],]|\S/g) || [];
  let place = 0;
  const peek = () => tokens[place], take = () => tokens[place++];
  const need = (sign) => { if (take() !== sign) throw Error(`\`${sign}\` is missing`); };
  const known = (name) => {
    if (name in data.sizes) return data.sizes[name];
    if (!(name in data.names) && name.endsWith(".T")) return transposed(known(name.slice(0, -2)));
    const found = data.names[name];
    if (!found) throw Error(`nothing here is called \`${name}\``);
    if (found[0] > step) throw Error(`${name} is not known yet at this step`);
    return numbers(found[1]);
  };
  const sum = () => {
    let left = product();
    while (peek() === "+" || peek() === "-") {
      const sign = take(), right = product();
      left = each(left, right, sign === "+" ? (a, b) => a + b : (a, b) => a - b);
    }
    return left;
  };
  const product = () => {
    let left = unary();
    while (peek() === "*" || peek() === "/" || peek() === "@") {
      const sign = take(), right = unary();
      left = sign === "@" ? matrixProduct(left, right) : each(left, right, sign === "*" ? (a, b) => a * b : (a, b) => a / b);
    }
    return left;
  };
  const unary = () => {
    if (peek() === "+") { take(); return unary(); }
    return peek() === "-" ? (take(), each(unary(), 0, (a) => -a)) : power();
  };
  const power = () => {
    const base = postfix();
    return peek() === "^" ? (take(), each(base, unary(), Math.pow)) : base;
  };
  const list = (end) => {
    const items = [sum()];
    while (peek() === ",") { take(); items.push(sum()); }
    need(end);
    return items;
  };
  const postfix = () => {
    let value = primary();
    while (peek() === "[") { take(); value = list("]").reduce(entry, value); }
    return value;
  };
  const primary = () => {
    const token = take();
    if (token === undefined) throw Error("something is missing at the end");
    if (token === "(") { const inner = sum(); need(")"); return inner; }
    if (token === "[") return list("]");
    if (/^[\d.]/.test(token)) {
      const value = token.endsWith("%") ? Number(token.slice(0, -1)) / 100 : Number(token);
      if (!Number.isFinite(value)) throw Error(`\`${token}\` is not a number, or too large for one.`);
      return value;
    }
    if (!/^[A-Za-z_]/.test(token)) throw Error(`\`${token}\` has no place in an answer`);
    if (token === "inf") return Infinity;
    if (peek() === "(") { take(); return call(token, list(")")); }
    if (peek() !== "[") return known(token);
    take();
    const positions = list("]");
    for (let count = positions.length; count > 0; count--) {
      const own = `${token}[${positions.slice(0, count).join(", ")}]`;
      if (own in data.names) return positions.slice(count).reduce(entry, known(own));
    }
    return positions.reduce(entry, known(token));
  };
  const value = sum();
  if (place < tokens.length) throw Error(`\`${tokens[place]}\` is not understood here`);
  return value;
}
const numbers = (x) => Array.isArray(x) ? x.map(numbers) : typeof x === "string" ? Number(x.replace("inf", "Infinity")) : x;
const entry = (array, position) => {
  if (!Array.isArray(array) || !Number.isInteger(position) || position < 1 || position > array.length) {
    throw Error("there is no such position; they count from 1");
  }
  return array[position - 1];
};
const transposed = (a) => Array.isArray(a?.[0]) ? a[0].map((_, column) => a.map((row) => row[column])) : a;
function matrixProduct(a, b) {
  if (Array.isArray(a?.[0])) return a.map((row) => matrixProduct(row, b));
  if (Array.isArray(b?.[0])) return transposed(b).map((column) => matrixProduct(a, column));
  if (!Array.isArray(a) || !Array.isArray(b)) throw Error("@ multiplies vectors and matrices");
  return each(a, b, (x, y) => x * y).reduce((sum, x) => sum + x, 0);
}
function each(a, b, apply) {
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) throw Error("these shapes do not fit entry by entry");
    return a.map((x, index) => each(x, b[index], apply));
  }
  if (Array.isArray(a)) return a.map((x) => each(x, b, apply));
  if (Array.isArray(b)) return b.map((x) => each(a, x, apply));
  return apply(a, b);
}
function call(name, args) {
  const one = { exp: Math.exp, log: Math.log, ln: Math.log, sqrt: Math.sqrt, tanh: Math.tanh, abs: Math.abs,
    sigmoid: (a) => 1 / (1 + Math.exp(-a)), relu: (a) => Math.max(a, 0) }[name];
  if (one && args.length === 1) return each(args[0], 0, one);
  if (name === "list") return args;
  const [a, b] = args, all = [a].flat(Infinity), total = () => all.reduce((x, y) => x + y, 0);
  const found = {
    "sum 1": total, "mean 1": () => total() / all.length, "max 1": () => Math.max(...all), "min 1": () => Math.min(...all),
    "max 2": () => each(a, b, Math.max), "min 2": () => each(a, b, Math.min), "sum 2": () => sumAlong(a, axisOf(a, b)),
    "softmax 1": () => softmaxAlong(a, shapeOf(a).length - 1), "softmax 2": () => softmaxAlong(a, axisOf(a, b)),
  }[`${name} ${args.length}`];
  if (!found) throw Error(`an answer here has no function ${name} with ${args.length} values`);
  return found();
}
function axisOf(a, axis) {
  const axes = shapeOf(a).length;
  if (!Number.isInteger(axis) || axis < 1 || axis > axes) throw Error(`axes count from 1; this has ${axes}`);
  return axis - 1;
}
const sumAlong = (a, axis) => axis > 0 ? a.map((row) => sumAlong(row, axis - 1)) : a.reduce((x, y) => each(x, y, (p, q) => p + q));
function softmaxAlong(a, axis) {
  if (axis < 0) return 1;
  if (axis > 0) return a.map((row) => softmaxAlong(row, axis - 1));
  const largest = a.reduce((x, y) => each(x, y, Math.max));
  const exps = a.map((row) => each(row, largest, (x, y) => Math.exp(x - y))), total = sumAlong(exps, 0);
  return exps.map((row) => each(row, total, (x, y) => x / y));
}

// What a learner types, in the signs of the language.
const signs = {
  "−": "-", "–": "-", "—": "-", "‒": "-", "﹣": "-", "－": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "✕": "*",
  "÷": "/", "∕": "/", "⁄": "/", "→": ">", "⟶": ">", "⇒": ">", "≻": ">", "²": "^2", "³": "^3", "½": "(1/2)",
  "⅓": "(1/3)", "¼": "(1/4)", "¾": "(3/4)", "∞": "inf", "√": "sqrt", "α": "alpha", "β": "beta", "σ": "sigmoid",
  "，": ",", "`": "",
};
const plain = (text) => [...text.trim()].map((sign) => signs[sign] ?? (/\s/.test(sign) ? " " : sign)).join("")
  .replaceAll("**", "^").replaceAll("->", ">").trim();
function rightSide(text) {
  text = text.replace(/^[≈~= ]+/, "");
  const at = text.search(/(?<![<>!=:])=/);
  const named = at > 0 && /^\p{L}[\p{L}\p{N}_[\]., /]*$/u.test(text.slice(0, at));
  return named ? text.slice(at + 1).replace(/^=+/, "").trim() : text;
}
function typedNumber(text) {
  const found = /^([-+]?)\s*(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*(%?)$/.exec(text);
  if (!found) return null;
  const value = Number(`${found[1]}${found[2]}${found[3] ?? ""}`) * (found[4] ? 0.01 : 1);
  return Number.isFinite(value) ? { value, digits: found[2].replace(".", "").replace(/^0+/, "").length } : null;
}
const decimalPoint = (text) => /^[-+]?\s*\d+,\d+\s*%?$/.test(text) ? text.replace(",", ".") : null;
function parts(text, separator) {
  const found = [""];
  let depth = 0;
  for (const sign of text) {
    if ("[(".includes(sign)) depth += 1;
    if ("])".includes(sign)) depth -= 1;
    if (sign === separator && depth === 0) found.push("");
    else found[found.length - 1] += sign;
  }
  return found.map((part) => part.trim());
}
function bracketed(text) {
  if (!text.startsWith("[") || !text.endsWith("]")) return null;
  let depth = 0;
  for (const sign of text.slice(1, -1)) {
    depth += sign === "[" ? 1 : sign === "]" ? -1 : 0;
    if (depth < 0) return null;
  }
  return text.slice(1, -1);
}
function entries(text) {
  const inner = bracketed(text), body = inner ?? text;
  const semicolons = parts(body, ";"), commas = parts(body, ",");
  if (semicolons.length > 1) return semicolons.map((part) => decimalPoint(part) ?? part);
  const spaced = body.split(" ").filter(Boolean);
  const isSpaced = commas.length === 1 && spaced.length > 1 && spaced.every(typedNumber);
  if (isSpaced) return spaced;
  return commas.length > 1 || inner !== null ? commas : null;
}

// Answers.
const shapeOf = (x) => Array.isArray(x) ? [x.length, ...shapeOf(x[0])] : [];
function listed(text, step) {
  const number = typedNumber(text);
  if (number) return { value: number.value, digits: [number.digits] };
  const all = entries(text);
  if (!all) {
    const value = parse(text, step), digits = [value].flat(Infinity).map(() => 0);
    if ([value].flat(Infinity).some(Number.isNaN)) {
      throw Error("This has no value: the logarithm or the root of a negative number, or 0 divided by 0.");
    }
    return { value, digits };
  }
  const rows = all.map((one) => listed(one, step));
  if (new Set(rows.map((row) => String(shapeOf(row.value)))).size > 1) throw Error("The rows of a table must be of equal length.");
  return { value: rows.map((row) => row.value), digits: rows.flatMap((row) => row.digits) };
}
function read(question, typed) {
  let text = plain(typed);
  if (question.kind === "choice") {
    const letter = text.toLowerCase().replace(/^[(). ]+|[(). ]+$/g, "");
    const index = letter.length === 1 ? letter.charCodeAt(0) - 97
      : question.options.findIndex((option) => plain(option).toLowerCase() === text.toLowerCase());
    if (!(index in question.options)) throw Error(`Answer with a letter from a to ${String.fromCharCode(96 + question.options.length)}.`);
    return { value: index };
  }
  if (question.kind === "order") {
    const names = text.split(/[,>;\s]+/).filter((word) => word && !["then", "and"].includes(word)).map((word) => word.replace(/^g_/, ""));
    const wanted = [...question.right].sort();
    if (String([...names].sort()) !== String(wanted)) throw Error(`Name each of ${wanted.join(", ")} once, with commas between them.`);
    return { value: names };
  }
  text = rightSide(text);
  if (question.kind === "shape") {
    const inner = text.replace(/^[[\]() ]+|[[\]() ]+$/g, "");
    if (["", "a number", "number", "scalar", "a single number"].includes(inner)) return { value: [] };
    const sizes = inner.includes(",") ? inner.split(",") : inner.replaceAll("*", " ").split(" ").filter((part) => part && part !== "x" && part !== "by");
    return { value: sizes.map((part) => parse(part, question.step)) };
  }
  const isOne = [numbers(question.right)].flat(Infinity).length === 1;
  return listed((isOne && decimalPoint(text)) || text, question.step - 1);
}
const ROUNDING = 1e-13;
const near = (value, right) => value === right || Math.abs(value - right) <= data.relative * Math.abs(right)
  || (Math.abs(value) <= ROUNDING && Math.abs(right) <= ROUNDING);
const rounds = (right, value, digits) => digits >= 2 && Number.isFinite(right)
  && Math.abs(Number(right.toExponential(Math.min(digits - 1, 16))) - value) <= ROUNDING * Math.abs(value);
function fits(given, right) {
  const own = [given].flat(Infinity), wanted = [right].flat(Infinity);
  return String(shapeOf(given)) === String(shapeOf(right)) || (own.length === 1 && wanted.length === 1);
}
function isAnswer(question, given, right) {
  if (question.kind !== "number") return JSON.stringify(given.value) === JSON.stringify(right);
  right = numbers(right);
  if (!fits(given.value, right)) return false;
  const wanted = [right].flat(Infinity);
  return [given.value].flat(Infinity).every((value, index) => near(value, wanted[index]) || rounds(wanted[index], value, given.digits[index]));
}
function inWords(x) {
  const shape = shapeOf(x);
  if (shape.length === 0 || String(shape) === "1") return "a single number";
  if (shape.length === 1) return `a list of ${shape[0]} numbers`;
  return shape.length === 2 ? `a table of ${shape[0]} rows and ${shape[1]} columns` : `an array with ${shape.length} axes`;
}
// A sentence with its names and formulas, which stand between backquotes, as code.
function say(place, text) {
  place.replaceChildren(...text.split("`").map((part, index) => {
    if (index % 2 === 0) return part;
    return Object.assign(document.createElement("code"), { textContent: part });
  }));
}
// `["Right"]`, or `Wrong` or `Note` with a sentence; a note is no attempt.
function judged(question, text) {
  if (!text.trim()) return ["Note", "Type an answer first."];
  let given;
  try { given = read(question, text); } catch (error) { return ["Note", error.message]; }
  if (isAnswer(question, given, question.right)) return ["Right", ""];
  const known = question.wrong.find(([value]) => isAnswer(question, given, value));
  if (known) return ["Wrong", known[1]];
  const right = question.kind === "number" ? numbers(question.right) : given.value;
  if (fits(given.value, right)) return ["Wrong", "That is not it."];
  return ["Note", `The answer is ${inWords(right)}; what you typed is ${inWords(given.value)}.`];
}
function settle(form, how) {
  settled.set(form.dataset.key, how);
  form.classList.replace("open", "settled");
  form.querySelector(".status").textContent = how;
  form.querySelectorAll("input, button").forEach((one) => { one.disabled = true; });
  form.querySelector(".worked").classList.add("on");
  form.querySelector(".again").disabled = false;
  refresh(written.get(step));
  describe(chosen);
}
function reopen(form) {
  settled.delete(form.dataset.key);
  form.classList.replace("settled", "open");
  form.querySelector(".status").textContent = "to answer";
  form.querySelectorAll("input, button").forEach((one) => { one.disabled = false; });
  form.querySelectorAll(".worked, .hint").forEach((one) => one.classList.remove("on"));
  form.querySelector(".again").disabled = true;
  form.querySelector(".said").textContent = "";
  form.querySelector("input").value = "";
  refresh(written.get(step));
  describe(chosen);
}
document.querySelectorAll("form").forEach((form) => {
  const question = data.questions[form.dataset.key];
  const said = form.querySelector(".said"), input = form.querySelector("input");
  const hints = [...form.querySelectorAll(".hint")];
  let attempts = 0;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (settled.has(form.dataset.key)) return;
    const [verdict, sentence] = judged(question, input.value);
    if (verdict === "Note") { say(said, `Note. ${sentence}`); return; }
    if (verdict === "Right") {
      say(said, "Right.");
      settle(form, "answered");
      return;
    }
    attempts += 1;
    const left = 3 - attempts;
    say(said, `Not yet. ${sentence} ${left > 1 ? `${left} more tries.` : left ? "One more try." : ""}`);
    if (hints[attempts - 1]) hints[attempts - 1].classList.add("on");
    if (!left) settle(form, "shown");
  });
  form.querySelector(".skip").onclick = () => settle(form, "skipped");
  form.querySelector(".again").onclick = () => { attempts = 0; reopen(form); input.focus(); };
});
fromAddress();
