// A row as a cell: what is chosen to be shown, with a bar, or why there is no time.

// What a cell shows and is sorted by: {value, text} or null.
const shownOf = (row) => {
  if (row < 0 || places[row] < 0) return null;
  if (shown() === "time") return {value: timeOf(row).median, text: timeText(timeOf(row).median)};
  if (shown() === "share") {
    const share = shareOf(row).median;
    return isNumber(share) ? {value: share, text: percentText(share)} : null;
  }
  const ratio = ratioTo(row, baseline());
  return ratio && isNumber(ratio.median) ?
      {value: ratio.median, text: ratioText(ratio.median) + (ratio.across ? "*" : ""), ratio} :
      null;
};
const hasTimeToShow = (row) => places[row] >= 0 && (isOk[row] || statusOf(row) === "NOISY");

// A refusal begins with who refuses, which stands above it already.
const ownReason = (row) => {
  const name = `${contenders[contenderOf[row]]}: `, reason = reasonOf(row);
  return reason.startsWith(name) ? reason.slice(name.length) : reason;
};

// In words, for titles and for who listens.
const rowText = (row) => {
  if (row < 0) return "not in this run";
  const parts = [`${contenders[contenderOf[row]]}, ${rows.hot[row] ? "hot" : "cold"}`];
  if (statusOf(row) !== "ok") parts.push(`${statusOf(row)}: ${reasonOf(row)}`);
  if (!hasTimeToShow(row)) return parts.join("; ");
  const time = timeOf(row), ratio = ratioTo(row, baseline());
  parts.push(`${timeText(time.median)} ${spreadText(time)}`);
  if (ratio)
    parts.push(`${ratioText(ratio.median)} (${intervalText(ratio, ratioText)}) over ${ratio.over}`);
  if (isNumber(shareOf(row).median))
    parts.push(`${percentText(shareOf(row).median)} of the ceiling`);
  if (isWarm(row)) parts.push("warm");
  if (isBelowFloor(row)) parts.push("launch-bound");
  return parts.join("; ");
};

const faster = "#0072b2", slower = "#d55e00";
const neutral = () => (isDark() ? "#33373b" : "#ececea");
// A colour between the neutral one and one of the two, by how far from 1; full at 8 times.
const ratioColour = (ratio) => {
  const depth = Math.min(1, 0.15 + 0.85 * Math.abs(Math.log2(ratio)) / 3);
  return d3.interpolateRgb(neutral(), ratio >= 1 ? faster : slower)(depth);
};
// Whether an interval says that a ratio is not 1.
const isApart = (ratio) => ratio.low > 1 || ratio.high < 1;
const shareColour = (share) =>
    d3.interpolateRgb(neutral(), "#009e73")(Math.min(1, Math.max(0, share)));

// Bars of ratios go from the middle, as far for twice as slow as for twice as fast.
const barOf = (row, value) => {
  const bar = el("i", {class: "bar"});
  if (shown() === "share") {
    bar.style.left = "0";
    bar.style.width = `${Math.min(100, 100 * value / 1.2)}%`;
    bar.style.background = "#009e73";
    return bar;
  }
  const part = Math.max(-1, Math.min(1, Math.log2(value) / 4));
  bar.style.left = `${50 + 50 * Math.min(part, 0)}%`;
  bar.style.width = `${Math.max(1, 50 * Math.abs(part))}%`;
  bar.style.background = value >= 1 ? faster : slower;
  return bar;
};
const bandOf = (half) => {
  const band = el("i", {class: "parity"});
  const width = Math.max(1, 50 * Math.log2(1 + half) / 4);
  band.style.left = `${50 - width}%`;
  band.style.width = `${2 * width}%`;
  return band;
};

const cellOf = (row, noise) => {
  const cell = el("td", {});
  if (row < 0) return add(cell, el("span", {class: "none", title: "not in this run"}, "·"));
  cell.title = rowText(row);
  const status = statusOf(row), value = shownOf(row);
  if (!hasTimeToShow(row)) {
    cell.className = status === "refused" ? "refused" : "failed";
    return add(cell, el("b", {}, status), foreign(clip(ownReason(row), 60), {class: "sub"}));
  }
  const time = timeOf(row), marks = [];
  if (status !== "ok") marks.push(status);
  if (isWarm(row)) marks.push("warm");
  if (isBelowFloor(row)) marks.push("launch-bound");
  cell.className = "timed" + (status === "NOISY" || isWarm(row) ? " doubtful" : "");
  if (value && shown() !== "time")
    add(cell, shown() === "ratio" && isNumber(noise) ? bandOf(noise) : null,
        barOf(row, value.value));
  const sub = [
    shown() === "time" ? spreadText(time) : `${timeText(time.median)} ${spreadText(time)}`, ...marks
  ];
  return add(
      cell, el("b", {}, value ? value.text : "–"), el("span", {class: "sub"}, sub.join(" · ")));
};
