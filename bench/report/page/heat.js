// All chosen cases at a glance: a column a case, a line a contender, in as many bands as are
// needed.

const heatText = (one, contender) =>
    `${cases.problem[one]}: ${rowText(rowOf(one, contender, isHot()))}`;

// Signs, for who does not see the colours, and for what has no value.
const paintCell = (context, row, x, y, w, h) => {
  const sign = (text) => {
    context.fillStyle = getComputedStyle(document.body).color;
    context.font = `${Math.min(11, h - 3)}px sans-serif`;
    context.textAlign = "center";
    if (w >= 6)
      context.fillText(text, x + w / 2, y + h - 4);
    else
      context.fillRect(x + w / 2 - 1, y + h / 2 - 1, 2, 2);
  };
  const status = row < 0 ? "" : statusOf(row);
  if (row < 0) return;
  if (!hasTimeToShow(row)) {
    if (status === "refused") {
      context.strokeStyle = "#999";
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x + 1, y + h - 2);
      context.lineTo(x + w - 2, y + 1);
      context.stroke();
    } else {
      context.fillStyle = isDark() ? "#fff" : "#000";
      context.fillRect(x, y, w - 1, h - 1);
      context.fillStyle = isDark() ? "#000" : "#fff";
      context.font = "bold 11px sans-serif";
      context.textAlign = "center";
      context.fillText("!", x + w / 2, y + h - 4);
    }
    return;
  }
  const isShare = shown() !== "ratio";
  const value = isShare ? shareOf(row) : ratioTo(row, baseline());
  if (!isNumber(value?.median)) {
    context.fillStyle = "#999";
    context.fillRect(x, y + h / 2 - 1, w - (w > 3 ? 1 : 0), 1);
    return;
  }
  context.fillStyle = isShare ? shareColour(value.median) :
      isApart(value)          ? ratioColour(value.median) :
                                neutral();
  context.fillRect(x, y, w - (w > 3 ? 1 : 0), h - 1);
  if (status === "NOISY" || isWarm(row)) sign("~");
};

const heatLegend = () => {
  const isShare = shown() !== "ratio";
  const steps = isShare ? [0, 0.25, 0.5, 0.75, 1] : [1 / 8, 1 / 4, 1 / 2, 1.0001, 2, 4, 8];
  const text = (step) =>
      (isShare      ? percentText(step) :
           step < 1 ? `÷${1 / step}` :
           step < 1.5 ? "same" :
                        `×${step}`);
  return el(
      "ul", {class: "legend heat"}, steps.map((step) => {
        const box = el("i", {class: "box"});
        box.style.background = isShare ? shareColour(step) :
            step > 1 && step < 1.5     ? neutral() :
                                         ratioColour(step);
        return el("li", {}, box, " ", text(step));
      }),
      el("li", {}, "╱ refused"), el("li", {}, "! failed or wrong"), el("li", {}, "~ NOISY or warm"),
      el("li", {}, isShare ? "– no share" : "– nothing to compare with"));
};

const drawHeat = (section, present) => {
  if (order.length === 0 || present.length === 0) return;
  const box = el("div", {class: "heat"}),
        canvas = el("canvas", {
          tabindex: "0",
          role: "application",
          "aria-roledescription": "heat map",
          "aria-label":
              "Heat map of cases and contenders. Arrow keys move, Enter opens the case. " +
              "The table below has the same.",
        });
  const tip = el(
      "p", {class: "tip", "aria-hidden": "true"}, "Point at a cell, or move with the arrow keys.");
  section.append(el(
      "figure", {},
      el("figcaption", {},
         el("strong", {}, shown() === "ratio" ? "Speed over the baseline" : "Share of the ceiling"),
         ` of ${countText(order.length, "case")}, in the table's order`),
      heatLegend(), add(box, canvas), tip));
  const width = widthOf(box), left = Math.min(130, width / 4);
  const cell = Math.max(3, Math.min(16, Math.floor((width - left) / order.length)));
  const perBand = Math.max(1, Math.floor((width - left) / cell)), height = 16;
  const bands = Math.ceil(order.length / perBand), bandHeight = present.length * height + 8;
  const scale = window.devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = bands * bandHeight * scale;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${bands * bandHeight}px`;
  const context = canvas.getContext("2d");
  const at = {column: 0, line: 0};
  const paint = () => {
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, bands * bandHeight);
    const ink = getComputedStyle(document.body).color;
    for (let band = 0; band < bands; ++band)
      present.forEach((contender, line) => {
        context.fillStyle = ink;
        context.font = "12px sans-serif";
        context.textAlign = "right";
        context.fillText(
            clip(contenders[contender], Math.floor(left / 7)), left - 6,
            band * bandHeight + line * height + 12);
      });
    order.forEach(
        (one, i) => present.forEach(
            (contender, line) => paintCell(
                context, rowOf(one, contender, isHot()), left + (i % perBand) * cell,
                Math.floor(i / perBand) * bandHeight + line * height, cell, height)));
  };
  const mark = () => {
    paint();
    context.strokeStyle = getComputedStyle(document.body).color;
    context.lineWidth = 2;
    context.strokeRect(
        left + (at.column % perBand) * cell - 1,
        Math.floor(at.column / perBand) * bandHeight + at.line * height - 1, cell + 1, height + 1);
  };
  const cellAt = (event) => {
    const place = canvas.getBoundingClientRect();
    const x = event.clientX - place.left - left, y = event.clientY - place.top;
    const band = Math.floor(y / bandHeight), line = Math.floor((y - band * bandHeight) / height);
    const column = band * perBand + Math.floor(x / cell);
    return x < 0 || column >= order.length || line >= present.length ||
            Math.floor(x / cell) >= perBand ?
        null :
        {column, line};
  };
  const tell = ({column, line}) => {
    tip.textContent = heatText(order[column], present[line]);
    return tip.textContent;
  };
  canvas.addEventListener("mousemove", (event) => {
    const found = cellAt(event);
    canvas.style.cursor = found ? "pointer" : "default";
    if (found) tell(found);
  });
  canvas.addEventListener("click", (event) => {
    const found = cellAt(event);
    if (found) set({case: String(order[found.column])});
  });
  canvas.addEventListener("keydown", (event) => {
    const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [
                    0, 1
                  ]}[event.key];
    if (event.key === "Enter") set({case: String(order[at.column])});
    if (!step) return;
    event.preventDefault();
    at.column = Math.max(0, Math.min(order.length - 1, at.column + step[0]));
    at.line = Math.max(0, Math.min(present.length - 1, at.line + step[1]));
    mark();
    say(tell(at));
  });
  canvas.addEventListener("focus", mark);
  canvas.addEventListener("blur", paint);
  paint();
};
