// Time over size and over windows: chosen cases that differ in one thing alone.

const fewestPoints = 4;
const isEven = (extents) => extents.every((extent) => extent === extents[0]);
const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
const numbersOf = (text) => text.split("x").map(Number);

// The sweeps that a case is part of: [name, what changes, its value, its text].
const sweepsOf = (problem) => {
  const tokens = problem.split("/"), found = [];
  const valueOf = (name) =>
      tokens.find((token) => token.startsWith(name + ":"))?.slice(name.length + 1);
  const without = (names, put) => tokens
                                      .map((token) => {
                                        const name = token.split(":")[0];
                                        return put[name] ?? (names.includes(name) ? null : token);
                                      })
                                      .filter((token) => token !== null)
                                      .join("/");
  const src = valueOf("src");
  if (src !== undefined && /^\d+(x\d+){2,4}$/.test(src)) {
    const [n, c, ...plane] = numbersOf(src), rest = plane.join("x");
    if (isEven(plane))
      found.push(
          [without([], {src: `src:${n}x${c}x…`}), "elements of src", n * c * product(plane), src]);
    found.push(
        [without([], {src: `src:${n}x…x${rest}`}), "channels", c, String(c)],
        [without([], {src: `src:…x${c}x${rest}`}), "batch", n, String(n)]);
  }
  const window = valueOf("k");
  if (window !== undefined && isEven(numbersOf(window))) {
    const taps = product(numbersOf(window));
    found.push([without(["p"], {k: "k:…"}), "taps of a window", taps, window]);
    if (valueOf("d") === undefined || isEven(numbersOf(valueOf("d"))))
      found.push([
        without(["p", "d"], {k: `k:${window}/d:…`}), "dilation", numbersOf(valueOf("d") ?? "1")[0],
        valueOf("d") ?? "1"
      ]);
  }
  const out = valueOf("out");
  if (out !== undefined && isEven(numbersOf(out)))
    found.push([without([], {out: "out:…"}), "outputs of a plane", product(numbersOf(out)), out]);
  return found;
};

let sweepCache = {of: null, list: []};
const allSweeps = () => {
  if (sweepCache.of === selected) return sweepCache.list;
  const found = new Map();
  for (const one of selected)
    for (const [name, what, value, text] of sweepsOf(cases.problem[one])) {
      const key = `${records.length > 1 ? runText(cases.record[one]) + ": " : ""}${name} (${what})`;
      if (!found.has(key)) found.set(key, {name: key, what, points: []});
      found.get(key).points.push({one, value, text});
    }
  const list = [...found.values()].filter(
      ({points}) => new Set(points.map((point) => point.value)).size >= fewestPoints);
  for (const sweep of list) sweep.points.sort((a, b) => a.value - b.value);
  list.sort((a, b) => b.points.length - a.points.length || d3.ascending(a.name, b.name));
  sweepCache = {of: selected, list};
  return list;
};

// Where another contender is alone in front, beyond the intervals.
const crossoversOf = (sweep) => {
  const crossings = [];
  let now = -1;
  for (const point of sweep.points) {
    const {front} = leadersOf(point.one, isHot());
    if (front.length !== 1 || contenderOf[front[0]] === now) continue;
    if (now >= 0) crossings.push({...point, to: contenderOf[front[0]]});
    now = contenderOf[front[0]];
  }
  return crossings;
};

const drawSweeps = () => {
  const section = cleared("sweeps"), all = allSweeps();
  if (all.length === 0) {
    section.append(
        el("p", {},
           `Among the chosen cases no ${fewestPoints} differ in one size, window or batch alone.`));
    return;
  }
  const sweep = all.find((one) => one.name === view.sweep) ?? all[0];
  section.append(
      el("p", {class: "tools"},
         select(
             `One of ${all.length}`,
             all.map((one) => [one.name, clip(`${one.name}, ${one.points.length} points`, 140)]),
             sweep.name, (name) => set({sweep: name}))));
  const series =
      presentContenders()
          .map(
              (contender) => ({
                contender,
                points: sweep.points
                            .map((point) => ({...point, row: rowOf(point.one, contender, isHot())}))
                            .filter(({row}) => row >= 0 && isTimed(row))
                            .map((point) => ({...point, time: timeOf(point.row)})),
              }))
          .filter(({points}) => points.length > 0);
  const crossings = crossoversOf(sweep);
  const chart = figure(section, {
    title: sweep.name,
    note: `${placeName()}; bands are intervals. ` +
        (crossings.length === 0 ? "Nobody overtakes beyond the intervals." :
                                  "Lines mark where another one gets ahead, beyond the intervals."),
    name: "sweep",
    columns: ["problem", sweep.what, "contender", "temperature", "seconds", "low", "high"],
    lines: () => series.flatMap(
        ({contender, points}) => points.map(
            ({one, value, time}) =>
                [cases.problem[one], value, contenders[contender], isHot() ? "hot" : "cold",
                 seconds(time.median), seconds(time.low), seconds(time.high)])),
  });
  if (series.length === 0) {
    chart.append(el("p", {}, "None of these has a time."));
    return;
  }
  section.querySelector("figure").insertBefore(legend(series.map((one) => one.contender)), chart);
  const height = narrow() ? 320 : 420, width = widthOf(chart), box = boxOf(width, height, 70);
  const svg = frame(chart, height, `Time over ${sweep.what}`);
  const x = d3.scaleLog().domain(logDomain(sweep.points.map((point) => point.value))).range([
    box.left, box.right
  ]);
  const y =
      d3.scaleLog()
          .domain(logDomain(series.flatMap(({points}) => points.map(({time}) => time.median))))
          .range([box.bottom, box.top]);
  axes(svg, {
    x,
    y,
    xText: (value) => (value >= 1e4 ? d3.format(".2~s")(value) : String(value)),
    yText: timeText,
    xLabel: sweep.what,
    yLabel: "time of a launch",
    box,
    xTicks: thinned(logTicks(x.domain()), x, 50),
    yTicks: thinned(logTicks(y.domain()), y, 22)
  });
  crossings.forEach((crossing, i) => {
    svg.append("line")
        .attr("class", "limit")
        .attr("x1", x(crossing.value))
        .attr("x2", x(crossing.value))
        .attr("y1", box.top)
        .attr("y2", box.bottom);
    svg.append("text")
        .attr("class", "label")
        .attr("x", x(crossing.value) + 4)
        .attr("y", box.top + 12 + 14 * (i % 3))
        .text(`${clip(contenders[crossing.to], 24)} from ${crossing.text}`);
  });
  for (const {contender, points} of series) {
    const band = points.filter(({time}) => isNumber(time.low));
    svg.append("path")
        .attr("fill", colourOf(contender))
        .attr("fill-opacity", 0.2)
        .attr(
            "d",
            d3.area()
                .x(({value}) => x(value))
                .y0(({time}) => y(time.low))
                .y1(({time}) => y(time.high))(band));
    svg.append("path")
        .attr("fill", "none")
        .attr("stroke", colourOf(contender))
        .attr("stroke-width", 1.5)
        .attr("d", d3.line().x(({value}) => x(value)).y(({time}) => y(time.median))(points));
    for (const {one, value, time, row} of points)
      svg.append("path")
          .attr("class", "open")
          .attr("fill", colourOf(contender))
          .attr("transform", `translate(${x(value)},${y(time.median)})`)
          .attr("d", d3.symbol().type(symbolOf(contender)).size(50)())
          .on("click", () => set({case: String(one)}))
          .append("title")
          .text(`${cases.problem[one]}: ${rowText(row)}`);
  }
};
