// Puts the page together.

const showRuns = () => {
  const section = byId("runs");
  const columns = [
    "file", "date", "host", "processor", "threads", "devices", "poolbench", "commit", "compiler",
    "libraries", "cases", "left out"
  ];
  const count = (number) => cases.record.filter((record) => record === number).length;
  const lines = records.map(
      (record, number) =>
          [record.file, timesOfDay(record), record.host, record.processor, record.threads,
           record.devices.map(({name, driver}) => (driver ? `${name} (${driver})` : name))
               .join(", "),
           record.version, record.revision, `${record.compiler} ${record.flags}`,
           Object.entries(record.libraries)
               .map(([name, version]) => `${name} ${version}`)
               .join(", "),
           count(number), record.left_out.length]);
  section.append(plainTable(columns, lines, "Runs"));
  for (const record of records)
    if (record.left_out.length > 0)
      section.append(
          el("p", {}, foreign(record.file),
             " left out: ", foreign(clip(record.left_out.join("; "), 2000))));
  const words = [
    [
      "ceiling", "the fastest way that this machine found to move as many bytes, in the same minute"
    ],
    ["share", "the ceiling's time over the row's: 100 % is the hardware's limit"],
    ["speed, ratio", "the baseline's time over the row's, block by block: above 1 is faster"],
    [
      "baseline",
      "as recorded: what the run compared with, the fastest library unless --baseline named one"
    ],
    [
      "cold, hot",
      "cold: no line of the operands is in a cache; hot: the same buffers again, in a cache"
    ],
    ["launch-bound", "takes less than twice its own launch with nothing to do: no part in means"],
    [
      "interval",
      "of 95 %, from order statistics; a mean's from those of its rows, as if independent"
    ],
    ...Object.entries(data.statuses)
        .filter(([status]) => rows.status.some((number) => word(number) === status)),
  ];
  section.append(
      el("dl", {class: "words"},
         words.map(([name, meaning]) => [el("dt", {}, name), el("dd", {}, meaning)])));
  section.append(
      el("p", {class: "note"}, `Made by poolbench ${data.by.version} (${data.by.commit}). `,
         "What is chosen stands in the page's address, so that it can be sent."));
};

// Sections that are there only where their data is.
const sectionList = [
  ["glance", "Glance", true, drawGlance],
  ["worst", "Where to look", true, drawWorst],
  ["layers", "Layers", true, drawLayers],
  ["ceiling", "Ceilings", true, drawCeiling],
  ["sweeps", "Sweeps", true, drawSweeps],
  ["networks", "Networks", networks.size > 0, drawNetworks],
  ["races", "Verdicts", data.races !== undefined, drawRaces],
  ["history", "History", data.history !== undefined, drawHistory],
  ["meaning", "Meaning", data.disagreements !== undefined, drawMeaning],
];

const start = () => {
  readFragment();
  showHead();
  showTheme();
  for (const [id, name, isThere, draw] of sectionList)
    if (isThere)
      addSection(id, name, draw);
    else
      byId(id).remove();
  byId("nav").append(el("button", {type: "button", onclick: () => goTo("runs")}, "Runs"));
  showRuns();
  redraw();
  const again = () => {
    readFragment();
    redraw();
  };
  addEventListener("popstate", again);
  addEventListener("hashchange", () => {
    if (location.hash !== fragment()) again();
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("case").addEventListener("cancel", (event) => {
    event.preventDefault();
    closeCase();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  let waiting = 0, width = innerWidth;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    if (innerWidth === width) return;
    waiting = setTimeout(() => {
      width = innerWidth;
      drawAll();
    }, 150);
  });
  addEventListener("beforeprint", () => {
    for (const section of sections.values()) {
      section.near = true;
      drawIfDue(section);
    }
    printAll(true);
  });
  addEventListener("afterprint", () => printAll(false));
};
start();
