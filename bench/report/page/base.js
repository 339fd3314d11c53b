// Elements, and numbers as text. Text is always set as text: data never becomes HTML.

const add = (parent, ...children) => {
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined && child !== false) parent.append(child);
  return parent;
};

// el("button", {class: "x", onclick: f}, "text", other)
const el = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on"))
      element.addEventListener(name.slice(2), value);
    else if (value === true)
      element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, value);
  }
  return add(element, ...children);
};

const byId = (id) => document.getElementById(id);

// Text of a record, which may run from right to left or be very long.
const foreign = (text, attributes = {}) => el("bdi", attributes, text);
const clip = (text, length) =>
    text.length <= length ? text : [...text].slice(0, length - 1).join("") + "…";

// Three significant digits, as in the tables of the program (bench/text.h).
const digits = (value) => {
  if (!Number.isFinite(value)) return "–";
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
};
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

const timeText = (ns) => {
  if (!isNumber(ns)) return "–";
  if (ns < 1e3) return digits(ns) + " ns";
  if (ns < 1e6) return digits(ns / 1e3) + " µs";
  return ns < 1e9 ? digits(ns / 1e6) + " ms" : digits(ns / 1e9) + " s";
};
const bytesText = (bytes) => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 999.5 && unit < 4) {
    bytes /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${bytes} B` : `${digits(bytes)} ${units[unit]}`;
};
const percentText = (share) => (isNumber(share) ? `${(100 * share).toFixed(0)} %` : "–");
const ratioText = (ratio) => (isNumber(ratio) ? "×" + digits(ratio) : "–");
const intervalText = (interval, text) => isNumber(interval.low) && isNumber(interval.high) ?
    `${text(interval.low)} to ${text(interval.high)}` :
    "no interval";
// "2.70 times as fast": as ratios are, below 1 is slower.
const fasterText = (ratio) => `${digits(ratio)} times as fast`;
const countText = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
// Half of an interval's width, relative to the median.
const halfWidth = (interval) => (interval.high - interval.low) / 2 / interval.median;
const spreadText = (interval) => {
  const half = halfWidth(interval);
  return isNumber(half) && isNumber(interval.low) ? `±${(100 * half).toFixed(0)} %` : "";
};

const say = (text) => {
  byId("live").textContent = text;
};

const data = JSON.parse(byId("data").textContent);
