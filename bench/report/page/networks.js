// The pooling layers of a network, all together: a bar for each contender.

const chosenNetworks = () => {
  const chosen = new Set(selected);
  return [...networks]
      .flatMap(([name, list]) => list.map((network) => ({...network, name})))
      .filter(
          (network) => (view.network === "" || network.name === view.network) &&
              (view.run === "" || network.record === Number(view.run)) &&
              [...network.layers.keys()].some((one) => chosen.has(one)));
};

const networkRows = (network) => {
  const total = network.totals[isHot()];
  const base = total.rows.find((row) => word(row.contender) === view.base);
  return {
    compared: total.compared,
    list: total.rows.map((row) => {
      const number = (value) => value ?? NaN;
      const [median, low, high] = row.time.map(number);
      const time = {median, low, high};
      const [middle, from, to] = row.ratio.map(number);
      const ratio = baseline() < 0 ?
          (isNumber(middle) ? {median: middle, low: from, high: to} : null) :
          base && isNumber(base.time[0]) && isNumber(median) ? {median: base.time[0] / median} :
                                                               null;
      return {
        name: word(row.contender),
        contender: numberOf(word(row.contender)),
        ok: row.ok,
        time,
        ratio,
        across: row.across
      };
    }),
  };
};

const drawNetworks = () => {
  const section = cleared("networks"), all = chosenNetworks();
  section.append(el(
      "p", {class: "note"},
      `A launch of each pooling layer, as often as the network has it, ${placeName()}: `,
      "speed over the baseline, and time. Layers count that are ok on every contender that has any."));
  if (all.length === 0) {
    section.append(el("p", {}, "No network has a chosen layer."));
    return;
  }
  const chart = figure(section, {
    title: countText(all.length, "network"),
    name: "networks",
    columns: [
      "network", "run", "temperature", "contender", "seconds", "low", "high", "ratio",
      "layers compared", "layers of the network", "layers ok on it"
    ],
    lines: () => all.flatMap((network) => {
      const {compared, list} = networkRows(network);
      return list.map(
          (row) =>
              [network.name, records[network.record].file, isHot() ? "hot" : "cold", row.name,
               seconds(row.time.median), seconds(row.time.low), seconds(row.time.high),
               row.ratio?.median ?? null, compared, network.count, row.ok]);
    }),
  });
  const grid = el("div", {class: "cards"});
  chart.append(grid);
  const parts = all.map((network) => {
    const part = el(
        "div", {},
        el("h3", {}, foreign(clip(network.name, 80)),
           records.length > 1 ? el("span", {class: "note"}, ` ${runText(network.record)}`) : null));
    grid.append(part);
    return part;
  });
  all.forEach((network, i) => {
    const {compared, list} = networkRows(network),
                     some = list.filter((row) => isNumber(row.time.median));
    parts[i].append(
        el("p", {class: "note"}, `${compared} of ${countText(network.count, "layer")} compared`));
    if (some.length === 0) return;
    const longest = d3.max(some, (row) => row.time.median),
          hasRatio = some.some((row) => row.ratio);
    const scale = ratioScale(some.map((row) => row.ratio?.median));
    barChart(parts[i], {
      label: `${network.name}: ${hasRatio ? "speed over the baseline" : "time"}`,
      ...(hasRatio ?
              {x: scale.x, ticks: scale.ticks} :
              {x: (value) => value / longest, ticks: [[0, "0"], [longest, timeText(longest)]]}),
      rows: list.map((row) => {
        const has = isNumber(row.time.median) && (!hasRatio || row.ratio);
        return {
          label: row.name,
          at: hasRatio ? 1 : 0,
          text: !isNumber(row.time.median) ?
              "takes none of it" :
              `${row.ratio ? ratioText(row.ratio.median) + (row.across ? "*" : "") + " · " : ""}${
                  timeText(row.time.median)}`,
          title: `${row.name}: ${timeText(row.time.median)} ${spreadText(row.time)}`,
          parts: has ? [{
            from: hasRatio ? 1 : 0,
            to: hasRatio ? row.ratio.median : row.time.median,
            colour: colourOf(row.contender)
          }] :
                       [],
          whisker: hasRatio && isNumber(row.ratio?.low) ? [row.ratio.low, row.ratio.high] : null,
        };
      }),
    });
  });
};
