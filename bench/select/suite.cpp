#include "bench/select/suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unordered_set>

#include "kernels/reduce.h"

namespace poolbench {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string_view without_comment(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
    if (at == 0 || kBlanks.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  return line;
}

int64_t range_number(std::string_view range, std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    throw BadInput(
        fmt::format("sweep: '{}' in '{}' is not a whole number of 64 bits; "
                    "FIRST..LAST, FIRST..LAST:+STEP or FIRST..LAST:*FACTOR",
                    text, range));
  return value;
}

void add_range(std::string_view range, size_t dots, std::vector<std::string>& alternatives) {
  const size_t colon = range.find(':');
  const int64_t first = range_number(range, range.substr(0, dots));
  const int64_t last = range_number(range, range.substr(dots + 2, colon - dots - 2));
  char kind = '+';
  int64_t step = 1;
  if (colon != std::string_view::npos) {
    kind = colon + 1 < range.size() ? range[colon + 1] : ' ';
    if (kind != '+' && kind != '*')
      throw BadInput(fmt::format("sweep: the step of '{}' must be :+STEP or :*FACTOR", range));
    step = range_number(range, range.substr(colon + 2));
  }
  if (first > last)
    throw BadInput(
        fmt::format("sweep: '{}' runs downwards; write the smaller number first", range));
  if (kind == '*' ? first < 1 || step < 2 : step < 1)
    throw BadInput(
        fmt::format("sweep: '{}' would not end; +STEP is 1 or more, *FACTOR 2 or more "
                    "from 1 or more upwards",
                    range));
  for (int64_t value = first; value <= last;) {
    alternatives.push_back(fmt::format("{}", value));
    if (alternatives.size() > kMaxSweep)
      throw BadInput(fmt::format("sweep: '{}' has more than {} numbers", range, kMaxSweep));
    if (kind == '*' ? __builtin_mul_overflow(value, step, &value)
                    : __builtin_add_overflow(value, step, &value))
      break;
  }
}

// The text between two braces.
std::vector<std::string> alternatives(std::string_view body) {
  std::vector<std::string> result;
  for (size_t begin = 0; begin <= body.size();) {
    const size_t end = std::min(body.find(',', begin), body.size());
    const auto item = body.substr(begin, end - begin);
    if (const size_t dots = item.find(".."); dots != std::string_view::npos)
      add_range(item, dots, result);
    else
      result.emplace_back(item);
    begin = end + 1;
  }
  return result;
}

const SuiteText* find_embedded(std::string_view name) {
  for (const auto& suite : embedded_suites())
    if (suite.name == name) return &suite;
  return nullptr;
}

std::string read_file(const std::string& file) {
  std::error_code ignored;
  std::ifstream stream;
  if (!std::filesystem::is_directory(file, ignored)) stream.open(file, std::ios::binary);
  if (stream.is_open()) return std::string(std::istreambuf_iterator<char>(stream), {});
  std::vector<std::string_view> names;
  for (const auto& suite : embedded_suites()) names.push_back(suite.name);
  throw BadInput(fmt::format("suite '{}': neither a built-in suite ({}) nor a readable file", file,
                             fmt::join(names, ", ")));
}

constexpr ProblemDefaults kAnyDefaults = {DType::kF32, Layout::kChannelsFirst};

bool leaves_type_out(const std::string& text) {
  ProblemDefaults defaults = kAnyDefaults;
  if (parse_problem(text, defaults).dtype() != DType::kF32) return false;
  defaults.dtype = DType::kF64;
  return parse_problem(text, defaults).dtype() == DType::kF64;
}

// A line of a suite, with what stands around its problems.
struct Line {
  std::string_view problems;
  int64_t times = 1;
  size_t network = 0;  // that has this line, counted from 1
};

// Takes " xK" from a line's end. Throws BadInput.
int64_t take_times(std::string_view& line) {
  const size_t blank = line.find_last_of(kBlanks);
  if (blank == line.npos) return 1;
  const auto word = line.substr(blank + 1);
  int64_t times = 0;
  if (word[0] == 'x') {
    const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), times);
    if (error != std::errc() || end != word.data() + word.size()) times = 0;
  }
  if (times < 1 || times > kMaxTimes)
    throw BadInput(
        fmt::format("'{}' is behind the problem; xK means K times in its network, K of 1 to {}",
                    word, kMaxTimes));
  line = trim(line.substr(0, blank));
  return times;
}

// Reads a line: a network's name, layers that are missing, or problems, which are returned.
std::optional<Line> read_line(std::string_view text, std::vector<Network>& networks) {
  const auto word = text.substr(0, text.find_first_of(kBlanks));
  if (word == "network") {
    networks.push_back({std::string(trim(text.substr(word.size()))), {}, 0});
    if (networks.back().name.empty()) throw BadInput("network: has no name");
    return std::nullopt;
  }
  Line line{text, 1, networks.size()};
  if (line.problems.find_first_of(kBlanks) != text.npos) {
    line.times = take_times(line.problems);
    if (networks.empty()) throw BadInput("xK is for a layer of a network, and none has begun");
  }
  if (line.problems != "missing") return line;
  if (networks.empty()) throw BadInput("missing: no network has begun");
  networks.back().missing += line.times;
  return std::nullopt;
}

// Returns a network as the lines have it with these options.
Network network_of(const Network& named, size_t number, const std::vector<Line>& lines,
                   const SuiteOptions& options) {
  Network network = named;
  for (const Line& line : lines) {
    if (line.network != number) continue;
    const auto problems = expand_line(line.problems, options);
    for (const Problem& problem : problems) add_layer(network, {problem, line.times});
    if (problems.empty()) network.missing += line.times;
  }
  return network;
}

// Calls visit(options, name) for each type, layout and batch, which it names where there are more.
template <class Visit>
void for_each_combination(const SuiteOptions& options, const Visit& visit) {
  SuiteOptions one = options;
  for (const DType dtype : options.dtypes)
    for (const Layout layout : options.layouts)
      for (size_t i = 0; i < std::max<size_t>(options.batches.size(), 1); ++i) {
        std::string name;
        if (options.dtypes.size() > 1) name += fmt::format(" {}", token(dtype));
        if (options.layouts.size() > 1) name += fmt::format(" {}", token(layout));
        if (options.batches.size() > 1) name += fmt::format(" n:{}", options.batches[i]);
        one.dtypes = {dtype};
        one.layouts = {layout};
        if (!options.batches.empty()) one.batches = {options.batches[i]};
        visit(one, name);
      }
}

void add_networks(const std::vector<Network>& named, const std::vector<Line>& lines,
                  const SuiteOptions& options, std::vector<Network>& networks) {
  for (size_t i = 0; i < named.size(); ++i) {
    std::vector<std::pair<std::string, Network>> made;
    for_each_combination(options, [&](const SuiteOptions& one, const std::string& name) {
      Network network = network_of(named[i], i + 1, lines, one);
      const bool again = std::ranges::any_of(
          made, [&](const auto& other) { return other.second.layers == network.layers; });
      if (!network.layers.empty() && !again) made.emplace_back(name, std::move(network));
    });
    for (auto& [name, network] : made) {
      if (made.size() > 1) network.name += name;
      networks.push_back(std::move(network));
    }
  }
}

// Calls visit(line number, line without comment) for each line that has more than a comment.
template <class Visit>
void for_each_line(std::string_view text, const Visit& visit) {
  int number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const auto line = trim(without_comment(text.substr(begin, end - begin)));
    ++number;
    if (!line.empty()) visit(number, line);
    begin = end + 1;
  }
}

}  // namespace

std::vector<std::string> expand_sweep(std::string_view line) {
  std::vector<std::string> results = {""};
  for (size_t at = 0; at < line.size();) {
    const size_t open = std::min(line.find_first_of("{}", at), line.size());
    for (auto& result : results) result += line.substr(at, open - at);
    if (open == line.size()) break;
    const size_t close = line.find_first_of("{}", open + 1);
    if (line[open] == '}' || close == std::string_view::npos || line[close] == '{')
      throw BadInput(
          fmt::format("sweep: the brace at column {} of '{}' has no partner", open + 1, line));
    const auto choices = alternatives(line.substr(open + 1, close - open - 1));
    if (results.size() * choices.size() > kMaxSweep)
      throw BadInput(fmt::format("sweep: '{}' comes to more than {} problems", line, kMaxSweep));
    std::vector<std::string> longer;
    longer.reserve(results.size() * choices.size());
    for (const auto& result : results)
      for (const auto& choice : choices) longer.push_back(result + choice);
    results = std::move(longer);
    at = close + 1;
  }
  return results;
}

std::vector<Problem> expand_line(std::string_view line, const SuiteOptions& options) {
  std::vector<Problem> problems;
  const auto add = [&](Problem problem) {
    if (!options.max_bytes || problem.tensor_bytes() <= *options.max_bytes)
      problems.push_back(std::move(problem));
  };
  for (const auto& text : expand_sweep(line)) {
    const bool typeless = leaves_type_out(text);
    const bool extreme = is_extreme(parse_problem(text, kAnyDefaults).spec().reduction);
    for (const DType dtype : options.dtypes) {
      if (typeless && !facts(dtype).has_sums() && !extreme) continue;
      for (const Layout layout : options.layouts) {
        const Problem problem =
            parse_problem(text, {typeless ? std::optional(dtype) : std::nullopt, layout});
        if (options.batches.empty()) add(problem);
        for (const int64_t batch : options.batches)
          add(problem.with([&](Description& d) { d.n = batch; }));
      }
    }
  }
  drop_duplicates(problems);
  return problems;
}

std::vector<Problem> read_suite(const std::string& name_or_file, const SuiteOptions& options,
                                std::vector<Network>* networks) {
  const SuiteText* const embedded = find_embedded(name_or_file);
  const std::string file =
      embedded ? fmt::format("bench/suites/{}.txt", embedded->name) : name_or_file;
  const std::string text = embedded ? std::string(embedded->text) : read_file(file);
  std::vector<Problem> problems;
  std::vector<Network> named;
  std::vector<Line> lines;
  for_each_line(text, [&](int number, std::string_view line) {
    try {
      const auto read = read_line(line, named);
      if (!read) return;
      lines.push_back(*read);
      std::ranges::move(expand_line(read->problems, options), std::back_inserter(problems));
    } catch (const BadInput& error) {
      throw BadInput(fmt::format("{}:{}: {}", file, number, error.what()));
    }
  });
  if (problems.empty())
    throw BadInput(lines.empty()
                       ? fmt::format("{}: no problem in it; one a line is expected", file)
                       : fmt::format("{}: none of its {} lines is left by the asked-for types and "
                                     "sizes",
                                     file, lines.size()));
  drop_duplicates(problems);
  if (networks != nullptr) add_networks(named, lines, options, *networks);
  return problems;
}

void drop_duplicates(std::vector<Problem>& problems) {
  std::unordered_set<std::string> seen;
  std::erase_if(problems,
                [&](const Problem& problem) { return !seen.insert(to_text(problem)).second; });
}

std::vector<SuiteInfo> suite_names() {
  std::vector<SuiteInfo> infos;
  for (const auto& suite : embedded_suites()) {
    auto first = suite.text.substr(0, suite.text.find('\n'));
    first.remove_prefix(std::min(first.find_first_not_of("# \t"), first.size()));
    infos.push_back({std::string(suite.name), std::string(trim(first))});
  }
  return infos;
}

}  // namespace poolbench
