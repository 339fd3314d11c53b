// A plot of many points on two logarithms: lines below as SVG, points on a canvas.

// `points`: {x, y, contender, open (hollow), row, text}; `draw(svg, x, y, box)` adds lines.
const pointPlot =
    (chart, {points, height, xLabel, yLabel, xText, yText, label, draw, more = [], act}) => {
      chart.classList.add("points");
      const width = widthOf(chart), box = boxOf(width, height, 70);
      const svg = frame(chart, height, label);
      const x = d3.scaleLog().domain(logDomain(points.map((point) => point.x))).range([
        box.left, box.right
      ]);
      const y =
          d3.scaleLog().domain(logDomain([...points.map((point) => point.y), ...more])).range([
            box.bottom, box.top
          ]);
      axes(svg, {
        x,
        y,
        xText,
        yText,
        xLabel,
        yLabel,
        box,
        xTicks: thinned(logTicks(x.domain()), x, 60),
        yTicks: thinned(logTicks(y.domain()), y, 22)
      });
      svg.append("clipPath")
          .attr("id", `clip-${chart.id}`)
          .append("rect")
          .attr("x", box.left)
          .attr("y", box.top)
          .attr("width", box.right - box.left)
          .attr("height", box.bottom - box.top);
      draw(svg.append("g").attr("clip-path", `url(#clip-${chart.id})`), x, y, box);
      const canvas = el("canvas", {"aria-hidden": "true"}), scale = window.devicePixelRatio || 1;
      canvas.width = width * scale;
      canvas.height = height * scale;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      const tip =
          el("p", {class: "tip", "aria-hidden": "true"},
             "Point at a mark to see what it is; a click opens the case.");
      add(chart, canvas, tip);
      const context = canvas.getContext("2d");
      context.scale(scale, scale);
      const size = points.length > 3000 ? 14 : points.length > 600 ? 24 : 40;
      const paths = new Map();
      const pathOf = (contender) => {
        if (!paths.has(contender))
          paths.set(contender, new Path2D(d3.symbol().type(symbolOf(contender)).size(size)()));
        return paths.get(contender);
      };
      for (const point of points) {
        context.save();
        context.translate(x(point.x), y(point.y));
        context.globalAlpha = 0.75;
        context.fillStyle = context.strokeStyle = colourOf(point.contender);
        if (point.open)
          context.stroke(pathOf(point.contender));
        else
          context.fill(pathOf(point.contender));
        context.restore();
      }
      const tree = d3.quadtree(points, (point) => x(point.x), (point) => y(point.y));
      const found = (event) => {
        const place = canvas.getBoundingClientRect();
        return tree.find(event.clientX - place.left, event.clientY - place.top, 14);
      };
      canvas.addEventListener("mousemove", (event) => {
        const point = found(event);
        canvas.style.cursor = point ? "pointer" : "default";
        if (point) tip.textContent = point.text();
      });
      canvas.addEventListener("click", (event) => {
        const point = found(event);
        if (point) act(point);
      });
    };

// Ticks that have so many pixels between them.
const thinned = (ticks, scale, pixels) => {
  const kept = [];
  for (const tick of ticks)
    if (kept.length === 0 || Math.abs(scale(tick) - scale(kept[kept.length - 1])) >= pixels)
      kept.push(tick);
  return kept;
};
// The median of each value and its neighbours.
const rolling = (values, half) =>
    values.map((_, i) => median(values.slice(Math.max(0, i - half), i + half + 1)));
