#include "bench/judge/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include "bench/judge/arrays.h"
#include "kernels/types.h"

namespace poolbench {
namespace {

struct Word {
  int line;
  std::string text;
};
// The words after a key, up to the next key.
struct Section {
  int line = 0;
  std::vector<Word> words;
};
using Sections = std::map<std::string, Section>;

constexpr const char* kKeys[] = {"problem", "input", "output", "indices"};

template <class... Args>
[[noreturn]] void refuse(const std::string& file, int line, fmt::format_string<Args...> format,
                         Args&&... args) {
  throw BadInput(
      fmt::format("{}:{}: {}", file, line, fmt::format(format, std::forward<Args>(args)...)));
}

Sections read_sections(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) throw BadInput(fmt::format("golden file '{}': cannot be read", file));
  Sections sections;
  Section* section = nullptr;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    std::istringstream words(line);
    for (std::string word; words >> word && word[0] != '#';) {
      if (word.back() != ':') {
        if (section == nullptr)
          refuse(file, number, "'{}' stands before the first key; the keys are {}", word,
                 fmt::join(kKeys, ":, "));
        section->words.push_back({number, word});
        continue;
      }
      word.pop_back();
      if (std::find(std::begin(kKeys), std::end(kKeys), word) == std::end(kKeys))
        refuse(file, number, "'{}:' is an unknown key; the keys are {}", word,
               fmt::join(kKeys, ":, "));
      if (sections.contains(word)) refuse(file, number, "{}: is given twice", word);
      section = &sections[word];
      section->line = number;
    }
  }
  return sections;
}

const Section& require(const std::string& file, const Sections& sections, const char* key) {
  const auto found = sections.find(key);
  if (found == sections.end()) throw BadInput(fmt::format("{}: has no {}:", file, key));
  return found->second;
}

template <class Number>
Number parse_word(const std::string& file, const Word& word, std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    refuse(file, word.line, "'{}' is not a {}number", word.text,
           std::is_integral_v<Number> ? "whole " : "");
  return value;
}

// Returns half a unit of the last digit of a rounded number, `~5.333`.
double half_unit(const std::string& file, const Word& word) {
  const size_t point = word.text.find('.');
  if (point == std::string::npos ||
      word.text.find_first_not_of("~-.0123456789") != std::string::npos)
    refuse(file, word.line, "'{}': a rounded number is written ~DIGITS.DIGITS", word.text);
  return 0.5 * std::pow(10.0, -double(word.text.size() - point - 1));
}

void check_count(const std::string& file, const char* key, const Section& section,
                 int64_t expected) {
  if (static_cast<int64_t>(section.words.size()) != expected)
    refuse(file, section.line, "{}: has {} numbers, the problem has {}", key, section.words.size(),
           expected);
}

Golden read_file(const std::string& file) {
  const Sections sections = read_sections(file);
  Golden golden;
  golden.file = file;

  const Section& problem = require(file, sections, "problem");
  if (problem.words.size() != 1)
    refuse(file, problem.line, "problem: is one word, not {}", problem.words.size());
  try {
    golden.problem = parse_problem(problem.words[0].text);
  } catch (const BadInput& error) {
    refuse(file, problem.words[0].line, "{}", error.what());
  }

  const auto number = [&](const Word& word, std::string_view text) {
    const DType dtype = golden.problem.dtype();
    const auto value = poolbench::number(dtype, text);
    if (!value) refuse(file, word.line, "'{}' is not a number", word.text);
    if (!holds(dtype, *value))
      refuse(file, word.line, "'{}' is not a number of type {}", word.text, token(dtype));
    return *value;
  };
  const Section& input = require(file, sections, "input");
  check_count(file, "input", input, golden.problem.src_count());
  for (const Word& word : input.words) golden.input.push_back(number(word, word.text));

  const Section& output = require(file, sections, "output");
  check_count(file, "output", output, golden.problem.dst_count());
  for (const Word& word : output.words) {
    const bool rounded = word.text.starts_with('~');
    golden.tolerance.push_back(rounded ? half_unit(file, word) : 0);
    golden.output.push_back(number(word, std::string_view(word.text).substr(rounded ? 1 : 0)));
  }

  const bool has_indices = sections.contains("indices");
  if (has_indices && !golden.problem.spec().indices)
    refuse(file, sections.at("indices").line, "indices: the problem has none; it lacks /idx");
  if (!golden.problem.spec().indices) return golden;
  const Section& indices = require(file, sections, "indices");
  check_count(file, "indices", indices, golden.problem.dst_count());
  for (const Word& word : indices.words)
    golden.indices.push_back(parse_word<int64_t>(file, word, word.text));
  return golden;
}

}  // namespace

std::vector<Golden> read_golden(const std::string& file_or_dir) {
  std::error_code error;
  if (!std::filesystem::is_directory(file_or_dir, error)) return {read_file(file_or_dir)};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(file_or_dir))
    if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
  if (files.empty())
    throw BadInput(fmt::format("golden folder '{}': no .txt file in it", file_or_dir));
  std::sort(files.begin(), files.end());
  std::vector<Golden> all;
  for (const auto& file : files) all.push_back(read_file(file));
  return all;
}

std::vector<std::byte> golden_src(const Golden& golden) {
  return encode(golden.problem.dtype(), golden.input);
}

Comparison compare_golden(const Golden& golden, const void* dst, const int64_t* indices) {
  const Problem& problem = golden.problem;
  const std::vector<std::byte> src = golden_src(golden);
  const Reference reference(problem, src.data());
  const Extents out = problem.dst();
  const int64_t plane_size = out[0] * out[1] * out[2];
  const bool channels_last = problem.layout() == Layout::kChannelsLast;
  Comparison comparison;
  comparison.outputs = problem.dst_count();
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (int64_t at = 0; at < comparison.outputs; ++at) {
      const int64_t pixel = channels_last ? at / problem.c() % plane_size : at % plane_size;
      const int64_t n = at / (plane_size * problem.c());
      const int64_t c = channels_last ? at % problem.c() : at / plane_size % problem.c();
      const Extents o = {pixel / (out[1] * out[2]), pixel / out[2] % out[1], pixel % out[2]};
      // The golden number replaces the reference's value; its tolerance remains.
      Expected expected = reference.at(n * problem.c() + c, o);
      T element;
      memcpy(&element, static_cast<const T*>(dst) + at, sizeof(T));
      const auto got = static_cast<long double>(load(element));
      expected.value = golden.output[at];
      expected.equal = false;  // their quotient is the reference's value
      if (const long double near = golden.tolerance[at]; near > 0 && std::isfinite(got))
        expected.value = std::clamp(got, golden.output[at] - near, golden.output[at] + near);
      if (std::is_integral_v<T>) expected.integer = std::llrint(golden.output[at]);
      expected.index = golden.indices.empty() ? -1 : golden.indices[at];
      const int64_t got_index = indices != nullptr ? indices[at] : -1;
      const Judgement j = judge(problem, expected, &element, got_index);
      ++comparison.checked;
      comparison.out_of_range += j.out_of_range;
      if (j.right) {
        comparison.max_ulp = std::max(comparison.max_ulp, j.ulp);
        comparison.max_error = std::max(comparison.max_error, j.error());
        continue;
      }
      comparison.add_wrong({n, c, o, double(golden.output[at]), double(got), expected.index,
                            got_index, j.ulp, j.allowed});
    }
  });
  return comparison;
}

}  // namespace poolbench
