// Rows over commits: raw points faint, a rolling median over those that count, and the steps.

const historySeries = () => {
  const matches = matcher(view.text);
  return data.history.series.filter((series) => matches(series.name))
      .sort((a, b) => b.changes.length - a.changes.length || b.count - a.count);
};

const mostStepped = 100;
const drawHistory = () => {
  const section = cleared("history"), all = historySeries();
  const stepped = all.filter((series) => series.changes.length > 0);
  section.append(el(
      "p", {},
      `${countText(all.length, "row")} over commits; ${stepped.length} with a step or a suspect.`));
  const {too_short: tooShort, unknown} = data.history;
  if (tooShort > 0)
    section.append(
        el("p", {class: "note"},
           `${countText(tooShort, "other row")} with fewer than three records.`));
  if (unknown > 0)
    section.append(el(
        "p", {class: "note"},
        `Left out: ${countText(unknown, "record")} of commits that the repository does not have.`));
  if (all.length === 0) return;
  if (stepped.length > 0)
    section.append(plainTable(
        ["row", "since", "what"], stepped.slice(0, mostStepped).flatMap((series) => {
          const points = columnsOf(series.points, series.count);
          return series.changes.map(
              (change) =>
                  [series.name,
                   `${points.revision[change.at].slice(0, 12)} ${points.day[change.at]}`,
                   change.text]);
        }),
        "Steps"));
  if (stepped.length > mostStepped)
    section.append(el(
        "p", {class: "note"}, `The first ${mostStepped} of ${stepped.length} rows with a step.`));
  const series = all.find((one) => one.name === view.series) ?? all[0];
  section.append(el(
      "p", {class: "tools"},
      select(
          `One of ${all.length}`,
          all.map(
              (one) => [one.name, clip(`${one.changes.length > 0 ? "◆ " : ""}${one.name}`, 140)]),
          series.name, (name) => set({series: name}))));
  drawSeries(section, series);
};

const drawSeries = (section, series) => {
  const points = columnsOf(series.points, series.count);
  const isOver = points.over.some(isNumber), name = isOver ? "over" : "time";
  const values = points[name],
        ok = values.map((value, i) => (points.counts[i] && isNumber(value) ? value : null));
  const chart = figure(section, {
    title: clip(series.name, 200),
    note: (isOver ? "Time over the ceiling's, which a slower day leaves as it is. " :
                    "Time of a launch. ") +
        "Faint points are records; the line is the rolling median of five that count; " +
        "hollow ones do not count.",
    name: "history",
    columns: [
      "commit", "day", "status", "counts", "seconds", "seconds low", "seconds high", "over ceiling",
      "over low", "over high"
    ],
    lines: () => points.revision.map(
        (revision, i) =>
            [revision, points.day[i], points.status[i], String(points.counts[i] === 1),
             seconds(points.time[i]), seconds(points.time_low[i]), seconds(points.time_high[i]),
             points.over[i], points.over_low[i], points.over_high[i]]),
  });
  const shownValues = values.filter(isNumber);
  if (shownValues.length === 0) return;
  const height = 360, width = widthOf(chart), box = boxOf(width, height, 70),
        svg = frame(chart, height, series.name);
  const x = d3.scaleLinear().domain([0, Math.max(1, series.count - 1)]).range([
    box.left + 10, box.right - 10
  ]);
  const [low, high] = logDomain(shownValues),
              y = d3.scaleLog().domain([low / 1.05, high * 1.05]).range([box.bottom, box.top]);
  const every = Math.max(1, Math.ceil(series.count / (width / 90)));
  axes(svg, {
    x,
    y,
    xText: (i) => points.day[i],
    yText: isOver ? (value) => "×" + d3.format(".3~g")(value) : timeText,
    xLabel: "records, in the order of commits",
    yLabel: isOver ? "time over the ceiling's" : "time",
    box,
    xTicks: d3.range(0, series.count, every),
    yTicks: thinned(high / low < 5 ? d3.ticks(low, high, 6) : logTicks([low, high]), y, 24)
  });
  points[name].forEach((value, i) => {
    if (!isNumber(value)) return;
    const [from, to] = [points[`${name}_low`][i], points[`${name}_high`][i]];
    if (isNumber(from) && isNumber(to))
      svg.append("line")
          .attr("class", "faint")
          .attr("x1", x(i))
          .attr("x2", x(i))
          .attr("y1", y(from))
          .attr("y2", y(to));
    svg.append("circle")
        .attr("cx", x(i))
        .attr("cy", y(value))
        .attr("r", 3)
        .attr("class", ok[i] === null ? "voided" : "faint")
        .append("title")
        .text(`${points.revision[i]}, ${points.day[i]}: ${timeText(points.time[i])}`);
  });
  const counted = ok.map((value, i) => ({value, i})).filter(({value}) => value !== null);
  const smooth = rolling(counted.map(({value}) => value), 2);
  svg.append("path")
      .attr("class", "smooth")
      .attr("d", d3.line()(counted.map(({i}, k) => [x(i), y(smooth[k])])));
  series.changes.forEach((change, k) => {
    const at = x(Math.max(0, change.at - 0.5));
    svg.append("line")
        .attr("class", "limit")
        .attr("x1", at)
        .attr("x2", at)
        .attr("y1", box.top)
        .attr("y2", box.bottom);
    svg.append("text")
        .attr("class", "label")
        .attr("x", at > width * 0.7 ? at - 4 : at + 4)
        .attr("y", box.top + 12 + 14 * (k % 3))
        .attr("text-anchor", at > width * 0.7 ? "end" : "start")
        .text(clip(change.text, 60));
  });
};
