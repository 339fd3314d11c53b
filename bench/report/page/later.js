// Sections that are there only where their data is: id, name, whether it is, what draws it.
const laterSections = [
  ["ceiling", "Ceilings", () => false, null],
  ["sweeps", "Sweeps", () => false, null],
  ["networks", "Networks", () => false, null],
  ["races", "Verdicts", () => false, null],
  ["history", "History", () => false, null],
  ["meaning", "Meaning", () => false, null],
];
