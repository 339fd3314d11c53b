// The text form of a problem, both ways.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <span>

#include "host/problem.h"
#include "kernels/types.h"

namespace poolbench {
namespace {

// Token tables, indexed by the enum's value.
constexpr std::string_view kReductions[] = {"max", "avg_include_pad", "avg_exclude_pad", "lp",
                                            "min"};
constexpr std::string_view kWindowings[] = {"sliding", "adaptive", "global", "fractional"};
constexpr auto kDTypes = [] {
  std::array<std::string_view, kTypeCount> names;
  for (int i = 0; i < kTypeCount; ++i) names[i] = kTypes[i].name;
  return names;
}();
constexpr std::string_view kLayouts[] = {"nchw", "nhwc"};

template <class Enum>
std::string_view token_of(std::span<const std::string_view> tokens, Enum value) {
  const auto at = static_cast<size_t>(value);
  return at < tokens.size() ? tokens[at] : kNoToken;
}

template <class Enum>
std::optional<Enum> find(std::span<const std::string_view> tokens, std::string_view text) {
  for (size_t i = 0; i < tokens.size(); ++i)
    if (tokens[i] == text) return Enum(i);
  return std::nullopt;
}

template <class Enum>
Enum require(std::string_view what, std::span<const std::string_view> tokens,
             std::string_view text) {
  if (const auto found = find<Enum>(tokens, text)) return *found;
  throw BadInput(
      fmt::format("{}: '{}' is unknown; one of {}", what, text, fmt::join(tokens, ", ")));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

template <class Number>
Number parse_number(std::string_view key, std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    throw BadInput(fmt::format("{}: {} does not fit 64 bits", key, text));
  if (error != std::errc() || end != text.data() + text.size())
    throw BadInput(fmt::format("{}: '{}' is not a {}number", key, text,
                               std::is_integral_v<Number> ? "whole " : ""));
  return value;
}

// Parses one number an axis, joined by x: `3x2`, or `3` for every axis. Unused axes get `unused`.
// With `kept`, `-` stands for the axis' extent there.
Extents parse_extents(std::string_view key, std::string_view text, int rank, int64_t unused,
                      const Extents* kept = nullptr) {
  const auto parts = split(text, 'x');
  if (parts.size() != 1 && parts.size() != static_cast<size_t>(rank))
    throw BadInput(fmt::format(
        "{}: '{}' has {} numbers; src is n x c x axes, here {} spatial axes, so {} would be right",
        key, text, parts.size(), rank, rank == 1 ? "1" : fmt::format("1 or {}", rank)));
  Extents extents = {unused, unused, unused};
  for (int i = 0; i < rank; ++i) {
    const int axis = 3 - rank + i;
    const std::string_view part = parts[parts.size() == 1 ? 0 : i];
    extents[axis] =
        kept != nullptr && part == "-" ? (*kept)[axis] : parse_number<int64_t>(key, part);
  }
  return extents;
}

std::string extents_text(const Extents& extents, int rank) {
  return fmt::format("{}", fmt::join(extents.end() - rank, extents.end(), "x"));
}

void parse_src(Description& problem, std::string_view text) {
  const auto parts = split(text, 'x');
  if (parts.size() < 3 || parts.size() > 5)
    throw BadInput(fmt::format("src: '{}' has {} extents; n x c and 1 to 3 spatial axes are 3 to 5",
                               text, parts.size()));
  problem.rank = static_cast<int>(parts.size()) - 2;
  problem.n = parse_number<int64_t>("src", parts[0]);
  problem.c = parse_number<int64_t>("src", parts[1]);
  for (int i = 0; i < problem.rank; ++i)
    problem.src[problem.first_axis() + i] = parse_number<int64_t>("src", parts[2 + i]);
}

// How a token's value is read, and which windowings and reductions have the token.
struct TokenRule {
  std::string_view key;
  bool has_value;
  std::string_view windowings;  // comma-separated; empty: all
  std::string_view reductions;
  void (*read)(Description&, std::string_view value);
};

PoolSpec& spec(Description& problem) { return problem.spec; }

void read_padding(Description& problem, std::string_view value) {
  const auto ends = split(value, '-');
  if (value.starts_with('-') || value.find("--") != value.npos || value.find("x-") != value.npos)
    throw BadInput(fmt::format("p: '{}' is negative somewhere; padding is 0 or more", value));
  if (ends.size() > 2)
    throw BadInput(fmt::format("p: '{}' has {} parts; BEGIN or BEGIN-END", value, ends.size()));
  spec(problem).pad_begin = parse_extents("p", ends.front(), problem.rank, 0);
  spec(problem).pad_end = parse_extents("p", ends.back(), problem.rank, 0);
}

void read_samples(Description& problem, std::string_view value) {
  for (const auto part : split(value, 'x'))
    spec(problem).samples.push_back(parse_number<double>("samples", part));
}

void read_stride(Description& problem, std::string_view value) {
  spec(problem).stride = parse_extents("s", value, problem.rank, 1);
  for (int axis = problem.first_axis(); axis < 3; ++axis)
    if (const int64_t stride = spec(problem).stride[axis]; stride < 1)
      throw BadInput(fmt::format("s: {} on axis {} is out of range [1, {}]", stride,
                                 std::string_view("dhw")[axis], kMaxExtent));
}

void read_out(Description& problem, std::string_view value) {
  const bool adaptive = problem.spec.windowing == Windowing::kAdaptive;
  spec(problem).out =
      parse_extents("out", value, problem.rank, 1, adaptive ? &problem.src : nullptr);
}

void read_divisor(Description& problem, std::string_view value) {
  spec(problem).divisor = parse_number<int64_t>("div", value);
  if (spec(problem).divisor == 0) throw BadInput("div: 0 is not a divisor; any other integer is");
}

// In the order in which they are printed.
constexpr TokenRule kRules[] = {
    {"src", true, "", "", [](Description&, std::string_view) {}},  // read first, on its own
    {"k", true, "sliding,fractional", "",
     [](Description& p, std::string_view v) { p.spec.kernel = parse_extents("k", v, p.rank, 1); }},
    {"s", true, "sliding", "", read_stride},
    {"p", true, "sliding", "", read_padding},
    {"same_upper", false, "sliding", "",
     [](Description& p, std::string_view) { p.spec.auto_pad = AutoPad::kSameUpper; }},
    {"same_lower", false, "sliding", "",
     [](Description& p, std::string_view) { p.spec.auto_pad = AutoPad::kSameLower; }},
    {"valid", false, "sliding", "", [](Description&, std::string_view) {}},
    {"d", true, "sliding", "",
     [](Description& p, std::string_view v) {
       p.spec.dilation = parse_extents("d", v, p.rank, 1);
     }},
    {"out", true, "adaptive,fractional", "", read_out},
    {"ceil", false, "sliding", "",
     [](Description& p, std::string_view) { p.spec.ceil_mode = true; }},
    {"div", true, "", "avg_include_pad,avg_exclude_pad", read_divisor},
    {"norm", true, "", "lp",
     [](Description& p, std::string_view v) { p.spec.norm = parse_number<double>("norm", v); }},
    {"mean", false, "", "lp", [](Description& p, std::string_view) { p.spec.norm_mean = true; }},
    {"seed", true, "fractional", "",
     [](Description& p, std::string_view v) { p.spec.seed = parse_number<uint64_t>("seed", v); }},
    {"samples", true, "fractional", "", read_samples},
    {"idx", false, "", "max,min", [](Description& p, std::string_view) { p.spec.indices = true; }},
};

const TokenRule* find_rule(std::string_view key) {
  for (const auto& rule : kRules)
    if (rule.key == key) return &rule;
  return nullptr;
}

bool lists(std::string_view list, std::string_view item) {
  if (list.empty()) return true;
  for (const auto entry : split(list, ','))
    if (entry == item) return true;
  return false;
}

// The tokens after reduction and windowing, split and checked by the rules.
class Tokens {
 public:
  Tokens(std::span<const std::string_view> parts, const PoolSpec& spec) {
    for (const auto part : parts) {
      const size_t colon = part.find(':');
      const auto key = part.substr(0, colon);
      const TokenRule* rule = find_rule(key);
      if (rule == nullptr) throw BadInput(unknown(part));
      if (rule->has_value != (colon != std::string_view::npos))
        throw BadInput(fmt::format("{}: {}", key,
                                   rule->has_value
                                       ? "needs a value, as in " + std::string(key) + ":…"
                                       : "takes no value"));
      if (!lists(rule->windowings, token(spec.windowing)))
        throw BadInput(fmt::format("{}: means nothing for {}, only for {}", key,
                                   token(spec.windowing), rule->windowings));
      if (!lists(rule->reductions, token(spec.reduction)))
        throw BadInput(fmt::format("{}: means nothing for {}, only for {}", key,
                                   token(spec.reduction), rule->reductions));
      auto& value = values_[rule - kRules];
      if (value) throw BadInput(fmt::format("{}: is given twice", key));
      value = colon == std::string_view::npos ? std::string_view() : part.substr(colon + 1);
    }
    check_together();
  }

  std::optional<std::string_view> operator[](std::string_view key) const {
    return values_[find_rule(key) - kRules];
  }
  void need(std::string_view key, std::string_view why) const {
    if (!(*this)[key]) throw BadInput(fmt::format("{}: is missing; {}", key, why));
  }
  void read_into(Description& problem) const {
    for (size_t i = 0; i < std::size(kRules); ++i)
      if (values_[i]) kRules[i].read(problem, *values_[i]);
  }

 private:
  static std::string unknown(std::string_view part) {
    std::vector<std::string_view> keys;
    for (const auto& rule : kRules) keys.push_back(rule.key);
    return fmt::format("'{}' is an unknown token; known are {}, types {} and layouts {}", part,
                       fmt::join(keys, " "), fmt::join(kDTypes, " "), fmt::join(kLayouts, " "));
  }

  void check_together() const {
    std::string_view taken;
    for (const auto key : {"p", "same_upper", "same_lower", "valid"}) {
      if (!(*this)[key]) continue;
      if (!taken.empty())
        throw BadInput(fmt::format("{}: excludes {}; give one of them", taken, key));
      taken = key;
    }
    if ((*this)["ceil"] && !taken.empty() && taken != "p")
      throw BadInput(fmt::format("{}: excludes ceil; it says the output's size itself", taken));
    if ((*this)["seed"] && (*this)["samples"])
      throw BadInput("seed: excludes samples; give one of them");
  }

  std::optional<std::string_view> values_[std::size(kRules)];
};

}  // namespace

std::string_view token(Reduction reduction) { return token_of(kReductions, reduction); }
std::string_view token(Windowing windowing) { return token_of(kWindowings, windowing); }
std::string_view token(DType dtype) { return token_of(kDTypes, dtype); }
std::string_view token(Layout layout) { return token_of(kLayouts, layout); }
DType parse_dtype(std::string_view text) { return require<DType>("type", kDTypes, text); }
Layout parse_layout(std::string_view text) { return require<Layout>("layout", kLayouts, text); }

Problem parse_problem(std::string_view text, const ProblemDefaults& defaults) try {
  const auto parts = split(text, '/');
  Description problem;
  problem.spec.reduction = require<Reduction>("reduction", kReductions, parts[0]);
  if (parts.size() < 2) throw BadInput("windowing: is missing");
  problem.spec.windowing = require<Windowing>("windowing", kWindowings, parts[1]);

  auto rest = std::span(parts).subspan(2);
  const auto take = [&]<class Enum>(std::string_view what, std::span<const std::string_view> tokens,
                                    std::optional<Enum> fallback) {
    if (!rest.empty())
      if (const auto found = find<Enum>(tokens, rest[0])) return rest = rest.subspan(1), *found;
    if (fallback) return *fallback;
    const bool other = rest.empty() || rest[0].find(':') != rest[0].npos || find_rule(rest[0]) ||
                       find<Layout>(kLayouts, rest[0]);
    throw BadInput(fmt::format("{}: {}; one of {}", what,
                               other ? "is missing" : fmt::format("'{}' is unknown", rest[0]),
                               fmt::join(tokens, ", ")));
  };
  problem.dtype = take("type", kDTypes, defaults.dtype);
  problem.layout = take("layout", kLayouts, defaults.layout);

  const Tokens tokens(rest, problem.spec);
  tokens.need("src", "as in src:1x3x224x224");
  parse_src(problem, *tokens["src"]);
  if (lists("sliding,fractional", parts[1])) tokens.need("k", "the window's extents, as in k:3x3");
  if (lists("adaptive,fractional", parts[1]))
    tokens.need("out", "the output's extents, as in out:7x7");
  if (problem.spec.reduction == Reduction::kLp) tokens.need("norm", "the p of Lp, as in norm:2");
  tokens.read_into(problem);
  return Problem(problem);
} catch (const BadInput& error) {
  throw BadInput(fmt::format("problem '{}': {}", text, error.what()));
}

std::string to_text(const Problem& problem) {
  const Description& p = problem.description();
  const PoolSpec plain;
  const auto extents = [&](const Extents& e) { return extents_text(e, p.rank); };
  std::string text =
      fmt::format("{}/{}/{}/{}/src:{}x{}x{}", token(p.spec.reduction), token(p.spec.windowing),
                  token(p.dtype), token(p.layout), p.n, p.c, extents(p.src));
  const auto add = [&](bool wanted, std::string_view what, const std::string& value = {}) {
    if (wanted) text += fmt::format("/{}{}", what, value);
  };
  const bool sliding = p.spec.windowing == Windowing::kSliding;
  const bool fractional = p.spec.windowing == Windowing::kFractional;
  const std::string begin = extents(p.spec.pad_begin), end = extents(p.spec.pad_end);
  add(sliding || fractional, "k:", extents(p.spec.kernel));
  add(sliding && p.spec.stride != p.spec.kernel, "s:", extents(p.spec.stride));
  add(p.spec.pad_begin != Extents{} || p.spec.pad_end != Extents{},
      "p:", begin == end ? begin : begin + "-" + end);
  add(p.spec.auto_pad == AutoPad::kSameUpper, "same_upper");
  add(p.spec.auto_pad == AutoPad::kSameLower, "same_lower");
  add(p.spec.dilation != plain.dilation, "d:", extents(p.spec.dilation));
  add(fractional || p.spec.windowing == Windowing::kAdaptive, "out:", extents(p.spec.out));
  add(p.spec.ceil_mode, "ceil");
  add(p.spec.divisor != 0, "div:", fmt::format("{}", p.spec.divisor));
  add(p.spec.reduction == Reduction::kLp, "norm:", fmt::format("{}", p.spec.norm));
  add(p.spec.norm_mean, "mean");
  add(p.spec.seed != plain.seed, "seed:", fmt::format("{}", p.spec.seed));
  const bool by_plane = p.spec.samples.size() > static_cast<size_t>(p.rank);
  add(!p.spec.samples.empty(),
      "samples:", by_plane ? "planes" : fmt::format("{}", fmt::join(p.spec.samples, "x")));
  add(p.spec.indices, "idx");
  return text;
}

}  // namespace poolbench
