// What implementations answer to questions on which they disagree: rule by engine and version.

const isOff = (cell) => !["ok", "refused", "MISSING"].includes(cell.status);

const meaningCell = (cell) => {
  const off = isOff(cell), refused = cell.status === "refused" || cell.status === "MISSING";
  return el(
      "td", {
        class: off  ? "off" :
            refused ? "refused" :
                      "",
        title: [cell.reason, ...cell.rules].filter(Boolean).join("\n") || null
      },
      off ? "≠ " : "", foreign(clip(cell.text, 120)));
};

let onlyDiffering = false;
const drawMeaning = () => {
  const section = cleared("meaning"), {contenders: who, questions} = data.disagreements;
  const label = (one) => (one.version ? `${one.name} ${one.version.split("-")[0]}` : one.name);
  const empty = {text: "–", status: "MISSING", rules: [], reason: ""};
  const cellOfAnswer = (question, one) => ({...empty, ...question.cells[one.name]});
  const list = questions.filter(
      (question) => !onlyDiffering || who.some((one) => isOff(cellOfAnswer(question, one))));
  const columns = ["question", "asks", "problem", "input", "spec", ...who.map(label)];
  const tick = el("input", {
    type: "checkbox",
    onchange: (event) => {
      onlyDiffering = event.target.checked;
      drawMeaning();
      byId("meaning").querySelector("input").focus();
    }
  });
  tick.checked = onlyDiffering;
  section.append(
      el("p", {},
         "Each line is a question with its smallest problem. A cell is what came out; ≠ where " +
             "that is not what the spec says; point at it for the rule."),
      el("p", {class: "tools"}, el("label", {}, tick, " only where somebody differs"),
         csvButton(
             "meaning.csv", columns,
             () => questions.map(
                 (question) =>
                     [question.name, question.asks, question.problem, question.input, question.spec,
                      ...who.map((one) => cellOfAnswer(question, one).text)]))));
  const body =
      el("tbody", {},
         list.map(
             (question) =>
                 el("tr", {},
                    el("th", {scope: "row"}, foreign(question.asks),
                       el("span", {class: "sub problem"},
                          foreign(`${question.problem} of ${question.input}`))),
                    el("td", {}, foreign(question.spec)),
                    who.map((one) => meaningCell(cellOfAnswer(question, one))))));
  section.append(
      el("div", {class: "scroll lines", tabindex: "0", role: "region", "aria-label": "Meaning"},
         el("table", {class: "plain meaning"},
            el("thead", {},
               el("tr", {},
                  ["question, and its smallest problem", "spec", ...who.map(label)].map(
                      (name) => el("th", {scope: "col"}, foreign(clip(name, 60)))))),
            body)));
  const rules = new Map();
  for (const question of questions)
    for (const one of who) {
      const cell = cellOfAnswer(question, one);
      const why = cell.rules.length > 0 ? cell.rules :
          isOff(cell)                   ? [`unexplained: ${cell.reason}`] :
                                          [];
      for (const rule of why) {
        const key = `${label(one)}: ${rule}`;
        rules.set(key, [...(rules.get(key) ?? []), question.name]);
      }
    }
  section.append(
      el("details", {}, el("summary", {}, `Why: ${countText(rules.size, "rule")}`),
         el("ul", {},
            [...rules].map(
                ([rule, names]) =>
                    el("li", {}, foreign(clip(rule, 600)), ` (${names.join(", ")})`)))),
      el("p", {class: "command"}, "To see one: ",
         el("code", {}, "poolbench eval --problem PROBLEM --input 'INPUT' --backend NAME")));
};
