// The statistics of bench/time/interval.h and bench/report/glance.h, for what is chosen on the
// page.

// In place. A block's dozen samples are sorted faster like this than by the browser.
const sortFew = (values) => {
  for (let i = 1; i < values.length; ++i) {
    const value = values[i];
    let at = i - 1;
    for (; at >= 0 && values[at] > value; --at) values[at + 1] = values[at];
    values[at + 1] = value;
  }
  return values;
};

// A median with its 95 % interval, from order statistics.
const medianInterval = (samples) => {
  const n = samples.length;
  if (n === 0) return {median: NaN, low: NaN, high: NaN};
  const sorted = n < 40 ? sortFew(Float64Array.from(samples)) : Float64Array.from(samples).sort();
  const median = n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  const rank = data.ranks[n];
  return rank === 0 ? {median, low: NaN, high: NaN} :
                      {median, low: sorted[rank - 1], high: sorted[n - rank]};
};

const median = (values) => medianInterval(values.filter(isNumber)).median;

// One series over another, block by block.
const quotient = (above, below) => {
  const n = Math.min(above.length, below.length), quotients = new Float64Array(n);
  for (let i = 0; i < n; ++i) quotients[i] = above[i] / below[i];
  return medianInterval(quotients);
};

class GeometricMean {
  constructor() {
    this.logs = 0;
    this.below = 0;
    this.above = 0;
    this.count = 0;
  }
  add(value) {
    if (!(value.median > 0)) return;
    this.logs += Math.log(value.median);
    this.below += Math.log(value.median / value.low) ** 2;
    this.above += Math.log(value.high / value.median) ** 2;
    this.count += 1;
  }
  interval() {
    if (this.count === 0) return {median: NaN, low: NaN, high: NaN};
    const mean = this.logs / this.count;
    return {
      median: Math.exp(mean),
      low: Math.exp(mean - Math.sqrt(this.below) / this.count),
      high: Math.exp(mean + Math.sqrt(this.above) / this.count),
    };
  }
}
