// What is chosen. It stands in the URL's fragment, so that a view can be sent.

const anyRatio = (timed.ratio ?? []).some(isNumber);  // no row with a time: no columns
const defaults = {
  hot: anyCold ? "0" : "1",
  base: anyRatio ? "" : contenders[0],
  of: "",
  show: "",
  text: "",
  network: "",
  type: "",
  layout: "",
  class: "",
  batch: "",
  run: "",
  status: "",
  reason: "",
  sort: "",
  case: "",
  sweep: "",
  plot: "",
  series: "",
};
const view = {...defaults};
const isHot = () => Number(view.hot);

const fragment = () => {
  const chosen = new URLSearchParams();
  for (const [name, value] of Object.entries(view))
    if (value !== defaults[name]) chosen.set(name, value);
  return "#" + chosen;
};
const readFragment = () => {
  const chosen = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(defaults)) view[name] = chosen.get(name) ?? defaults[name];
  if (!["0", "1"].includes(view.hot)) view.hot = defaults.hot;
};

// Contenders by name; -1 for none.
const numberOf = (name) => contenders.indexOf(name);
const baseline = () => numberOf(view.base);
// What cells show: "ratio", "share" or "time". Where nothing is compared, the share.
const shown = () => view.show || (anyRatio || contenders.length > 1 ? "ratio" : "share");

// The cases that are chosen, in the order of the records.
let selected = [];
let badPattern = "";

// `x` in plain text finds itself, and anything else is a regular expression.
const matcher = (text) => {
  badPattern = "";
  if (text === "") return () => true;
  try {
    const pattern = new RegExp(text, "i");
    return (problem) => pattern.test(problem);
  } catch (error) {
    badPattern = error.message;
    return () => true;
  }
};

const hasStatus = (one, status) => {
  for (let contender = 0; contender < contenders.length; ++contender) {
    const row = rowOf(one, contender, isHot());
    if (row < 0) continue;
    if (status === "warm"             ? isWarm(row) && isOk[row] :
            status === "launch-bound" ? isTimed(row) && isBelowFloor(row) :
            status === "differs" ? places[row] >= 0 && word(timed.differences[places[row]]) !== "" :
                                   statusOf(row) === status)
      return true;
  }
  return false;
};

// Why a row has no time: "xnnpack refused: layout: XNNPACK pools channels last".
const kindOf = (row) =>
    (statusOf(row) === "NOISY" ? "the machine disturbed its time" : ownReason(row));
const whyOf = (row) => `${contenders[contenderOf[row]]} ${statusOf(row)}: ${kindOf(row)}`;
const hasReason = (one, reason) => contenders.some((_, contender) => {
  const row = rowOf(one, contender, isHot());
  return row >= 0 && statusOf(row) !== "ok" && whyOf(row) === reason;
});

const choose = () => {
  const matches = matcher(view.text), chosen = [];
  // A problem by its text, or by what its suite says of it.
  const known = new Map();
  const isSourceMatched = (number) => {
    if (!known.has(number)) known.set(number, word(number) !== "" && matches(word(number)));
    return known.get(number);
  };
  for (let one = 0; one < caseCount; ++one) {
    if (view.run !== "" && cases.record[one] !== Number(view.run)) continue;
    if (view.type !== "" && word(cases.type[one]) !== view.type) continue;
    if (view.layout !== "" && word(cases.layout[one]) !== view.layout) continue;
    if (view.class !== "" && word(cases.class[one]) !== view.class) continue;
    if (view.batch !== "" && cases.batch[one] !== Number(view.batch)) continue;
    if (view.network !== "" && !isLayerOf(one, view.network)) continue;
    if (view.status !== "" && !hasStatus(one, view.status)) continue;
    if (view.reason !== "" && !hasReason(one, view.reason)) continue;
    if (matches(cases.problem[one]) || isSourceMatched(cases.source[one])) chosen.push(one);
  }
  selected = chosen;
};

// Sections: each is drawn when it comes near the screen, and again when the view changes.
const sections = new Map();
const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const section = sections.get(entry.target.id);
    section.near = entry.isIntersecting;
    drawIfDue(section);
  }
}, {rootMargin: "300px"});

const drawIfDue = (section) => {
  if (!section.near || !section.due) return;
  section.due = false;
  byId(section.id).classList.remove("waiting");
  try {
    section.draw();
  } catch (error) {  // the other parts are there all the same
    byId(section.id)
        .append(el("p", {class: "caveat"}, `This part cannot be drawn: ${error.message}`));
    reportError(error);
  }
};
// `draw` is called when the section is due; it has a heading and what draw() keeps below it.
const addSection = (id, name, draw) => {
  sections.set(id, {id, draw, due: true, near: id === "glance"});
  byId(id).classList.add("waiting");  // as high as the screen, so that what is below waits too
  near.observe(byId(id));
  byId("nav").append(el("button", {type: "button", onclick: () => goTo(id)}, name));
};
const goTo = (id) => {
  if (sections.has(id)) {
    sections.get(id).near = true;
    drawIfDue(sections.get(id));
  }
  const heading = byId(id).querySelector("h2");
  byId(id).scrollIntoView({block: "start"});
  heading.tabIndex = -1;
  heading.focus({preventScroll: true});
};

const drawAll = () => {
  for (const section of sections.values()) {
    section.due = true;
    drawIfDue(section);
  }
};

// Changes what is chosen, and draws it. Opening a case makes a step that the browser can go back.
const set = (changes) => {
  const before = view.case;
  Object.assign(view, changes);
  const step = view.case !== before && view.case !== "";
  history[step ? "pushState" : "replaceState"](null, "", fragment());
  const isCaseAlone = Object.keys(changes).every((name) => name === "case");
  if (isCaseAlone)
    showCase();
  else
    redraw();
};
const redraw = () => {
  choose();
  showFilters();
  drawAll();
  showCase();
};
