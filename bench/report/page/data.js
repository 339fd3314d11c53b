// What the program has written (bench/report/page.h), with ways to find a row.

// Every column as an array.
const columnsOf = (table, count) => {
  const columns = {};
  for (const [name, values] of Object.entries(table))
    columns[name] = Array.isArray(values) ? values : new Array(count).fill(values.all);
  return columns;
};
const cases = columnsOf(data.cases, data.count.cases);
const rows = columnsOf(data.rows, data.count.rows);
const timed = columnsOf(data.timed, data.count.timed);
const records = data.records;
const caseCount = data.count.cases, rowCount = data.count.rows;
const word = (number) => data.words[number];
const wordsOf = (numbers) => [...new Set(numbers)].map(word);

// Contenders by number, in the order in which they come; `places` of a row in `timed`, or -1.
const contenderNumbers = new Map();
const contenderOf = new Int32Array(rowCount), places = new Int32Array(rowCount).fill(-1);
for (let row = 0, next = 0; row < rowCount; ++row) {
  const name = rows.contender[row];
  if (!contenderNumbers.has(name)) contenderNumbers.set(name, contenderNumbers.size);
  contenderOf[row] = contenderNumbers.get(name);
  if (rows.timed[row]) places[row] = next++;
}
const contenders = [...contenderNumbers.keys()].map(word);

const rowTable = new Int32Array(caseCount * contenders.length * 2).fill(-1);
const slot = (one, contender, hot) => (one * contenders.length + contender) * 2 + hot;
for (let row = 0; row < rowCount; ++row)
  rowTable[slot(rows.case[row], contenderOf[row], rows.hot[row])] = row;
// The row of a contender on a case, or -1.
const rowOf = (one, contender, hot) => rowTable[slot(one, contender, hot)];

const statusOf = (row) => word(rows.status[row]);
const reasonOf = (row) => word(rows.reason[row]);
// What is not there is NaN, for null compares as 0.
const intervalOf = (row, name) => {
  const of = (column) => timed[column][places[row]] ?? NaN;
  return {median: of(name), low: of(`${name}_low`), high: of(`${name}_high`)};
};
const timeOf = (row) => intervalOf(row, "time");
const shareOf = (row) => intervalOf(row, "share");

// bench/status.h, has_time(): what means and ratios may use.
const isOk = new Uint8Array(rowCount);
for (let row = 0; row < rowCount; ++row)
  isOk[row] = ["ok", "ABOVE-CEILING"].includes(statusOf(row)) && places[row] >= 0;
const isWarm = (row) => places[row] >= 0 && timed.warm[places[row]] === 1;
const isBelowFloor = (row) => {
  const floor = timed.floor[places[row]];
  return isNumber(floor) && timed.time[places[row]] < 2 * floor;
};
const isTimed = (row) => row >= 0 && isOk[row] === 1 && !isWarm(row);
const isInMeans = (row) => isTimed(row) && !isBelowFloor(row);

// Samples in nanoseconds; what is stored are parts of the median.
const samplesOf = (row) => {
  const place = places[row];
  if (place < 0) return [];
  return timed.samples[place].map((part) => timed.time[place] * (1 + part / 1e5));
};
// Blocks that did not count: {block, cause, time, disturbed}.
const voidedOf = (row) => {
  const place = places[row], blocks = [];
  if (place < 0) return blocks;
  const list = timed.voided[place];
  for (let i = 0; i < list.length; i += 4)
    blocks.push({
      block: list[i],
      cause: word(list[i + 1]),
      time: timed.time[place] * (1 + list[i + 2] / 1e5),
      disturbed: list[i + 3] === 1,
    });
  return blocks;
};

// How many times as fast a row is as another of its case.
const pairCache = new Map();
const speedOver = (row, other) => {
  const key = row * rowCount + other;
  if (!pairCache.has(key)) pairCache.set(key, quotient(samplesOf(other), samplesOf(row)));
  return pairCache.get(key);
};
// Two devices may have one name.
const isAcross = (row, other) => rows.uuid[row] !== rows.uuid[other];
// A row's ratio to a baseline: a contender's number, or -1 for what the record compares with.
const ratioTo = (row, baseline) => {
  const place = places[row];
  if (place < 0) return null;
  if (baseline < 0)
    return isNumber(timed.ratio[place]) ? {
      ...intervalOf(row, "ratio"),
      over: word(timed.baseline[place]),
      across: timed.across[place] === 1
    } :
                                          null;
  const other = rowOf(rows.case[row], baseline, rows.hot[row]);
  if (other < 0 || !isOk[row] || !isOk[other]) return null;
  return {...speedOver(row, other), over: contenders[baseline], across: isAcross(row, other)};
};

// Of a case: the rows whose interval reaches that of the fastest, which comes first.
const leadersOf = (one, hot) => {
  const fast = [];
  for (let contender = 0; contender < contenders.length; ++contender) {
    const row = rowOf(one, contender, hot);
    if (isTimed(row)) fast.push(row);
  }
  fast.sort((a, b) => timeOf(a).median - timeOf(b).median || a - b);
  if (fast.length === 0) return {front: [], of: 0};
  const high = timeOf(fast[0]).high;
  return {front: fast.filter((row, i) => i === 0 || !(high < timeOf(row).low)), of: fast.length};
};

// Networks by name: of each record that has it, its layers {case: times} and totals.
const networks = new Map();
records.forEach((record, number) => {
  for (const network of record.networks) {
    if (!networks.has(network.name)) networks.set(network.name, []);
    networks.get(network.name).push({record: number, ...network, layers: new Map(network.layers)});
  }
});
const isLayerOf = (one, name) =>
    networks.has(name) && networks.get(name).some((network) => network.layers.has(one));

// Okabe and Ito's colours, and a shape each, so that no colour is the only sign.
const palette = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c8c"];
const colourOf = (contender) => palette[contender % palette.length];
const symbolOf = (contender) =>
    d3.symbols[(contender + Math.floor(contender / palette.length)) % d3.symbols.length];
const anyHot = rows.hot.includes(1), anyCold = rows.hot.includes(0);
