// Verdicts of `poolbench race`, with what copies of a contender have shown in the same race.

const effectText = (effect) =>
    (isNumber(effect) ? `${effect >= 0 ? "+" : "−"}${(100 * Math.abs(effect)).toFixed(1)} %` : "–");
const copiesText = (copies) => `of ${copies.pairs} pairs of copies ${
                                   copies.alarms === 0     ? "none was" :
                                       copies.alarms === 1 ? "1 was" :
                                                             `${copies.alarms} were`} ` +
    `called slower or faster` +
    (isNumber(copies.alarm_rate_high) ?
         ` (a rate of ${(100 * (copies.alarm_rate_low ?? 0)).toFixed(1)} to ${
             (100 * copies.alarm_rate_high).toFixed(1)} %)` :
         "");
const verdictColour = {
  SLOWER: "#d55e00",
  FASTER: "#0072b2",
  SAME: "#009e73"
};
const verdictSign = {
  SLOWER: "▼",
  FASTER: "▲",
  SAME: "=",
  UNRESOLVED: "?",
  refused: "–"
};

const drawRaces = () => {
  const section = cleared("races"), matches = matcher(view.text);
  for (const race of data.races) {
    const list = race.rows.filter((row) => matches(row.problem));
    const counts = new Map();
    for (const {verdict} of list) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    section.append(
        el("h3", {}, foreign(clip(race.file, 80)), " ",
           el("span", {class: "note"}, foreign(clip(race.processor, 80)),
              `, ${race.date.slice(0, 10)}`)),
        el("p", {class: "headline"},
           [...counts]
                   .map(([verdict, n]) => `${verdictSign[verdict] ?? "!"} ${n} ${verdict}`)
                   .join(", ") ||
               "No row is chosen"),
        el("p", {},
           `What that is worth: in this race ${copiesText(race.copies)}; on this machine so far ${
               copiesText(race.copies_of_machine)}. `,
           `At most ${
               (100 * race.rules.false_rate)
                   .toFixed(0)} % of the verdicts SLOWER and FASTER are false on average.`),
        race.alarms.length > 0 ?
            el("p", {class: "caveat"}, "Copies differed, so nothing else is to be believed: ",
               foreign(clip(race.alarms.join("; "), 1000))) :
            "");
    const drawn = list.filter((row) => isNumber(row.effect[0])), most = 40;
    const chart = figure(section, {
      title: "Effects",
      note: "How many times as fast as the first contender; whiskers are 95 % intervals.",
      name: "race",
      columns: [
        "verdict", "problem", "temperature", "contender", "base", "takes longer by", "low", "high",
        "least slow-down seen", "why", "repeat"
      ],
      lines: () => list.map(
          (row) =>
              [row.verdict, row.problem, row.temperature, row.contender, row.base, ...row.effect,
               row.least_seen, row.why, row.repeat]),
    });
    const bars = drawn.slice(0, most).flatMap((row, i) => {
      const head = `${row.problem} ${row.temperature}`, before = drawn[i - 1];
      const isNew = i === 0 || head !== `${before.problem} ${before.temperature}`;
      const [middle, low, high] =
          row.effect.map((effect) => (isNumber(effect) ? 1 / (1 + effect) : NaN));
      return [
        isNew ? {head: clip(head, 120)} : null, {
          label: clip(row.contender, 18),
          title: `${row.problem} ${row.temperature}, ${row.contender}: ${row.verdict}. ${row.why}`,
          text: `${verdictSign[row.verdict] ?? "!"} ${row.verdict} ${effectText(row.effect[0])}`,
          parts: [{from: 1, to: middle, colour: verdictColour[row.verdict] ?? "#8c8c8c"}],
          whisker: isNumber(low) && isNumber(high) ? [Math.min(low, high), Math.max(low, high)] :
                                                     null,
        }
      ].filter(Boolean);
    });
    if (bars.length > 0)
      barChart(chart, {
        rows: bars,
        ...fineScale(drawn.map((row) => 1 / (1 + row.effect[0]))),
        label: "Effects of a race",
        band: [1 / (1 + race.rules.same), 1 + race.rules.same]
      });
    if (drawn.length > most)
      chart.append(el("p", {class: "note"}, `The first ${most} of ${drawn.length}.`));
    section.append(plainTable(
        [
          "verdict", "problem", "", "contender", "over", "takes longer by", "95 % interval",
          "would have seen", "why", "again"
        ],
        list.slice(0, 200).map(
            (row) =>
                [`${verdictSign[row.verdict] ?? "!"} ${row.verdict}`, row.problem, row.temperature,
                 row.contender, row.base, effectText(row.effect[0]),
                 `${effectText(row.effect[1])} to ${effectText(row.effect[2])}`,
                 effectText(row.least_seen),
                 row.why + (row.remedy ? ` Would resolve it: ${row.remedy}` : ""), row.repeat]),
        "Rows of the race"));
    if (list.length > 200)
      section.append(el("p", {}, `The first 200 of ${list.length}; the CSV has all.`));
  }
};

// Ratios near 1: ticks are percentages.
const fineScale = (ratios) => {
  const span = Math.max(0.03, ...ratios.map((ratio) => Math.abs(Math.log(ratio)) * 1.3));
  if (span > 0.7) return ratioScale(ratios);
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((size) => span / size <= 4) ?? 0.5;
  const ticks = [];
  for (let i = -Math.floor(span / step); i * step <= span; ++i)
    ticks.push([
      Math.exp(i * step),
      i === 0 ? "same" : `${i > 0 ? "+" : "−"}${Math.abs(Math.round(100 * i * step))} %`
    ]);
  return {x: (ratio) => (Math.max(-1, Math.min(1, Math.log(ratio) / span)) + 1) / 2, ticks};
};
