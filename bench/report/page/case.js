// One case: everything that its run knows of it.

const quoted = (text) => (/^[\w.,:=/+-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);
// Flags of the run that bring contenders or say how they run: they are needed again.
const kept = ["--module", "--engine", "--threads", "--kernel", "--engine-limit"];
const keptAlone = ["--isolate", "--trust-rules"];
const keptFlags = ({arguments: list}) => {
  const flags = [];
  list.forEach((argument, i) => {
    if (kept.includes(argument) && i + 1 < list.length)
      flags.push(argument, list[i + 1]);
    else if (keptAlone.includes(argument) || kept.some((name) => argument.startsWith(name + "=")))
      flags.push(argument);
  });
  return flags;
};
const commandOf = (one) => {
  const record = records[cases.record[one]], names = new Set(), engines = new Set();
  for (const row of rowsOfCase(one)) {
    const name = contenders[contenderOf[row]];
    names.add(name);
    if (places[row] >= 0 && isNumber(timed.claimed[places[row]])) engines.add(name.split(".")[0]);
  }
  const flags = keptFlags(record);
  if (!flags.some((flag) => /^--(module|engine)(=|$)/.test(flag)))
    flags.push(...[...engines].flatMap((name) => ["--engine", name]));
  return [
    "poolbench", "bench", ...flags, "--backend", [...names].join(","), "--problem",
    cases.problem[one]
  ].map(quoted)
      .join(" ");
};

const caseColumns = [
  "contender", "kernel", "speed", "time", "GB/s", "share", "could see", "call", "submit, p99",
  "plan, again", "scratch", ""
];
const caseTitles = {
  speed: "over the baseline, with its 95 % interval",
  "could see":
      "half of the width of the interval of the speed: a smaller difference is not seen here",
  call: "its launch with nothing to do",
  "submit, p99": "from the call of one launch to its result, from idle; median and 99th percentile",
  "plan, again": "making the plan, and a second one",
  share: "of the ceiling, with its 95 % interval",
};
const caseLine = (row) => {
  const contender = contenderOf[row], place = places[row], status = statusOf(row);
  const line =
      el("tr", {},
         el("th", {scope: "row"}, swatch(contender), " ", foreign(clip(contenders[contender], 60))),
         el("td", {}, foreign(clip(word(rows.kernel[row]), 60))));
  const remarks = [];
  if (status !== "ok") remarks.push(`${status}: ${reasonOf(row)}`);
  if (!hasTimeToShow(row) || place < 0)
    return add(
        line,
        el("td",
           {colspan: caseColumns.length - 2, class: status === "refused" ? "refused" : "failed"},
           foreign(clip(remarks.join("; "), 2000))));
  const ratio = ratioTo(row, baseline()), time = timeOf(row), share = shareOf(row),
        t = (name) => timed[name][place];
  const isBase = ratio?.over === contenders[contender];
  if (isWarm(row)) remarks.push("warm: its memory was read faster than untouched memory");
  if (isBelowFloor(row)) remarks.push("launch-bound: less than twice its call");
  if (isNumber(t("claimed"))) remarks.push(`by its own clock ${timeText(t("claimed"))}`);
  for (const text
           of [word(t("note")),
               word(t("differences")) && `differs by a rule: ${word(t("differences"))}`])
    if (text) remarks.push(text);
  const cell = (text, small) =>
      el("td", {class: "number"}, text, small ? el("span", {class: "sub"}, small) : null);
  return add(
      line,
      isBase ? cell("baseline") :
               cell(
                   ratio ? ratioText(ratio.median) + (ratio.across ? "*" : "") : "–",
                   ratio ? `${intervalText(ratio, ratioText)} over ${clip(ratio.over, 30)}` : ""),
      cell(timeText(time.median), spreadText(time)),
      cell(isBelowFloor(row) ? "–" : digits(t("bytes") / time.median)),
      cell(
          percentText(share.median),
          isNumber(share.median) ? intervalText(share, percentText) : ""),
      cell(
          ratio && !isBase && isNumber(ratio.low) ? `±${(100 * halfWidth(ratio)).toFixed(1)} %` :
                                                    "–"),
      cell(timeText(t("floor"))),
      cell(
          isNumber(t("submit_p50")) ? timeText(t("submit_p50")) : "–",
          isNumber(t("submit_p99")) ? timeText(t("submit_p99")) : ""),
      cell(timeText(t("plan")), isNumber(t("plan_again")) ? timeText(t("plan_again")) : ""),
      cell(t("scratch") > 0 ? bytesText(t("scratch")) : "0 B"),
      el("td", {class: "remark"}, foreign(clip(remarks.join("; "), 2000))));
};

const caseTable = (one, hot) => {
  const found = rowsOfCase(one).filter((row) => rows.hot[row] === hot);
  if (found.length === 0)
    return hot && anyHot ? el("p", {}, "Hot: no rows, for no cache holds the operands.") : null;
  const first = found.find((row) => places[row] >= 0 && isNumber(timed.ceiling_time[places[row]]));
  const place = first === undefined ? -1 : places[first];
  const head = place < 0 ?
      "" :
      `; ceiling ${digits(timed.bytes[place] / timed.ceiling_time[place])} GB/s (` +
          [word(timed.ceiling[place]), word(timed.level[place])].filter(Boolean).join(", ") + ")";
  return el(
      "div", {}, el("h3", {}, (hot ? "Hot: the same buffers again" : "Cold: from memory") + head),
      el("div", {
        class: "scroll",
        tabindex: "0",
        role: "region",
        "aria-label": hot ? "Hot rows" : "Cold rows"
      },
         el("table", {class: "plain case"},
            el("thead", {},
               el("tr", {},
                  caseColumns.map(
                      (name) => name === "" ?
                          el("td", {}) :
                          el("th", {scope: "col", title: caseTitles[name]}, name)))),
            el("tbody", {}, found.map(caseLine)))));
};

const takersText = (one) => {
  const taken = cases.takers[one].map(word);
  return taken.length === 0 ?
      null :
      el("p", {}, "Kernels that take it, of this poolbench on the machine that made this page: ",
         taken.join("; "), ".");
};
const copyButton = (text) =>
    el("button", {
      type: "button",
      onclick: async (event) => {
        try {
          await navigator.clipboard.writeText(text);
          event.target.textContent = "copied";
        } catch {
          getSelection().selectAllChildren(event.target.previousSibling);
          event.target.textContent = "selected";
        }
      },
    },
       "copy");

const closeCase = () => set({case: ""});
const stepCase = (step) => {
  const list = order.length > 0 ? order : selected;
  const next = list[list.indexOf(Number(view.case)) + step];
  if (next !== undefined) set({case: String(next)});
};

const drawCase = (dialog, one) => {
  const record = records[cases.record[one]], list = order.length > 0 ? order : selected;
  const place = list.indexOf(one), command = commandOf(one);
  dialog.replaceChildren();
  add(dialog,
      el("p", {class: "corner"},
         el("button", {type: "button", onclick: () => stepCase(-1), disabled: place <= 0},
            "◀ before"),
         " ",
         el("button", {
           type: "button",
           onclick: () => stepCase(1),
           disabled: place < 0 || place + 1 >= list.length
         },
            "next ▶"),
         " ", el("button", {type: "button", class: "close", onclick: closeCase}, "close")),
      el("h2", {id: "case-head", tabindex: "-1"}, foreign(clip(cases.problem[one], 600))),
      el("p", {},
         `${word(cases.class[one])}, ${word(cases.type[one])}, ${word(cases.layout[one])}, ` +
             `${cases.elements[one].toLocaleString("en")} elements to ${
                 cases.outputs[one].toLocaleString("en")}. Run: `,
         foreign(clip(record.file, 80)), ", ", foreign(clip(record.processor, 80)),
         `, ${timesOfDay(record)}, commit `, foreign(clip(record.revision || "unknown", 40)),
         ". Between two runs identical code differs by up to 8 %; compare rows of one run."),
      word(cases.source[one]) && el("p", {}, "From: ", foreign(clip(word(cases.source[one]), 600))),
      el("p", {class: "command"}, "Run it again: ", el("code", {}, foreign(clip(command, 4000))),
         copyButton(command)));
  for (const hot of [0, 1]) {
    add(dialog, caseTable(one, hot));
    stripChart(dialog, one, hot);
  }
  add(dialog, takersText(one));
};

let returnTo = null;
const showCase = () => {
  const dialog = byId("case"), one = Number(view.case);
  const isCase = view.case !== "" && Number.isInteger(one) && one >= 0 && one < caseCount;
  if (!isCase) {
    if (dialog.open) dialog.close();
    returnTo?.focus?.({preventScroll: true});
    returnTo = null;
    return;
  }
  if (!dialog.open) {
    returnTo = document.activeElement;
    dialog.showModal();
  }
  drawCase(dialog, one);
  dialog.scrollTop = 0;
  byId("case-head").focus({preventScroll: true});
};
