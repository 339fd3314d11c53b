// Parts that every section has: choices, tables, figures with their numbers, files to keep.

const select = (label, options, value, change) => {
  const list = el("select", {onchange: (event) => change(event.target.value)});
  for (const [key, text] of options)
    list.append(el("option", {value: key, selected: key === value}, text));
  return el("label", {}, label + " ", list);
};

const swatch = (contender) => {
  const icon = d3.create("svg")
                   .attr("class", "swatch")
                   .attr("viewBox", "-7 -7 14 14")
                   .attr("aria-hidden", "true");
  icon.append("path")
      .attr("d", d3.symbol().type(symbolOf(contender)).size(70)())
      .attr("fill", colourOf(contender));
  return icon.node();
};
const legend = (numbers) =>
    el("ul", {class: "legend"},
       numbers.map(
           (number) => el("li", {}, swatch(number), " ", foreign(clip(contenders[number], 40)))));

// RFC 4180. Numbers have the digits that the page has.
const csvCell = (value) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, "\"\"")}"` : text;
};
const csvText =
    (columns,
     lines) => [columns, ...lines].map((line) => line.map(csvCell).join(",") + "\r\n").join("");
const keepFile = (name, text) => {
  const link = el("a", {
    href: URL.createObjectURL(new Blob([text], {type: "text/csv;charset=utf-8"})),
    download: name,
  });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
const csvButton = (name, columns, lines) =>
    el("button", {
      type: "button",
      class: "csv",
      onclick: () => keepFile(name, csvText(columns, lines())),
    },
       "CSV");

const cellText = (value) => isNumber(value) ?
    (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))) :
    value === null || Number.isNaN(value) ? "–" :
                                            String(value);
const plainTable = (columns, lines, caption) => {
  const table =
      el("table", {class: "plain"}, el("caption", {class: "unseen"}, caption),
         el("thead", {}, el("tr", {}, columns.map((name) => el("th", {scope: "col"}, name)))));
  table.append(el(
      "tbody", {},
      lines.map(
          (line) => el(
              "tr", {},
              line.map(
                  (value) => el(
                      "td",
                      {class: isNumber(value)        ? "number" :
                           String(value).length > 70 ? "long" :
                                                       ""},
                      isNumber(value) || value === null ? cellText(value) :
                                                          foreign(clip(String(value), 300))))))));
  return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption}, table);
};

// A chart with its numbers, as a table and as CSV. `lines()` returns them.
const mostLines = 400;
const figure = (parent, {title, note, name, columns, lines}) => {
  const chart = el("div", {class: "chart"});
  const numbers = el("details", {}, el("summary", {}, "Numbers"));
  numbers.addEventListener("toggle", () => {
    if (!numbers.open || numbers.querySelector("table")) return;
    const all = lines();
    if (all.length > mostLines)
      numbers.append(el("p", {}, `The first ${mostLines} of ${all.length}; the CSV has all.`));
    numbers.append(plainTable(columns, all.slice(0, mostLines), `${title}: numbers`));
  });
  parent.append(
      el("figure", {}, el("figcaption", {}, el("strong", {}, title), " ", note ?? ""), chart,
         el("div", {class: "below"}, numbers, csvButton(name + ".csv", columns, lines))));
  return chart;
};

// The text below a section's heading is made again.
const cleared = (id) => {
  const section = byId(id);
  [...section.children].slice(1).forEach((child) => child.remove());
  return section;
};

const link = (text, act, attributes = {}) =>
    el("button", {type: "button", class: "link", onclick: act, ...attributes}, text);
const caseLink = (one, length = 200) => {
  const text = cases.problem[one];
  const button =
      link(foreign(clip(text, length)), () => set({case: String(one)}), {class: "link problem"});
  if (records.length > 1) button.title = records[cases.record[one]].file;
  return button;
};
