// Every layer as a table. Only the lines on the screen are there, so that ten thousand are no more
// work than ten.

const lineHeight = 40;
let order = [];  // of the chosen cases, as the table and the heat map have them

const sortKeys = () => [
    ["problem", "problem"], ["bytes", "bytes"],
    ...contenders.map((name, i) => [`c:${name}`, name, i])];
const bytesOf = (one) => {
  for (let contender = 0; contender < contenders.length; ++contender)
    for (const hot of [0, 1]) {
      const row = rowOf(one, contender, hot);
      if (row >= 0 && places[row] >= 0) return timed.bytes[places[row]];
    }
  return null;
};

const sortedCases = () => {
  const down = view.sort.startsWith("d:"), key = view.sort.slice(2);
  if (key === "") return selected;
  const contender = key.startsWith("c:") ? numberOf(key.slice(2)) : -1;
  if (key === "problem") {
    const sorted =
        [...selected].sort((a, b) => d3.ascending(cases.problem[a], cases.problem[b]) || a - b);
    return down ? sorted.reverse() : sorted;
  }
  const value = key === "bytes" ?
      bytesOf :
      (one) => (contender < 0 ? null : shownOf(rowOf(one, contender, isHot()))?.value ?? null);
  const pairs = selected.map((one) => ({one, value: value(one)}));
  // What has no value comes last, whichever way.
  pairs.sort(
      (a, b) => (a.value === null) - (b.value === null) ||
          (down ? b.value - a.value : a.value - b.value) || a.one - b.one);
  return pairs.map((pair) => pair.one);
};

// Columns: contenders that have a row among the chosen cases.
const presentContenders = () =>
    contenders.map((_, i) => i)
        .filter((contender) => selected.some((one) => rowOf(one, contender, isHot()) >= 0));

const headOf = (present) => {
  const head = el("tr", {});
  const columns = [
    ["problem", "Problem"], ["bytes", "Bytes"],
    ...present.map(
        (contender) => [`c:${contenders[contender]}`, clip(contenders[contender], 24), contender])
  ];
  for (const [key, text, contender] of columns) {
    const isSorted = view.sort.slice(2) === key, down = view.sort.startsWith("d:");
    const turn = () => set({
      sort: !isSorted ? (contender === undefined ? "a:" : "d:") + key : (down ? "a:" : "d:") + key,
    });
    head.append(
        el("th", {
          scope: "col",
          class: contender === undefined ? key : "contender",
          "aria-sort": isSorted ? (down ? "descending" : "ascending") : "none",
        },
           contender === undefined ? null : swatch(contender),
           el("button", {type: "button", class: "sort", "data-key": key, onclick: turn},
              foreign(text), isSorted ? (down ? " ▼" : " ▲") : "")));
  }
  return head;
};

const lineOf = (one, number, present, noise) => {
  const bytes = bytesOf(one);
  const line =
      el("tr", {"aria-rowindex": number + 2},
         el("th", {scope: "row", class: "problem"}, caseLink(one, 110)),
         el("td", {class: "bytes"}, bytes === null ? "–" : bytesText(bytes)));
  add(line, present.map((contender) => cellOf(rowOf(one, contender, isHot()), noise)));
  line.addEventListener("click", (event) => {
    if (!event.target.closest("button")) set({case: String(one)});
  });
  return line;
};

const mostPrinted = 500;
let printAll = () => {};
const drawTable = (section, noise) => {
  const present = presentContenders();
  const body = el("tbody", {});
  const table =
      el("table", {class: "layers", "aria-rowcount": order.length + 1},
         el("caption", {class: "unseen"}, "Every chosen case, a column for each contender"),
         el("thead", {}, headOf(present)), body);
  const box =
      el("div", {class: "scroll lines", tabindex: "0", role: "region", "aria-label": "Every layer"},
         table);
  const space = (count) => {
    const line =
        el("tr", {class: "space", "aria-hidden": "true"}, el("td", {colspan: present.length + 2}));
    line.firstChild.style.height = `${count * lineHeight}px`;
    return line;
  };
  let from = -1, to = -1;
  const draw = (first, last) => {
    if (first === from && last === to) return;
    [from, to] = [first, last];
    const focused =
        document.activeElement?.closest?.("tr[aria-rowindex]")?.getAttribute("aria-rowindex");
    body.replaceChildren(
        ...[first > 0 ? space(first) : null,
            ...order.slice(first, last).map((one, i) => lineOf(one, first + i, present, noise)),
            last < order.length ? space(order.length - last) : null,
    ].filter(Boolean));
    if (focused)
      body.querySelector(`tr[aria-rowindex="${focused}"] button`)?.focus({preventScroll: true});
  };
  const scrolled = () => {
    const shownLines = Math.ceil((box.clientHeight || 600) / lineHeight);
    const first = Math.max(0, Math.floor(box.scrollTop / lineHeight) - 8);
    draw(first, Math.min(order.length, first + shownLines + 16));
  };
  box.addEventListener("scroll", scrolled);
  section.append(box);
  if (order.length === 0) section.append(el("p", {}, "No case fits what is chosen above."));
  scrolled();
  const rest = order.length > mostPrinted ?
      el("p", {class: "print"}, `The first ${mostPrinted} of ${countText(order.length, "case")}.`) :
      null;
  add(section, rest);
  printAll = (on) => (on ? draw(0, Math.min(order.length, mostPrinted)) : scrolled());
};

const drawLayers = () => {
  const active = document.activeElement?.dataset?.key;
  const section = cleared("layers");
  order = sortedCases();
  const standings = standingsOf(selected, isHot()), noise = noiseOf(standings);
  const over = view.base === "" ? "the baseline that the record has for each row" : view.base;
  section.append(el(
      "p", {class: "tools"},
      select(
          "Show",
          [
            ["ratio", "speed over the baseline"], ["share", "share of the ceiling"],
            ["time", "time"]
          ],
          shown(), (show) => set({show})),
      " ", csvButton("rows.csv", rowColumns, selectedLines),
      el("span", {class: "note"},
         shown() === "ratio" ?
             [
               "Speed over ", foreign(clip(over, 60)),
               `, ${
                   placeName()}: above 1 is faster. Below it the time. A click on a line opens the case.`
             ] :
             `${placeName()}. A click on a line opens the case.`)));
  drawHeat(section, presentContenders());
  drawTable(section, noise);
  if (active)
    section.querySelector(`button[data-key="${CSS.escape(active)}"]`)?.focus({preventScroll: true});
};
