// Speed or time over bytes, beside the measured ceilings and the launches with nothing to do.

const drawCeiling = () => {
  const section = cleared("ceiling"), isTime = view.plot === "time";
  const points = [], apart = [], limits = new Map(), floors = new Map();
  for (const one of selected)
    for (let contender = 0; contender < contenders.length; ++contender) {
      const row = rowOf(one, contender, isHot());
      if (row < 0 || !isTimed(row)) continue;
      const place = places[row], bytes = timed.bytes[place], time = timed.time[place];
      const ceiling = timed.ceiling_time[place], floor = timed.floor[place];
      const point = {
        x: bytes,
        y: isTime ? time : bytes / time,
        contender,
        row,
        open: isBelowFloor(row),
        text: () => `${cases.problem[one]}: ${rowText(row)}`,
      };
      points.push(point);
      // Each run has launches and ceilings of its own.
      const run = cases.record[one], launches = `${run} ${contender}`;
      if (isNumber(floor)) {
        if (!floors.has(launches)) floors.set(launches, {contender, list: []});
        floors.get(launches).list.push(floor);
      }
      const limit = `${run} ${rows.uuid[row]}`;
      if (!limits.has(limit)) {
        const device = clip(word(rows.device[row]), 40);
        limits.set(limit, {
          name: records.length > 1 ? `${device}, ${runText(run)}` : device,
          list: new Map(),
        });
      }
      if (isNumber(ceiling)) limits.get(limit).list.set(one, {bytes, time: ceiling});
      if (point.open) apart.push({row, one, ratio: time / ((floor || 0) + (ceiling || 0))});
    }
  section.append(
      el("p", {class: "tools"},
         select(
             "Plot", [["", "speed over bytes"], ["time", "time over bytes"]], view.plot,
             (plot) => set({plot}))));
  if (points.length === 0) {
    section.append(el("p", {}, "No row that is chosen has a time."));
    return;
  }
  const present = [...new Set(points.map((point) => point.contender))].sort((a, b) => a - b);
  const chart = figure(section, {
    title: isTime ? "Time over bytes" : "Speed over bytes",
    note:
        `${placeName()}. The line is the measured ceiling, a rolling median; dotted: a launch of each with ` +
        "nothing to do. A row is judged by the ceiling of its own case, so it may lie above the " +
        "line. Hollow marks are launch-bound.",
    name: "ceilings",
    columns: [
      "problem", "contender", "temperature", "bytes", "seconds", "GB/s", "ceiling GB/s", "share",
      "floor seconds", "launch-bound"
    ],
    lines: () => points.map(({row, open}) => {
      const t = (name) => timed[name][places[row]];
      return [
        cases.problem[rows.case[row]], contenders[contenderOf[row]], isHot() ? "hot" : "cold",
        t("bytes"), seconds(t("time")), Number((t("bytes") / t("time")).toPrecision(5)),
        isNumber(t("ceiling_time")) ? Number((t("bytes") / t("ceiling_time")).toPrecision(5)) :
                                      null,
        t("share"), seconds(t("floor")), String(open)
      ];
    }),
  });
  chart.id = "ceiling-chart";
  section.querySelector("figure").insertBefore(legend(present), chart);
  const lines =
      [...limits.values()]
          .map(({name, list}) => {
            const sorted = [...list.values()].sort((a, b) => a.bytes - b.bytes);
            const half = Math.max(2, Math.round(sorted.length / 16));
            const speeds = rolling(sorted.map((one) => one.bytes / one.time), half);
            return {name, line: sorted.map((one, i) => ({bytes: one.bytes, speed: speeds[i]}))};
          })
          .filter(({line}) => line.length > 0);
  pointPlot(chart, {
    points,
    height: narrow() ? 340 : 480,
    label: "Rows beside the measured ceilings",
    xLabel: "bytes that any implementation must move",
    yLabel: isTime ? "time of a launch" : "GB/s",
    xText: bytesText,
    yText: isTime ? timeText : digits,
    more:
        lines.flatMap(({line}) => line.map((one) => (isTime ? one.bytes / one.speed : one.speed))),
    act: (point) => set({case: String(rows.case[point.row])}),
    draw: (g, x, y) => {
      for (const {contender, list} of floors.values()) {
        const floor = median(list), ends = x.domain();
        if (!(floor > 0)) continue;
        g.append("path")
            .attr("class", "floor")
            .attr("stroke", colourOf(contender))
            .attr(
                "d", d3.line()(ends.map((bytes) => [x(bytes), y(isTime ? floor : bytes / floor)])))
            .append("title")
            .text(`${contenders[contender]}: a launch with nothing to do, ${timeText(floor)}`);
      }
      lines.forEach(({name, line}, i) => {
        g.append("path")
            .attr("class", "top")
            .attr("stroke-dasharray", i === 0 ? null : `${6 + 3 * i} 3`)
            .attr(
                "d",
                d3.line()(line.map(
                    (one) => [x(one.bytes), y(isTime ? one.bytes / one.speed : one.speed)])));
        const last = line[Math.floor(line.length * 0.7)];
        g.append("text")
            .attr("class", "label")
            .attr("x", x(last.bytes))
            .attr("text-anchor", "middle")
            .attr("y", y(isTime ? last.bytes / last.speed : last.speed) - 8)
            .text(lines.length > 1 ? `ceiling, ${name}` : "ceiling");
      });
    },
  });
  if (apart.length === 0) return;
  apart.sort((a, b) => b.ratio - a.ratio);
  section.append(
      el("h3", {}, "Launch-bound rows"),
      el("p", {class: "note"},
         "They take less than twice a launch with nothing to do, so their speed says little. " +
             "The number is time ÷ (launch + bytes ÷ ceiling): 1 is the limit."),
      plainTable(
          ["problem", "contender", "time", "launch", "times the limit"],
          apart.slice(0, 40).map(
              ({row, one, ratio}) =>
                  [cases.problem[one], contenders[contenderOf[row]], timeText(timeOf(row).median),
                   timeText(timed.floor[places[row]]), digits(ratio)]),
          "Launch-bound rows"));
  if (apart.length > 40)
    section.append(el("p", {}, `The 40 furthest of ${apart.length}; the CSV above has all.`));
};
