// Where to look: the rows of one contender that are furthest from the ceiling, and furthest behind.

const worstLines = 8;
// Of the others on this case, the fastest; or -1.
const fastestOther = (row) => {
  let best = -1;
  for (let contender = 0; contender < contenders.length; ++contender) {
    const other = rowOf(rows.case[row], contender, rows.hot[row]);
    if (other < 0 || other === row || !isTimed(other)) continue;
    if (best < 0 || timeOf(other).median < timeOf(best).median) best = other;
  }
  return best;
};
const besideText = (row) => {
  const other = fastestOther(row);
  if (other < 0) return "no rival";
  const speed = speedOver(row, other);
  const side = speed.high < 1 ? "behind" : speed.low > 1 ? "ahead of" : "level with";
  return `${side} ${clip(contenders[contenderOf[other]], 30)} (${ratioText(speed.median)})`;
};

// What has no time at this temperature, and why: who, and in how many cases.
const withoutTime = () => {
  const whys = new Map();
  for (const one of selected)
    for (let contender = 0; contender < contenders.length; ++contender) {
      const row = rowOf(one, contender, isHot());
      if (row < 0 || ["ok", "ABOVE-CEILING"].includes(statusOf(row))) continue;
      if (!whys.has(whyOf(row))) whys.set(whyOf(row), {row, count: 0});
      whys.get(whyOf(row)).count += 1;
    }
  if (whys.size === 0) return [];
  // What is wrong first, then what happens most often.
  const rank = (row) => ["NOISY", "refused"].indexOf(statusOf(row)) + 1;
  const list = [...whys].sort(([, a], [, b]) => rank(a.row) - rank(b.row) || b.count - a.count);
  const lines = list.slice(0, 3 * worstLines)
                    .map(
                        ([why, {row, count}]) =>
                            el("tr", {},
                               el("td", {}, swatch(contenderOf[row]), " ",
                                  foreign(clip(contenders[contenderOf[row]], 40))),
                               el("td", {class: statusOf(row) === "refused" ? "refused" : "failed"},
                                  statusOf(row)),
                               el("td", {}, foreign(clip(kindOf(row), 200))),
                               el("td", {class: "number"}, link(String(count), () => {
                                    set({reason: why});
                                    goTo("layers");
                                  }, {"aria-label": `${count} cases: show them`}))));
  return [el(
      "div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Rows without a time"},
      el("table", {class: "plain"},
         el("caption", {},
            `What does not count, and why, ${placeName()}` +
                (list.length > lines.length ? `; ${lines.length} of ${list.length} reasons` : "")),
         el("thead", {},
            el("tr", {},
               ["contender", "status", "reason", "cases"].map(
                   (name) => el("th", {scope: "col"}, name)))),
         el("tbody", {}, lines)))];
};

const drawWorst = () => {
  const section = cleared("worst");
  const of = subject(standingsOf(selected, isHot()));
  const own =
      selected.map((one) => rowOf(one, of, isHot())).filter((row) => row >= 0 && isTimed(row));
  const far = own.filter((row) => !isBelowFloor(row) && isNumber(shareOf(row).median))
                  .sort((a, b) => shareOf(a).median - shareOf(b).median);
  const behind = own.map((row) => ({row, other: fastestOther(row)}))
                     .filter(({other}) => other >= 0)
                     .map((pair) => ({...pair, speed: speedOver(pair.row, pair.other)}))
                     .filter(({speed}) => speed.high < 1)
                     .sort((a, b) => a.speed.median - b.speed.median);
  const table = (caption, columns, lines) => {
    const body =
        el("tbody", {},
           lines.map(
               (line) =>
                   el("tr", {},
                      line.map((cell, i) => el("td", {class: i === 1 ? "number" : ""}, cell)))));
    return el(
        "div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
        el("table", {class: "plain"}, el("caption", {}, caption),
           el("thead", {}, el("tr", {}, columns.map((name) => el("th", {scope: "col"}, name)))),
           body));
  };
  const name = clip(contenders[of] ?? "", 40), pair = el("div", {class: "halves"});
  if (far.length > 0)
    pair.append(table(
        `${name}: furthest from the ceiling, ${placeName()}`,
        ["problem", "share", "the fastest other one", "kernel"],
        far.slice(0, worstLines)
            .map(
                (row) =>
                    [caseLink(rows.case[row]), percentText(shareOf(row).median),
                     foreign(besideText(row)), foreign(word(rows.kernel[row]))])));
  if (behind.length > 0)
    pair.append(table(
        `${name}: furthest behind another one, ${placeName()}` +
            (behind.length > worstLines ? `; ${worstLines} of ${behind.length}` : ""),
        ["problem", "speed", "than", "kernel there"],
        behind.slice(0, worstLines)
            .map(
                ({row, other, speed}) =>
                    [caseLink(rows.case[row]), ratioText(speed.median),
                     foreign(clip(contenders[contenderOf[other]], 40)),
                     foreign(word(rows.kernel[other]))])));
  else if (own.some((row) => fastestOther(row) >= 0))
    pair.append(el("p", {}, `${name} is behind nobody ${placeName()}, beyond the intervals.`));
  if (far.length === 0 && behind.length === 0 && !pair.firstChild)
    pair.append(el("p", {}, "No row that is chosen has a share or a rival."));
  section.append(pair, ...withoutTime());
};
