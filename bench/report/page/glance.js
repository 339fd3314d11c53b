// The first screen: which one, how far from the limit, and can it be believed?

// What the chosen cases come to at the chosen temperature, for each contender that has rows there.
const standingsCache = [new WeakMap(), new WeakMap()];
const standingsOf = (list, hot) => {
  if (!standingsCache[hot].has(list)) standingsCache[hot].set(list, workOutStandings(list, hot));
  return standingsCache[hot].get(list);
};
const workOutStandings = (list, hot) => {
  const all = contenders.map((_, contender) => ({
                               contender,
                               rows: 0,
                               timed: 0,
                               fastest: 0,
                               level: 0,
                               warm: 0,
                               belowFloor: 0,
                               others: new Map(),
                               share: new GeometricMean(),
                               widths: [],
                             }));
  let contested = 0;
  for (const one of list) {
    const {front, of} = leadersOf(one, hot);
    if (of > 1) {
      contested += 1;
      for (const row of front) all[contenderOf[row]][front.length === 1 ? "fastest" : "level"] += 1;
    }
    for (const standing of all) {
      const row = rowOf(one, standing.contender, hot);
      if (row < 0) continue;
      standing.rows += 1;
      const status = statusOf(row);
      if (status !== "ok") standing.others.set(status, (standing.others.get(status) ?? 0) + 1);
      if (!isOk[row]) continue;
      if (isWarm(row)) {
        standing.warm += 1;
        continue;
      }
      standing.timed += 1;
      const half = halfWidth(timeOf(row));
      if (isNumber(half)) standing.widths.push(half);
      if (isBelowFloor(row))
        standing.belowFloor += 1;
      else
        standing.share.add(shareOf(row));
    }
  }
  return {contested, all: all.filter((standing) => standing.rows > 0)};
};

// How many times as fast one contender is as another, over the cases in which both are in means.
const meanSpeed = (list, contender, other, hot) => {
  const mean = new GeometricMean();
  let across = false;
  for (const one of list) {
    const row = rowOf(one, contender, hot), beside = rowOf(one, other, hot);
    if (row < 0 || beside < 0 || !isInMeans(row) || !isInMeans(beside)) continue;
    mean.add(speedOver(row, beside));
    across ||= isAcross(row, beside);
  }
  return {...mean.interval(), count: mean.count, across};
};

// Channels first and last, and types, are other kernels: their means stand apart, if they are few.
const groupsOf = (list) => {
  const groups = new Map();
  for (const one of list) {
    const name = `${word(cases.type[one])} ${word(cases.layout[one])}`;
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(one);
  }
  return groups.size > 1 && groups.size <= 4 ? [...groups] : [["", list]];
};

// Whom the page is about: the chosen contender, or the one that is in front most often.
const subject = (standings) => {
  const chosen = numberOf(view.of);
  if (chosen >= 0) return chosen;
  const best = d3.max(standings.all, (one) => one.fastest + one.level / 2 + one.timed * 1e-6);
  return (standings.all.find((one) => one.fastest + one.level / 2 + one.timed * 1e-6 === best) ??
          {contender: 0})
      .contender;
};
// The run's own noise: half of its times are known better than to this share.
const noiseOf = (standings) => median(standings.all.flatMap((one) => one.widths));

const placeName = () => (isHot() ? "in cache (hot)" : "from memory (cold)");
const namesOf = (number) => foreign(clip(contenders[number], 40), {class: "name"});

// The other one that is the fastest on average.
const closest = (list, of) => {
  let best = {count: 0};
  for (const {contender: other} of standingsOf(list, isHot()).all) {
    if (other === of) continue;
    const speed = {...meanSpeed(list, of, other, isHot()), other};
    if (speed.count > 0 && (best.count === 0 || speed.median < best.median)) best = speed;
  }
  return best;
};
const headline = (standings, of, groups) => {
  const one = standings.all.find((standing) => standing.contender === of);
  const line = el("p", {class: "headline"});
  if (!one || one.timed === 0)
    return add(line, "No row that is chosen has a time at this temperature.");
  const share = one.share.interval().median;
  if (standings.contested > 0) {
    add(line, namesOf(of), " is the fastest ", placeName(), " in ",
        el("b", {}, String(one.fastest)), ` of ${countText(standings.contested, "case")}`,
        one.level > 0 ? `, and level with another one in ${one.level}` : "", ". ");
    const next =
        groups.map(([name, list]) => ({name, ...closest(list, of)})).filter((one) => one.count > 0);
    if (next.length > 0)
      add(line,
          next.length > 1 ? "The closest to it, on average: " :
                            "The closest to it, on average, is ",
          next.map(
              (one, i) =>
                  [i > 0 ? "; " : "", one.name === "" ? "" : `${one.name}: `, namesOf(one.other),
                   ": it is ", el("b", {}, fasterText(one.median)), " as that"]),
          ". ");
  } else {
    add(line, namesOf(of),
        ` has ${countText(one.timed, "time")} ${placeName()}; nothing stands beside it. `);
  }
  if (isNumber(share))
    add(line, "It reaches ", el("b", {}, percentText(share)), " of the measured ceiling.");
  return line;
};

const fastestBars = (groups) => {
  const bars = [];
  let most = 1;
  for (const [name, list] of groups) {
    const {all, contested} = standingsOf(list, isHot());
    if (contested === 0) continue;
    if (name !== "") bars.push({head: `${name}: ${contested} with rivals`});
    most = Math.max(most, contested);
    for (const one of all)
      bars.push({
        label: contenders[one.contender],
        text: one.timed === 0 ? "takes none of these" :
                                `${one.fastest}${one.level ? ` + ${one.level}` : ""}`,
        title: `${contenders[one.contender]}: alone in front in ${one.fastest} of ${
                   contested} cases, ` +
            `level with others in ${one.level}; ${one.timed} of ${one.rows} rows have a time`,
        parts: one.timed === 0 ? [] :
                                 [
                                   {from: 0, to: one.fastest, colour: colourOf(one.contender)},
                                   {
                                     from: one.fastest,
                                     to: one.fastest + one.level,
                                     colour: colourOf(one.contender),
                                     hatched: true
                                   },
                                 ].filter((part) => part.to > part.from),
      });
  }
  return {bars, most};
};
const speedBars = (groups, of) => {
  const bars = [];
  for (const [name, list] of groups) {
    const rivals = standingsOf(list, isHot()).all.filter((one) => one.contender !== of);
    if (name !== "" && rivals.length > 0) bars.push({head: name});
    for (const one of rivals) {
      const speed = meanSpeed(list, of, one.contender, isHot());
      bars.push({
        label: contenders[one.contender],
        speed,
        text: speed.count === 0 ? "no case in common" :
                                  ratioText(speed.median) + (speed.across ? "*" : ""),
        title: `${contenders[of]} over ${contenders[one.contender]}: ${ratioText(speed.median)} ` +
            `(${intervalText(speed, ratioText)}), ${countText(speed.count, "case")}`,
        parts: speed.count === 0 ? [] :
                                   [{from: 1, to: speed.median, colour: colourOf(one.contender)}],
        whisker: isNumber(speed.low) ? [speed.low, speed.high] : null,
        at: 1,
        group: name,
      });
    }
  }
  return bars;
};
const shareBars = (groups) => {
  const bars = [];
  for (const [name, list] of groups) {
    if (name !== "") bars.push({head: name});
    for (const one of standingsOf(list, isHot()).all) {
      const share = one.share.interval();
      bars.push({
        label: contenders[one.contender],
        share,
        count: one.share.count,
        group: name,
        text: one.share.count === 0 ? "no share" : percentText(share.median),
        title: `${contenders[one.contender]}: ${percentText(share.median)} of the ceiling ` +
            `(${intervalText(share, percentText)}), ${countText(one.share.count, "row")}`,
        parts: one.share.count === 0 ?
            [] :
            [{from: 0, to: Math.min(share.median, 1.2), colour: colourOf(one.contender)}],
        whisker: isNumber(share.low) ? [share.low, Math.min(share.high, 1.2)] : null,
      });
    }
  }
  return bars;
};

const drawGlance = () => {
  const section = cleared("glance"), hot = isHot();
  const standings = standingsOf(selected, hot), of = subject(standings);
  const groups = groupsOf(selected), noise = noiseOf(standings);
  section.append(headline(standings, of, groups));
  const cards = el("div", {class: "cards"});
  section.append(cards);
  const numbers = () => standings.all.map((one) => {
    const share = one.share.interval();
    return [
      contenders[one.contender], one.rows, one.timed, one.fastest, one.level, share.median,
      share.low, share.high, one.share.count, one.belowFloor, one.warm,
      [...one.others].map(([status, count]) => `${count} ${status}`).join(", ")
    ];
  });
  // All figures are there before the first is drawn: they share the width.
  const fastest = fastestBars(groups), bars = speedBars(groups, of), shares = shareBars(groups);
  const first = figure(cards, {
    title: "Which one?",
    note: "Cases in which it is the fastest; hatched: level with another.",
    name: "standings",
    columns: [
      "contender", "rows", "with a time", "fastest", "level", "share", "share low", "share high",
      "rows in the mean", "launch-bound", "warm", "not ok"
    ],
    lines: numbers,
  });
  const second = standings.all.length < 2 ? null : figure(cards, {
    title: "By how much?",
    note:
        el("span", {},
           select(
               "Speed of",
               standings.all.map(
                   (one) => [contenders[one.contender], clip(contenders[one.contender], 30)]),
               contenders[of], (name) => set({of: name})),
           " over each other one, geometric mean."),
    name: "speeds",
    columns: ["group", "contender", "over", "ratio", "low", "high", "cases"],
    lines: () =>
        bars.filter((bar) => !bar.head)
            .map(
                (bar) =>
                    [bar.group, contenders[of], bar.label, bar.speed.median, bar.speed.low,
                     bar.speed.high, bar.speed.count]),
  });
  const third = figure(cards, {
    title: "How far from the limit?",
    note: "Share of the measured ceiling, geometric mean.",
    name: "shares",
    columns: ["group", "contender", "share", "low", "high", "rows"],
    lines: () => shares.filter((bar) => !bar.head)
                     .map(
                         (bar) =>
                             [bar.group, bar.label, bar.share.median, bar.share.low, bar.share.high,
                              bar.count]),
  });
  if (fastest.bars.length > 0)
    barChart(first, {
      rows: fastest.bars,
      x: (value) => value / fastest.most,
      label: "Cases in which each is the fastest",
      ticks: [[0, "0"], [fastest.most, String(fastest.most)]],
    });
  else
    first.append(el("p", {}, "No case has the times of two contenders."));
  if (second !== null)
    barChart(second, {
      rows: bars,
      ...ratioScale(bars.map((bar) => bar.speed?.median)),
      band: isNumber(noise) ? [1 - noise, 1 + noise] : null,
      label: `Speed of ${contenders[of]} over each other contender`,
    });
  barChart(third, {
    rows: shares,
    x: (value) => value / 1.2,
    label: "Share of the ceiling that each reaches",
    ticks: [[0, "0"], [0.5, "50 %"], [1, "ceiling"]],
  });
  section.append(trust(standings, noise));
};

// Counts of what is not as it should be, each a way to the rows; and what the run was.
const trust = (standings, noise) => {
  const box = el("div", {class: "trust"}, el("h3", {}, "Can I believe it?"));
  const count = (status) => d3.sum(standings.all, (one) => one.others.get(status) ?? 0);
  const tiles = el("ul", {class: "tiles"});
  const tile = (number, text, status, bad) => tiles.append(
      el("li", {class: bad ? "bad" : ""},
         number > 0 && status ? link(
                                    String(number),
                                    () => {
                                      set({status});
                                      goTo("layers");
                                    },
                                    {"aria-label": `${number} ${text}: show them`}) :
                                el("span", {class: "number"}, String(number)),
         " ", text));
  const always = ["WRONG", "CHEAT", "INVALID", "NOISY", "refused"];
  for (const status of always)
    tile(
        count(status), status, status, !["NOISY", "refused"].includes(status) && count(status) > 0);
  for (const status of Object.keys(data.statuses))
    if (status !== "ok" && !always.includes(status) && count(status) > 0)
      tile(count(status), status, status, status !== "ABOVE-CEILING");
  const warm = d3.sum(standings.all, (one) => one.warm);
  if (warm > 0) tile(warm, "warm", "warm");
  const below = d3.sum(standings.all, (one) => one.belowFloor);
  if (below > 0) tile(below, "launch-bound", "launch-bound");
  box.append(tiles);
  const lines = el("ul", {class: "facts"});
  const used =
      [...new Set(selected.map((one) => cases.record[one]))].map((number) => records[number]);
  if (blocksText(used) !== "") add(lines, el("li", {}, blocksText(used)));
  if (isNumber(noise)) {
    const share = (100 * noise).toFixed(1);
    add(lines,
        el("li", {}, `Half of the times are known to ±${share} % or better: the grey band.`));
  }
  const when =
      used.every(isWatched) ? ", before it was timed and while it was." : ", before it was timed.";
  add(lines, el("li", {}, "Every row with a time gave right results" + when));
  add(lines, caveats(used).map((text) => el("li", {class: "caveat"}, text)));
  return add(box, lines);
};
// Method 2 and later: disturbed blocks were noticed, and outputs judged while a row was timed.
const isWatched = (record) => record.method >= 2;
const blocksText = (used) => {
  const watched = used.filter(isWatched);
  const blocks = d3.sum(watched, (record) => record.blocks);
  const voided = d3.sum(watched, (record) => d3.sum(Object.values(record.voided)));
  if (blocks === 0) return "";
  if (voided === 0) return `None of ${blocks.toLocaleString("en")} blocks was disturbed.`;
  const causes = [...new Set(watched.flatMap((record) => Object.keys(record.voided)))];
  const counted = causes.map(
      (cause) => `${d3.sum(watched, (record) => record.voided[cause] ?? 0)} by ${cause}`);
  return `${voided.toLocaleString("en")} of ${blocks.toLocaleString("en")} blocks were disturbed ` +
      `and do not count (${counted.join(", ")}).`;
};
const caveats = (used) => {
  const some = (test, text) => (used.some(test) ? text : null);
  const left = d3.sum(used, (record) => record.left_out.length);
  const differ = ["processor", "host", "threads"].filter(
      (name) => new Set(used.map((record) => record[name])).size > 1);
  return [
    differ.length > 0 ?
        `Of runs that differ in ${differ.join(", ")}, all in one: choose a run above.` :
        null,
    some((record) => record.virtualised, "A virtual machine: its host may have done other work."),
    some(
        (record) => record.revision.endsWith("-dirty"),
        "Built with changes that are in no commit."),
    some((record) => record.build_type === "Debug", "A debug build."),
    some(
        (record) => record.method < 2,
        "Older records (method 1): cold sets may have stayed in a cache, and disturbed blocks count."),
    some(
        (record) => !record.sealed, "Without a seal: nobody can see whether a number was changed."),
    some(
        (record) => Object.keys(record.without_ceilings).length > 0,
        "A device has no ceilings, so its rows have no share."),
    left > 0 ? `${countText(left, "problem")} did not run: see Runs.` : null,
  ].filter(Boolean);
};
