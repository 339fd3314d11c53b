// The matrix of what implementations disagree about: its questions, its cells, what has changed.
#include "bench/report/disagreements.h"

#include <nlohmann/json.hpp>
#include <set>

#include "bench/judge/arrays.h"
#include "bench/judge/questions.h"
#include "bench/select/suite.h"
#include "tests/support.h"
#include "tests/text_files.h"

namespace poolbench {
namespace {

using Matrix = nlohmann::ordered_json;

TEST(Questions, are_problems_in_both_layouts_with_one_input_and_one_answer) {
  std::set<std::string_view> names;
  for (const Question& question : all_questions()) {
    SCOPED_TRACE(question.name);
    EXPECT_TRUE(names.insert(question.name).second);
    const std::vector<Problem> problems = expand_line(question.problem);
    ASSERT_EQ(problems.size(), 2u);
    std::set<std::string> answers;
    for (const Problem& problem : problems)
      answers.insert(
          numbers_of(problem, answer(problem, src_of_numbers(question.input, problem).data())));
    EXPECT_EQ(answers.size(), 1u);
  }
}

Matrix matrix_of(const std::vector<Answered>& answers) {
  return disagreements_json({{"ort", "1.32"}}, answers);
}

// The cell of a question with these answers in the two layouts.
Matrix cell_of(const Answered& first, const Answered& last) {
  return matrix_of({first, last})["questions"][0]["cells"]["ort"];
}

Answered gave(const std::string& text, const std::string& status = "ok",
              const std::vector<std::string>& rules = {}) {
  return {std::string(all_questions().front().name), "ort", status, text, "", rules};
}
Answered refused(const std::string& reason) {
  return {std::string(all_questions().front().name), "ort", "refused", "", reason, {}};
}

TEST(Disagreements, a_cell_has_the_answers_of_both_layouts) {
  EXPECT_EQ(cell_of(gave("1"), gave("1"))["text"], "1");
  const Matrix apart = cell_of(gave("nan"), gave("1", "differs", {"drops: it does"}));
  EXPECT_EQ(apart["text"], "nan; channels last 1");
  EXPECT_EQ(apart["status"], "differs");
  EXPECT_EQ(apart["rules"], Matrix({"drops: it does"}));
  EXPECT_EQ(cell_of(gave("2"), refused("ort: layout: no nhwc"))["text"], "2");
  EXPECT_EQ(cell_of(gave("1", "WRONG"), gave("nan"))["status"], "WRONG");
}

TEST(Disagreements, a_refusal_is_the_one_that_says_most) {
  for (const bool swapped : {false, true}) {
    const Answered layout = refused("ort: layout: no nhwc"), type = refused("ort: type: no f16");
    const Matrix cell = swapped ? cell_of(type, layout) : cell_of(layout, type);
    EXPECT_EQ(cell["text"], "refused: type");
    EXPECT_EQ(cell["reason"], "ort: type: no f16");
  }
}

TEST(Disagreements, markdown_marks_what_differs_and_says_why) {
  const std::string text = disagreements_markdown(
      matrix_of({gave("1", "differs", {"drops: it | does"})}), {"something has changed"});
  EXPECT_TRUE(has(text, "| ort 1.32 |"));
  EXPECT_TRUE(has(text, "| nan | **1** |"));
  EXPECT_TRUE(has(text, "- ort 1.32: drops: it | does (max_nan_first)"));
  EXPECT_TRUE(has(text, "- something has changed"));
  Answered wrong = gave("1", "WRONG");
  wrong.reason = "1 of 1";
  EXPECT_TRUE(has(disagreements_markdown(matrix_of({wrong}), {}),
                  "- ort 1.32: **unexplained**: 1 of 1 (max_nan_first)"));
  EXPECT_TRUE(has(disagreements_markdown(matrix_of({gave("nan")}), {}), "| nan | nan |"));
}

TEST(Disagreements, changed_cells_are_named_with_both_versions) {
  const Matrix now = matrix_of({gave("1", "differs")});
  EXPECT_TRUE(changed_cells(now, now).empty());
  Matrix before = now;
  before["contenders"][0]["version"] = "1.31";
  EXPECT_TRUE(changed_cells(now, before).empty()) << "another version is no other answer";
  before["questions"][0]["cells"]["ort"]["text"] = "nan";
  const auto changes = changed_cells(now, before);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0],
            "max_nan_first: ort 1.31 gave 'nan' (differs), and ort 1.32 gives '1' (differs)");
  before["contenders"][0]["name"] = "other";
  EXPECT_EQ(changed_cells(now, before),
            (std::vector<std::string>{"ort 1.32 is new", "other 1.31 is not there any more"}));
  before = now;
  before["questions"][1]["input"] = "1 1";
  EXPECT_EQ(changed_cells(now, before), std::vector<std::string>{"max_nan_last is a new question"});
}

}  // namespace
}  // namespace poolbench
