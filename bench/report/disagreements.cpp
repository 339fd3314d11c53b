#include "bench/report/disagreements.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/judge/arrays.h"
#include "bench/judge/questions.h"
#include "bench/select/suite.h"
#include "bench/text.h"
#include "host/answer.h"

namespace poolbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;
constexpr const char* kMissing = "MISSING";

std::string by_the_spec(const Question& question) {
  const Problem problem = expand_line(question.problem).front();
  return numbers_of(problem, answer(problem, src_of_numbers(question.input, problem).data()));
}

// "onnxruntime: idx: ONNX has no such pooling" of onnxruntime: "idx".
std::string parameter_of(const Answered& refused) {
  std::string reason = refused.reason;
  const std::string backend = refused.contender.substr(0, refused.contender.find('.')) + ": ";
  if (reason.starts_with(backend)) reason.erase(0, backend.size());
  return reason.substr(0, reason.find(':'));
}

// The answers in both layouts as one: they are one answer where they agree or one is missing.
Json cell_of(const std::vector<const Answered*>& layouts) {
  Json cell = {{"text", kMissing}, {"status", kMissing}, {"rules", Json::array()}, {"reason", ""}};
  std::vector<std::string> texts;
  const Answered* missing = nullptr;  // one that says more than that there is no such layout
  for (const Answered* one : layouts) {
    if (one->text.empty()) {
      if (missing == nullptr || parameter_of(*missing) == "layout") missing = one;
      continue;
    }
    if (std::ranges::count(texts, one->text) == 0) texts.push_back(one->text);
    if (texts.size() == 1 || one->status != "ok") {
      cell["status"] = one->status;
      cell["reason"] = one->reason;
      if (!one->rules.empty()) cell["rules"] = one->rules;
    }
  }
  if (!texts.empty()) {
    cell["text"] = fmt::format("{}", fmt::join(texts, "; channels last "));
  } else if (missing != nullptr) {
    cell["status"] = missing->status;
    cell["reason"] = missing->reason;
    cell["text"] =
        missing->status == "refused" ? "refused: " + parameter_of(*missing) : missing->status;
  }
  return cell;
}

bool is_off(const Json& cell) {
  const std::string status = cell.at("status");
  return status != "ok" && status != "refused" && status != kMissing;
}

std::string name_of(const Json& contender) {
  const std::string name = contender.at("name"), version = contender.at("version");
  return version.empty() ? name : fmt::format("{} {}", name, version);
}

// The contenders' rules: each with the questions that it answers.
std::string rules_text(const Json& matrix) {
  std::string text;
  for (const Json& contender : matrix.at("contenders")) {
    const std::string name = contender.at("name");
    std::map<std::string, std::vector<std::string>> rules;
    for (const Json& question : matrix.at("questions")) {
      const Json& cell = question.at("cells").at(name);
      for (const Json& rule : cell.at("rules"))
        rules[rule.get<std::string>()].push_back(question.at("name"));
      if (is_off(cell) && cell.at("rules").empty())
        rules[fmt::format("**unexplained**: {}", cell.at("reason").get<std::string>())].push_back(
            question.at("name"));
    }
    for (const auto& [rule, questions] : rules)
      text += fmt::format("- {}: {} ({})\n", name_of(contender), rule, fmt::join(questions, ", "));
  }
  return text.empty() ? "" : "\nWhy, where a cell is not what the spec says:\n\n" + text;
}

const Json* find(const Json& list, const std::string& name) {
  for (const Json& one : list)
    if (one.at("name") == name) return &one;
  return nullptr;
}

}  // namespace

Json disagreements_json(const std::vector<std::pair<std::string, std::string>>& versions,
                        const std::vector<Answered>& answers) {
  Json matrix = {
      {"disagreements", kSchema}, {"contenders", Json::array()}, {"questions", Json::array()}};
  for (const auto& [name, version] : versions)
    matrix["contenders"].push_back({{"name", name}, {"version", version}});
  for (const Question& question : all_questions()) {
    Json row = {{"name", question.name},         {"asks", question.asks},
                {"problem", question.problem},   {"input", question.input},
                {"spec", by_the_spec(question)}, {"cells", Json::object()}};
    for (const auto& [name, version] : versions) {
      std::vector<const Answered*> layouts;
      for (const Answered& one : answers)
        if (one.question == question.name && one.contender == name) layouts.push_back(&one);
      row["cells"][name] = cell_of(layouts);
    }
    matrix["questions"].push_back(std::move(row));
  }
  return matrix;
}

Json read_disagreements(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) throw BadInput(file + ": cannot be read");
  try {
    Json matrix = Json::parse(stream);
    changed_cells(matrix, matrix);  // throws where something is missing
    if (matrix.at("disagreements") == kSchema) return matrix;
  } catch (const Json::exception&) {
  }
  throw BadInput(file + ": is not what `check --disagreements FILE.json` writes");
}

std::vector<std::string> changed_cells(const Json& now, const Json& before) {
  std::vector<std::string> changes;
  for (const Json& contender : now.at("contenders")) {
    const Json* old = find(before.at("contenders"), contender.at("name"));
    if (old == nullptr) changes.push_back(name_of(contender) + " is new");
  }
  for (const Json& contender : before.at("contenders"))
    if (find(now.at("contenders"), contender.at("name")) == nullptr)
      changes.push_back(name_of(contender) + " is not there any more");
  for (const Json& question : now.at("questions")) {
    const std::string name = question.at("name");
    const Json* old = find(before.at("questions"), name);
    if (old == nullptr || old->at("problem") != question.at("problem") ||
        old->at("input") != question.at("input")) {
      changes.push_back(name + " is a new question");
      continue;
    }
    for (const Json& contender : now.at("contenders")) {
      const std::string who = contender.at("name");
      const Json* as_it_was = find(before.at("contenders"), who);
      if (as_it_was == nullptr || !old->at("cells").contains(who)) continue;
      const Json &cell = question.at("cells").at(who), &was = old->at("cells").at(who);
      if (cell.at("text") == was.at("text") && cell.at("status") == was.at("status")) continue;
      changes.push_back(fmt::format("{}: {} gave '{}' ({}), and {} gives '{}' ({})", name,
                                    name_of(*as_it_was), was.at("text").get<std::string>(),
                                    was.at("status").get<std::string>(), name_of(contender),
                                    cell.at("text").get<std::string>(),
                                    cell.at("status").get<std::string>()));
    }
  }
  return changes;
}

std::string disagreements_markdown(const Json& matrix, const std::vector<std::string>& changes) {
  std::string text =
      "# What implementations of pooling disagree about\n\n"
      "Each row is a question with its smallest problem, in both layouts. A cell is what came out; "
      "in bold where\nthat is not what [host/spec.md](../host/spec.md) says. To see one:\n\n"
      "    poolbench eval --problem PROBLEM --input 'INPUT' --backend NAME\n\n| question | problem "
      "| "
      "input | spec |";
  std::string line = "\n| --- | --- | --- | --- |";
  for (const Json& contender : matrix.at("contenders")) {
    text += fmt::format(" {} |", name_of(contender));
    line += " --- |";
  }
  text += line + "\n";
  for (const Json& question : matrix.at("questions")) {
    text += fmt::format(
        "| {}: {} | `{}` | `{}` | {} |", question.at("name").get<std::string>(),
        question.at("asks").get<std::string>(), question.at("problem").get<std::string>(),
        question.at("input").get<std::string>(), question.at("spec").get<std::string>());
    for (const Json& contender : matrix.at("contenders")) {
      const Json& cell = question.at("cells").at(contender.at("name").get<std::string>());
      const std::string words = markdown_cell(cell.at("text"));
      text += is_off(cell) ? fmt::format(" **{}** |", words) : fmt::format(" {} |", words);
    }
    text += "\n";
  }
  text += rules_text(matrix);
  if (!changes.empty()) text += "\nWhat has changed:\n\n";
  for (const std::string& change : changes) text += fmt::format("- {}\n", change);
  return text;
}

}  // namespace poolbench
