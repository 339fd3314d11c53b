// All samples of a case at one temperature: a lane a contender, a point a block.

const stripChart = (parent, one, hot) => {
  const lanes =
      contenders.map((_, contender) => rowOf(one, contender, hot))
          .filter((row) => row >= 0 && places[row] >= 0)
          .map((row) => ({row, samples: samplesOf(row), voided: voidedOf(row), time: timeOf(row)}));
  if (lanes.length === 0) return;
  const name = hot ? "hot" : "cold";
  const chart = figure(parent, {
    title: hot ? "Samples, hot" : "Samples, cold",
    note:
        "A point is the time of a launch in one block. ● counts; ○ in a block that another one's " +
        "disturbance voided; △ disturbed itself.",
    name: `samples-${name}`,
    columns: ["contender", "temperature", "seconds", "counts", "disturbed", "cause"],
    lines: () => lanes.flatMap(
        ({row, samples, voided}) =>
            [...samples.map(
                 (ns) => [contenders[contenderOf[row]], name, seconds(ns), "true", "false", ""]),
             ...voided.map(
                 (block) =>
                     [contenders[contenderOf[row]], name, seconds(block.time), "false",
                      String(block.disturbed), block.cause]),
  ]),
  });
  const laneHeight = 34, width = widthOf(chart), left = Math.min(130, width / 3),
        right = width - 16;
  const bottom = lanes.length * laneHeight + 4;
  const svg = frame(chart, bottom + 40, `Samples of each contender, ${name}`);
  const ceiling = lanes.map(({row}) => timed.ceiling_time[places[row]]).find(isNumber);
  const all = lanes.flatMap(
      ({
        samples,
        voided,
        time
      }) => [...samples, ...voided.map((block) => block.time), time.median, time.low, time.high]);
  const x = d3.scaleLog().domain(logDomain(ceiling ? [...all, ceiling] : all)).range([left, right]);
  const axis = svg.append("g").attr("class", "axis");
  let last = -Infinity;
  for (const tick of logTicks(x.domain())) {
    axis.append("line").attr("x1", x(tick)).attr("x2", x(tick)).attr("y2", bottom);
    if (x(tick) - last < 56) continue;
    last = x(tick);
    axis.append("text")
        .attr("x", x(tick))
        .attr("y", bottom + 16)
        .attr("text-anchor", "middle")
        .text(timeText(tick));
  }
  axis.append("text")
      .attr("class", "label")
      .attr("x", (left + right) / 2)
      .attr("y", bottom + 34)
      .attr("text-anchor", "middle")
      .text("time of a launch");
  if (ceiling) {
    svg.append("line")
        .attr("class", "limit")
        .attr("x1", x(ceiling))
        .attr("x2", x(ceiling))
        .attr("y2", bottom);
    svg.append("text")
        .attr("class", "label")
        .attr("x", x(ceiling) + 3)
        .attr("y", 10)
        .text("ceiling");
  }
  lanes.forEach(({row, samples, voided, time}, i) => {
    const y = i * laneHeight + laneHeight / 2 + 4, contender = contenderOf[row];
    const g = svg.append("g");
    g.append("text")
        .attr("x", left - 8)
        .attr("y", y + 4)
        .attr("text-anchor", "end")
        .text(shortName(contenders[contender], left - 10));
    if (isNumber(time.low))
      g.append("rect")
          .attr("class", "band")
          .attr("x", x(time.low))
          .attr("y", y - 12)
          .attr("width", Math.max(1, x(time.high) - x(time.low)))
          .attr("height", 24);
    g.append("line")
        .attr("class", "median")
        .attr("x1", x(time.median))
        .attr("x2", x(time.median))
        .attr("y1", y - 13)
        .attr("y2", y + 13);
    const shake = (k) => ((k * 7919) % 17) - 8;
    samples.forEach(
        (ns, k) => g.append("circle")
                       .attr("cx", x(ns))
                       .attr("cy", y + shake(k))
                       .attr("r", 3)
                       .attr("fill", colourOf(contender))
                       .attr("fill-opacity", 0.75));
    voided.forEach(
        (block, k) => g.append("path")
                          .attr("class", "voided")
                          .attr("transform", `translate(${x(block.time)},${y + shake(k + 5)})`)
                          .attr(
                              "d",
                              d3.symbol()
                                  .type(block.disturbed ? d3.symbolTriangle : d3.symbolCircle)
                                  .size(34)())
                          .append("title")
                          .text(`block ${block.block}: ${block.cause}, ${timeText(block.time)}`));
  });
};
