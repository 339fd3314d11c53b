// What charts have in common: their frame, axes on logarithms, bars.

const narrow = () => document.documentElement.clientWidth < 600;
const widthOf = (chart) => Math.max(280, chart.clientWidth || 600);

// An SVG of that size in the chart, with a text for who does not see it.
const frame = (chart, height, label) => {
  const width = widthOf(chart);
  return d3.select(chart)
      .append("svg")
      .attr("viewBox", `0 0 ${width} ${height}`)
      .attr("width", width)
      .attr("height", height)
      .attr("role", "img")
      .attr("aria-label", label);
};

const powers = (from, to, base) => {
  const values = [];
  for (let i = Math.ceil(Math.log(from) / Math.log(base) - 1e-9); base ** i <= to * (1 + 1e-9); ++i)
    values.push(base ** i);
  return values;
};
// Ticks 1, 10, 100; with 2 and 5 where those are few.
const logTicks = ([low, high]) => {
  const tens = powers(low, high, 10);
  if (tens.length >= 4) return tens;
  const all = [];
  for (const ten of powers(low / 10, high, 10))
    for (const digit of [1, 2, 5])
      if (digit * ten >= low * 0.999 && digit * ten <= high * 1.001) all.push(digit * ten);
  return all;
};
const logDomain = (values) => {
  const [low, high] = d3.extent(values.filter((value) => value > 0 && Number.isFinite(value)));
  return low === undefined ? [1, 10] : [low / 1.15, high * 1.15];
};

// Axes below and at the left, with lines across.
const axes = (svg, {x, y, xText, yText, xLabel, yLabel, box, xTicks, yTicks}) => {
  const below =
      svg.append("g").attr("class", "axis").attr("transform", `translate(0,${box.bottom})`);
  for (const tick of xTicks) {
    below.append("line").attr("x1", x(tick)).attr("x2", x(tick)).attr("y2", box.top - box.bottom);
    below.append("text")
        .attr("x", x(tick))
        .attr("y", 16)
        .attr("text-anchor", x(tick) > box.right - 24 ? "end" : "middle")
        .text(xText(tick));
  }
  below.append("text")
      .attr("class", "label")
      .attr("x", (box.left + box.right) / 2)
      .attr("y", 34)
      .attr("text-anchor", "middle")
      .text(xLabel);
  const side = svg.append("g").attr("class", "axis").attr("transform", `translate(${box.left},0)`);
  for (const tick of yTicks) {
    side.append("line").attr("y1", y(tick)).attr("y2", y(tick)).attr("x2", box.right - box.left);
    side.append("text")
        .attr("x", -6)
        .attr("y", y(tick))
        .attr("dy", "0.32em")
        .attr("text-anchor", "end")
        .text(yText(tick));
  }
  side.append("text")
      .attr("class", "label")
      .attr("x", 4 - box.left)
      .attr("y", box.top - 10)
      .text(yLabel);
};

const boxOf = (width, height, left = 62) =>
    ({left, right: width - 14, top: 26, bottom: height - 42});

// Diagonal lines, for bars of the second kind.
const hatch = (svg, id, colour) => {
  const pattern = svg.append("defs")
                      .append("pattern")
                      .attr("id", id)
                      .attr("width", 6)
                      .attr("height", 6)
                      .attr("patternUnits", "userSpaceOnUse")
                      .attr("patternTransform", "rotate(45)");
  pattern.append("rect").attr("width", 6).attr("height", 6).attr("class", "paper");
  pattern.append("rect").attr("width", 3).attr("height", 6).attr("fill", colour);
  return `url(#${id})`;
};

// A name cut to what fits: six and a half pixels a letter.
const shortName = (text, width) => clip(text, Math.max(4, Math.floor(width / 6.6)));

// Horizontal bars: rows of {head} or {label, text, title, parts, whisker}.
// `x` maps values to [0, 1]; ticks are [value, text].
let hatches = 0;
const barChart = (chart, {rows: bars, x, ticks, label, band}) => {
  if (bars.length === 0) return;
  const width = widthOf(chart), rowHeight = 22;
  const left =
      Math.min(150, Math.max(70, 10 + 7.4 * d3.max(bars, (bar) => (bar.label ?? "").length)));
  const right =
      12 + 6.6 * Math.min(20, d3.max(bars, (bar) => (bar.parts?.length ? bar.text.length : 0)));
  const height = bars.length * rowHeight + 24;
  const svg = frame(chart, height, label);
  const at = (value) => left + x(value) * (width - left - right);
  const bottom = bars.length * rowHeight + 2;
  if (band)
    svg.append("rect")
        .attr("class", "band")
        .attr("x", at(band[0]))
        .attr("y", 0)
        .attr("width", Math.max(1, at(band[1]) - at(band[0])))
        .attr("height", bottom);
  const axis = svg.append("g").attr("class", "axis");
  for (const [value, text] of ticks) {
    axis.append("line").attr("x1", at(value)).attr("x2", at(value)).attr("y2", bottom);
    axis.append("text")
        .attr("x", at(value))
        .attr("y", bottom + 15)
        .text(text)
        .attr(
            "text-anchor",
            at(value) > width - 30    ? "end" :
                at(value) < left + 12 ? "start" :
                                        "middle");
  }
  bars.forEach((bar, i) => {
    const g = svg.append("g").attr("transform", `translate(0,${i * rowHeight + 2})`);
    if (bar.head) {
      g.append("text").attr("class", "group").attr("x", 2).attr("y", 14).text(bar.head);
      return;
    }
    g.append("title").text(bar.title ?? bar.text);
    g.append("text")
        .attr("x", left - 6)
        .attr("y", 14)
        .attr("text-anchor", "end")
        .text(shortName(bar.label, left - 8));
    for (const part of bar.parts ?? []) {
      const from = at(Math.min(part.from, part.to)), to = at(Math.max(part.from, part.to));
      g.append("rect")
          .attr("x", from)
          .attr("y", 3)
          .attr("width", Math.max(1, to - from))
          .attr("height", rowHeight - 8)
          .attr("fill", part.hatched ? hatch(svg, `hatch${++hatches}`, part.colour) : part.colour)
          .attr("stroke", part.colour);
    }
    if (bar.whisker)
      g.append("line")
          .attr("class", "whisker")
          .attr("x1", at(bar.whisker[0]))
          .attr("x2", at(bar.whisker[1]))
          .attr("y1", 10)
          .attr("y2", 10);
    const end =
        d3.max(bar.parts ?? [], (part) => at(Math.max(part.from, part.to))) ?? at(bar.at ?? 0);
    const whisker = bar.whisker ? at(bar.whisker[1]) : 0;
    g.append("text")
        .attr("class", "value")
        .attr("y", 14)
        .text(bar.text)
        .attr("x", Math.max(end, whisker) + 6);
  });
};

// Ratios as far to the right as to the left: ticks are powers of two.
const ratioScale = (ratios) => {
  const most = Math.max(
      1,
      ...ratios.filter((ratio) => ratio > 0 && Number.isFinite(ratio))
          .map((ratio) => Math.abs(Math.log2(ratio)) * 1.08));
  const span = Math.min(most, 12);
  const step = Math.max(1, Math.ceil(span / 4));
  const ticks = [];
  for (let i = -Math.floor(span / step) * step; i <= span; i += step)
    ticks.push([2 ** i, i < 0 ? `÷${2 ** -i}` : i === 0 ? "same" : `×${2 ** i}`]);
  const x = (ratio) => {
    const place = Math.log2(Math.max(ratio, 1e-12)) / span;
    return (Math.max(-1, Math.min(1, place)) + 1) / 2;
  };
  return {x, ticks, span};
};
