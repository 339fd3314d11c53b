#include "bench/select/benchdnn.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "bench/select/pattern.h"

namespace poolbench {
namespace {

using Texts = std::vector<std::string>;

template <class... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw BadInput(fmt::format(format, std::forward<Args>(args)...));
}

// oneDNN's names.
constexpr std::pair<std::string_view, DType> kTypeNames[] = {
    {"f64", DType::kF64}, {"f32", DType::kF32}, {"f16", DType::kF16}, {"bf16", DType::kBF16},
    {"s8", DType::kI8},   {"u8", DType::kU8},   {"s32", DType::kI32}};
constexpr std::pair<std::string_view, Reduction> kAlgorithms[] = {
    {"max", Reduction::kMax},
    {"pooling_max", Reduction::kMax},
    {"avg_np", Reduction::kAvgExcludePad},
    {"pooling_avg_exclude_padding", Reduction::kAvgExcludePad},
    {"avg_p", Reduction::kAvgIncludePad},
    {"pooling_avg_include_padding", Reduction::kAvgIncludePad}};
// By spatial axes, from 1.
constexpr std::string_view kChannelsFirst[][3] = {
    {"abx", "abc", "ncw"}, {"abx", "abcd", "nchw"}, {"abx", "abcde", "ncdhw"}};
constexpr std::string_view kChannelsLast[][3] = {
    {"axb", "acb", "nwc"}, {"axb", "acdb", "nhwc"}, {"axb", "acdeb", "ndhwc"}};

// Options that do not say what is computed.
constexpr std::string_view kOfNoMeaning[] = {"allow-enum-tags-only",
                                             "attr-deterministic",
                                             "attr-scratchpad",
                                             "canonical",
                                             "check-ref-impl",
                                             "cold-cache",
                                             "cpu-isa-hints",
                                             "ctx-exe",
                                             "ctx-init",
                                             "engine",
                                             "execution-mode",
                                             "fast-ref",
                                             "fix-times-per-prb",
                                             "global-impl",
                                             "impl",
                                             "max-ms-per-prb",
                                             "mem-check",
                                             "memory-kind",
                                             "mode",
                                             "mode-modifier",
                                             "num-streams",
                                             "perf-template",
                                             "repeats-per-prb",
                                             "skip-impl",
                                             "start",
                                             "stream-kind",
                                             "summary",
                                             "verbose"};

// Splits at commas. Empty parts are alternatives too.
Texts alternatives(std::string_view text) {
  Texts parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

int64_t whole(std::string_view key, std::string_view digits) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || value < 0 ||
      value > kMaxExtent)
    refuse("{}: '{}' is no whole number in [0, {}]", key, digits, kMaxExtent);
  return value;
}

// One axis of a descriptor, under its letters there.
struct Axis {
  int64_t i = 0, o = 0, k = 0, s = 1, p = -1, d = 0;
  int64_t p_end = 0;  // what brings o about; negative where the input's end is not read
  bool given() const { return i != 0 || k != 0 || o != 0 || s != 1 || p > 0; }
};

// Works out what the descriptor leaves out.
void complete(Axis& axis, char name) {
  const auto require = [&](char key, int64_t value) {
    if (value < 1) refuse("{}{}: is missing or less than 1", key, name);
  };
  require('i', axis.i);
  require('k', axis.k);
  require('s', axis.s);
  if (axis.k > kMaxExtent / (axis.d + 1)) refuse("k{}: {} is too large", name, axis.k);
  const int64_t dilated = (axis.k - 1) * (axis.d + 1) + 1;
  if (axis.o == 0) {
    axis.p = std::max<int64_t>(axis.p, 0);
    axis.o = (axis.i - dilated + 2 * axis.p) / axis.s + 1;
    require('o', axis.o);
  }
  if (axis.o > kMaxExtent / axis.s) refuse("o{}: {} is too large", name, axis.o);
  const int64_t all = (axis.o - 1) * axis.s - axis.i + dilated;
  if (axis.p < 0) axis.p = all / 2;
  axis.p_end = all - axis.p;
}

struct Descriptor {
  int64_t mb = 2, ic = 0;
  int rank = 0;
  Axis axis[3];  // d, h, w
};

constexpr std::string_view kAxisNames = "dhw";

int64_t* field_of(Descriptor& descriptor, std::string_view key) {
  if (key == "mb") return &descriptor.mb;
  if (key == "ic") return &descriptor.ic;
  constexpr std::pair<char, int64_t Axis::*> kFields[] = {{'i', &Axis::i}, {'o', &Axis::o},
                                                          {'k', &Axis::k}, {'s', &Axis::s},
                                                          {'p', &Axis::p}, {'d', &Axis::d}};
  for (const auto& [name, field] : kFields)
    for (int at = 0; at < 3; ++at)
      if (key.size() == 2 && key[0] == name && key[1] == kAxisNames[at])
        return &(descriptor.axis[at].*field);
  return nullptr;
}

Descriptor parse_descriptor(std::string_view text) {
  Descriptor result;
  for (auto rest = text; !rest.empty() && rest[0] != 'n';) {
    if (rest[0] == '_') {
      rest.remove_prefix(1);
      continue;
    }
    const auto key = rest.substr(0, 2);
    int64_t* const field = field_of(result, key);
    if (field == nullptr) refuse("'{}' is no key of a descriptor, as mb, ic and ih are", key);
    rest.remove_prefix(2);
    const auto digits = rest.substr(0, rest.find_first_not_of("-0123456789"));
    *field = whole(key, digits);
    rest.remove_prefix(digits.size());
  }
  if (result.ic < 1) refuse("ic: is missing or less than 1");
  const bool given[] = {result.axis[0].given(), result.axis[1].given(), result.axis[2].given()};
  for (int at = 0; at < 3; ++at)
    if (given[at]) complete(result.axis[at], kAxisNames[at]);
  // Axes that are left out are like the first one: a square, a cube.
  Axis* const axis = result.axis;
  if (given[0]) {
    if (given[1] != given[2]) refuse("with d, both h and w are given or neither");
    if (!given[1]) axis[1] = axis[2] = axis[0];
  } else if (given[1] && !given[2]) {
    axis[2] = axis[1];
  } else if (!given[2]) {
    refuse("has no axis; ih, or id, ih and iw");
  }
  result.rank = given[0] ? 3 : given[1] ? 2 : 1;
  return result;
}

// The options in force.
struct Settings {
  Texts dir = {"FWD_D"}, dt, tag, alg = {"max"}, mb = {"0"};
  std::map<std::string, Texts> attributes;
  Pattern match{"--match", ""};
};

struct Row {  // one combination of them
  std::string_view dir, dt, tag, alg;
  int64_t mb;
  std::string attribute;  // one that changes what is computed
};

DType type_of(std::string_view text) {
  const size_t colon = text.find(':');
  const auto src = text.substr(0, colon);
  if (colon != text.npos && text.substr(colon + 1) != src)
    refuse("dt: {}: input and output are of one type here", text);
  for (const auto& [name, type] : kTypeNames)
    if (name == src) return type;
  refuse("dt: {} is no type here", src);
}

Layout layout_of(std::string_view tag, int rank) {
  if (std::ranges::count(kChannelsFirst[rank - 1], tag)) return Layout::kChannelsFirst;
  if (std::ranges::count(kChannelsLast[rank - 1], tag)) return Layout::kChannelsLast;
  refuse("tag: {} is neither channels first nor channels last in {}D", tag, rank);
}

// Throws BadInput, which begins with the parameter that no problem can say.
Problem to_problem(const Descriptor& descriptor, const Row& row) {
  if (!row.dir.starts_with("FWD")) refuse("dir: {} is no forward pass", row.dir);
  if (!row.attribute.empty()) refuse("{}: only plain pooling is computed", row.attribute);
  Description problem;
  problem.dtype = type_of(row.dt);
  problem.layout = layout_of(row.tag, descriptor.rank);
  for (const auto& [name, reduction] : kAlgorithms)
    if (name == row.alg) problem.spec.reduction = reduction;
  if (problem.dtype == DType::kI32 && problem.spec.reduction != Reduction::kMax)
    refuse("dt: s32 is for max only");
  problem.rank = descriptor.rank;
  problem.n = row.mb != 0 ? row.mb : descriptor.mb;
  problem.c = descriptor.ic;
  for (int at = problem.first_axis(); at < 3; ++at) {
    const Axis& axis = descriptor.axis[at];
    const char name = kAxisNames[at];
    if (axis.p < 0) refuse("p: is negative on axis {}", name);
    if (-axis.p_end >= axis.s) refuse("o: leaves out windows that fit on axis {}", name);
    problem.src[at] = axis.i;
    problem.spec.kernel[at] = axis.k;
    problem.spec.stride[at] = axis.s;
    problem.spec.dilation[at] = axis.d + 1;
    problem.spec.pad_begin[at] = axis.p;
    problem.spec.pad_end[at] = std::max<int64_t>(axis.p_end, 0);
  }
  return Problem(problem);
}

class Reader {
 public:
  explicit Reader(const SuiteOptions& options) : options_(options) { reset(); }

  void read(const std::filesystem::path& file) {
    std::error_code ignored;
    for (const auto& other : open_)
      if (std::filesystem::equivalent(file, other, ignored))
        refuse("--batch: {} names itself, at last", file.string());
    std::ifstream stream;
    if (!std::filesystem::is_directory(file, ignored)) stream.open(file);
    if (!stream.is_open()) refuse("benchdnn list '{}': cannot be read", file.string());
    open_.push_back(file);
    std::vector<std::pair<std::string, int>> words;  // and the lines on which they begin
    bool goes_on = false;
    std::string line;
    for (int number = 1; std::getline(stream, line); ++number) {
      std::istringstream parts(line);
      for (std::string part; parts >> part && part[0] != '#';) {
        const bool marked = part.back() == '\\';  // the next part belongs to it
        if (marked) part.pop_back();
        if (!goes_on && !(marked && part.empty() && !words.empty())) words.emplace_back("", number);
        words.back().first += part;
        goes_on = marked;
      }
    }
    for (const auto& [word, number] : words)
      take(word, fmt::format("{}:{}", file.string(), number));
    open_.pop_back();
  }

  BenchdnnList list;

 private:
  void reset() {
    settings_ = {};
    for (const DType type : options_.dtypes)
      for (const auto& [name, value] : kTypeNames)
        if (value == type) settings_.dt.emplace_back(name);
    for (const Layout layout : options_.layouts)
      settings_.tag.emplace_back(layout == Layout::kChannelsFirst ? "abx" : "axb");
  }

  // A word is an option or a descriptor.
  void take(const std::string& word, const std::string& place) {
    if (word.starts_with("--batch=")) return read(beside(word.substr(8)));
    try {
      if (word.starts_with('-'))
        option(word);
      else if (settings_.match.matches(word))
        add(word);
    } catch (const BadInput& error) {
      refuse("{}: {}: {}", place, word, error.what());
    }
  }

  std::filesystem::path beside(const std::string& name) const {
    const auto near = open_.back().parent_path() / name;
    std::error_code ignored;
    return std::filesystem::exists(near, ignored) ? near : std::filesystem::path(name);
  }

  void option(const std::string& word) {
    const size_t equals = std::min(word.find('='), word.size());
    const std::string key = word.substr(std::min<size_t>(word.find_first_not_of('-'), equals),
                                        equals - std::min(word.find_first_not_of('-'), equals));
    const std::string value = word.substr(std::min(equals + 1, word.size()));
    const auto known = [&](const auto& names) {
      for (const auto& part : alternatives(value))
        if (std::ranges::none_of(names, [&](const auto& name) { return name.first == part; }))
          refuse("'{}' is unknown", part);
    };
    if (word == "--reset") return reset();
    if (word == "--pool" || word.starts_with("-v")) return;
    if (equals == word.size()) refuse("is no option of benchdnn's pooling driver");
    if (key == "dir") {
      settings_.dir = alternatives(value);
    } else if (key == "dt" || key == "cfg") {
      settings_.dt = alternatives(value);
    } else if (key == "tag") {
      settings_.tag = alternatives(value);
    } else if (key == "alg") {
      known(kAlgorithms);
      settings_.alg = alternatives(value);
    } else if (key == "mb") {
      for (const auto& part : alternatives(value)) whole("mb", part);
      settings_.mb = alternatives(value);
    } else if (key == "match") {
      settings_.match = Pattern("--match", value);
    } else if (std::ranges::count(kOfNoMeaning, key)) {
      return;
    } else if (key.starts_with("attr-")) {
      settings_.attributes[key] = alternatives(value);
    } else {
      refuse("is no option of benchdnn's pooling driver");
    }
  }

  // The attributes' combinations: each the name of one that matters, or nothing.
  Texts attributes() const {
    Texts all = {""};
    for (const auto& [name, values] : settings_.attributes) {
      Texts more;
      for (const auto& before : all)
        for (const auto& value : values)
          more.push_back(!before.empty() || value.empty() || value == "strict" ? before : name);
      if (more.size() > kMaxSweep) refuse("{}: more than {} combinations", name, kMaxSweep);
      all = std::move(more);
    }
    return all;
  }

  void add(const std::string& text) {
    const Descriptor descriptor = parse_descriptor(text);
    const Texts attributes = this->attributes();
    size_t rows = attributes.size();
    const Settings& s = settings_;
    for (const Texts* choices : {&s.dir, &s.dt, &s.tag, &s.alg, &s.mb})
      if ((rows *= choices->size()) > kMaxSweep) refuse("is more than {} rows", kMaxSweep);
    for (const auto& dir : settings_.dir)
      for (const auto& dt : settings_.dt)
        for (const auto& tag : settings_.tag)
          for (const auto& alg : settings_.alg)
            for (const auto& mb : settings_.mb)
              for (const auto& attribute : attributes)
                add(text, descriptor, {dir, dt, tag, alg, whole("mb", mb), attribute});
  }

  void add(const std::string& text, const Descriptor& descriptor, const Row& row) {
    ++list.rows;
    try {
      const Problem problem = to_problem(descriptor, row);
      if (options_.batches.empty()) list.problems.push_back(problem);
      for (const int64_t batch : options_.batches)
        list.problems.push_back(problem.with([&](Description& d) { d.n = batch; }));
    } catch (const BadInput& error) {
      const std::string reason = error.what();
      auto& refused = list.refused[reason.substr(0, reason.find(':'))];
      if (refused.rows++ == 0) refused.first = fmt::format("{}: {}", text, reason);
    }
  }

  const SuiteOptions& options_;
  Settings settings_;
  std::vector<std::filesystem::path> open_;  // each read from the one before
};

}  // namespace

BenchdnnList read_benchdnn(const std::string& file, const SuiteOptions& options) {
  Reader reader(options);
  reader.read(file);
  BenchdnnList list = std::move(reader.list);
  if (list.rows == 0) refuse("{}: no descriptor in it, as mb1ic64_ih112kh3sh2ph1 is", file);
  list.file = file;
  drop_duplicates(list.problems);
  return list;
}

std::string describe(const BenchdnnList& list) {
  int64_t refused = 0;
  for (const auto& [parameter, rows] : list.refused) refused += rows.rows;
  std::string text = fmt::format("{}: {} rows of benchdnn are {} problems; {} rows are refused\n",
                                 list.file, list.rows, list.problems.size(), refused);
  for (const auto& [parameter, rows] : list.refused)
    text += fmt::format("  {}: {} rows, the first is {}\n", parameter, rows.rows, rows.first);
  return text;
}

}  // namespace poolbench
