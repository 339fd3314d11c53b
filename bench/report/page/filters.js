// The line of choices that holds for every section, and the line above it.

const sortedWords = (numbers) => wordsOf(numbers).sort();
const options =
    (all, values,
     text = (value) =>
         value) => [["", all], ...values.map((value) => [String(value), text(value)])];

const machineText = () => {
  const distinct = (of) => [...new Set(records.map(of))];
  const dates = distinct((record) => record.date.slice(0, 10)).sort();
  const parts = [
    distinct((record) => `${record.processor}, ${countText(record.threads, "thread")}`)
        .join(" and "),
    dates.length > 1 ? `${dates[0]} to ${dates[dates.length - 1]}` : dates[0],
    "commit " + distinct((record) => record.revision || "unknown").join(", "),
    `${countText(caseCount, "case")} of ${countText(records.length, "run")}`,
  ];
  return parts;
};

const showHead = () => {
  add(byId("machine"),
      machineText().map((part, i) => [i > 0 ? " · " : "", foreign(clip(part, 160))]));
};

const timesOfDay = (record) => record.date.replace("T", " ").replace("Z", "").slice(0, 16);
const runText = (number) => clip(records[number].file.replace(/\.json$/, ""), 40);

let textBox = null;
const showFilters = () => {
  const form = byId("filters");
  const choice = (label, name, list) => list.length > 2 || view[name] !== "" ?
      select(label, list, view[name], (value) => set({[name]: value})) :
      null;
  const temperature = (hot, text, title) =>
      el("button", {
        type: "button",
        "aria-pressed": String(isHot() === hot),
        title,
        onclick: () => set({hot: String(hot)}),
      },
         text);
  if (textBox === null)
    textBox = el("input", {
      type: "search",
      placeholder: "ResNet-50 or k:3x3|global",
      size: 20,
      spellcheck: "false",
      oninput: (event) => set({text: event.target.value}),
    });
  if (textBox.value !== view.text) textBox.value = view.text;
  const isFocused = document.activeElement;
  const focusName = isFocused?.closest?.("#filters label")?.dataset.name;
  const parts = [
    anyHot && anyCold &&
        el("span", {class: "pair", role: "group", "aria-label": "Temperature"},
           temperature(0, "cold", "From memory: no line of the operands is in a cache"),
           temperature(1, "hot", "The same buffers again: they fit the cache that the row names")),
    select(
        "Baseline",
        [
          ...(anyRatio ? [["", "as recorded"]] : []),
          ...contenders.map((name) => [name, clip(name, 30)])
        ],
        view.base, (base) => set({base})),
    choice("Network", "network", options("all", [...networks.keys()])),
    choice("Class", "class", options("all", sortedWords(cases.class))),
    choice("Type", "type", options("all", sortedWords(cases.type))),
    choice("Layout", "layout", options("all", sortedWords(cases.layout))),
    choice("Batch", "batch", options("all", [...new Set(cases.batch)].sort((a, b) => a - b))),
    choice("Run", "run", options("all", records.map((_, i) => i), runText)),
    view.status !== "" &&
        el("span", {class: "chip"}, `with ${view.status} rows `,
           link("✕", () => set({status: ""}), {"aria-label": "All rows again"})),
    view.reason !== "" &&
        el("span", {class: "chip"}, foreign(clip(view.reason, 60)), " ",
           link("✕", () => set({reason: ""}), {"aria-label": "Whatever the reason"})),
  ];
  const isChosen = Object.keys(defaults).some(
      (name) => !["case", "sort", "plot", "sweep", "series", "hot", "of", "show"].includes(name) &&
          view[name] !== defaults[name]);
  const search = form.querySelector(".search") ?? el("label", {class: "search"}, "Find ", textBox);
  [...form.children].filter((child) => child !== search).forEach((child) => child.remove());
  if (!search.parentNode) form.append(search);
  form.prepend(...parts.filter(Boolean));
  form.append(
      el("span", {class: "count", role: "status"},
         badPattern !== "" ?
             `not a regular expression: ${clip(badPattern, 80)}` :
             `${selected.length.toLocaleString("en")} of ${countText(caseCount, "case")}`));
  if (isChosen)
    form.append(link("all", () => set({...defaults, hot: view.hot, of: view.of, show: view.show})));
  for (const label of form.querySelectorAll("label:not(.search)"))
    label.dataset.name = label.textContent.split(" ")[0];
  document.documentElement.style.setProperty("--bar", `${form.offsetHeight}px`);
  if (focusName) form.querySelector(`label[data-name="${focusName}"] select`)?.focus();
};

const showTheme = () => {
  const list = byId("theme");
  const apply = (theme) => {
    if (theme)
      document.documentElement.dataset.theme = theme;
    else
      delete document.documentElement.dataset.theme;
    list.value = theme;
  };
  let kept = "";
  try {
    kept = localStorage.getItem("poolbench-theme") ?? "";
  } catch {
    // A page from disk may have no storage.
  }
  apply(["light", "dark"].includes(kept) ? kept : "");
  list.addEventListener("change", () => {
    apply(list.value);
    try {
      localStorage.setItem("poolbench-theme", list.value);
    } catch {
      // As above.
    }
    drawAll();
  });
};
const isDark = () => {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
