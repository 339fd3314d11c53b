// All that is chosen, as `poolbench record export --format csv` has it.

const rowColumns = [
  "contender",  "kernel",      "problem",        "temperature",   "status", "reason",
  "seconds",    "seconds_low", "seconds_high",   "samples",       "bytes",  "bytes_per_second",
  "share",      "share_low",   "share_high",     "ceiling",       "ratio",  "ratio_low",
  "ratio_high", "baseline",    "across_devices", "floor_seconds", "warm",   "device",
  "run",        "source"
];
const seconds = (ns) => (isNumber(ns) ? Number((ns * 1e-9).toPrecision(6)) : null);
const rowLine = (row) => {
  const place = places[row], t = place >= 0;
  const of = (name) => (t ? timed[name][place] : null);
  const ratio = ratioTo(row, baseline());
  return [
    contenders[contenderOf[row]],
    word(rows.kernel[row]),
    cases.problem[rows.case[row]],
    rows.hot[row] ? "hot" : "cold",
    statusOf(row),
    reasonOf(row),
    seconds(of("time")),
    seconds(of("time_low")),
    seconds(of("time_high")),
    t ? timed.samples[place].length : 0,
    of("bytes"),
    t ? Number((timed.bytes[place] / timed.time[place] * 1e9).toPrecision(6)) : null,
    of("share"),
    of("share_low"),
    of("share_high"),
    t ? word(timed.ceiling[place]) : "",
    ratio?.median ?? null,
    ratio?.low ?? null,
    ratio?.high ?? null,
    ratio?.over ?? "",
    String(ratio?.across ?? false),
    seconds(of("floor")),
    String(isWarm(row)),
    word(rows.device[row]),
    records[cases.record[rows.case[row]]].file,
    word(cases.source[rows.case[row]]),
  ];
};
const rowsOfCase = (one) => {
  const found = [];
  for (let contender = 0; contender < contenders.length; ++contender)
    for (const hot of [0, 1]) {
      const row = rowOf(one, contender, hot);
      if (row >= 0) found.push(row);
    }
  return found;
};
const selectedLines = () => selected.flatMap(rowsOfCase).sort((a, b) => a - b).map(rowLine);
