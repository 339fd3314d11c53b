// What host/spec.md refuses: the message names the parameter, its value and what would be right.
#include <limits>

#include "host/fuzz.h"
#include "host/problem.h"
#include "host/windows.h"
#include "tests/support.h"

namespace poolbench {
namespace {

// Returns the error, or "" when the line is accepted.
std::string refusal(const std::string& line) {
  try {
    parse_problem(line);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

struct Row {
  std::string line;
  std::vector<std::string> says;
};

void expect_refused(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::string message = refusal(row.line);
    ASSERT_NE(message, "") << "taken: " << row.line;
    const std::string head = "problem '" + row.line + "': ";
    EXPECT_EQ(message.rfind(head, 0), 0u) << message;
    const std::string reason = message.substr(std::min(head.size(), message.size()));
    for (const auto& word : row.says)
      EXPECT_NE(reason.find(word), std::string::npos) << message << "\n  does not say: " << word;
    EXPECT_EQ(reason.find('\n'), std::string::npos) << message;
  }
}

const std::string kSliding = "max/sliding/f32/nchw/src:1x1x9x9/";
const std::string kAverage = "avg_include_pad/sliding/f32/nchw/src:1x1x9x9/k:3x3/";
const std::string kLp = "lp/sliding/f32/nchw/src:1x1x9x9/k:3x3/";
const std::string kAdaptive = "max/adaptive/f32/nchw/src:1x1x9x9/";
const std::string kFractional = "max/fractional/f32/nchw/src:1x2x9x9/";

TEST(Refusal, head_of_the_line) {
  expect_refused({
      {"", {"reduction", "''", "max", "lp"}},
      {"mean/sliding/f32/nchw/src:1x1x9/k:3", {"reduction", "'mean'", "avg_exclude_pad", "min"}},
      {"max", {"windowing", "missing"}},
      {"max/", {"windowing", "''", "sliding"}},
      {"max/roi/f32/nchw/src:1x1x9/k:3", {"windowing", "'roi'", "fractional"}},
      {"max/sliding/nchw/src:1x1x9/k:3", {"type", "missing", "bf16"}},
      {"max/sliding/f32/src:1x1x9/k:3", {"layout", "missing", "nhwc"}},
      {"max/sliding/f8/nchw/src:1x1x9/k:3", {"type: 'f8' is unknown", "f16"}},
      {"max/sliding/u16/nchw/src:1x1x9/k:3", {"type: 'u16' is unknown", "i16"}},
      {"max/sliding/f32/nwc/src:1x1x9/k:3", {"layout: 'nwc' is unknown", "nhwc"}},
      {"max/sliding/src:1x1x9/k:3", {"type: is missing", "bf16"}},
      {"MAX/sliding/f32/nchw/src:1x1x9/k:3", {"'MAX'"}},
      {" max/sliding/f32/nchw/src:1x1x9/k:3", {"' max'"}},
      {"avg_include_pad/sliding/i32/nchw/src:1x1x9/k:3",
       {"i32", "extremes only", "avg_include_pad"}},
      {"lp/sliding/i32/nchw/src:1x1x9/k:3/norm:2", {"i32", "extremes only", "lp"}},
      {"avg_exclude_pad/sliding/i16/nchw/src:1x1x9/k:3", {"i16", "extremes only"}},
      {"lp/sliding/i64/nchw/src:1x1x9/k:3/norm:2", {"i64", "extremes only", "lp"}},
  });
}

TEST(Refusal, unknown_missing_doubled_and_misplaced_tokens) {
  expect_refused({
      {kSliding + "k:3x3/q:1", {"'q:1'", "unknown", "idx"}},
      {kSliding + "k:3x3/", {"''", "unknown"}},
      {kSliding + "k:3x3//idx", {"''", "unknown"}},
      {"avg_include_pad/sliding/f32/nchw/src:1x1x8x8/k:10000000000x10000000000/p:5000000000",
       {"k", "2^63 - 1 positions", "divisor"}},
      {kSliding + "k:3x3/IDX", {"'IDX'", "unknown"}},
      {kSliding + "k:3x3/f64", {"'f64'", "unknown"}},  // a type, but not in its place
      {kSliding + "k:3x3/k:3x3", {"k", "twice"}},
      {kSliding + "k:3x3/idx/idx", {"idx", "twice"}},
      {kSliding + "k:3x3/src:1x1x9x9", {"src", "twice"}},
      {kSliding + "k", {"k", "needs a value"}},
      {kSliding + "k:3x3/idx:1", {"idx", "takes no value"}},
      {kSliding + "k:3x3/ceil:", {"ceil", "takes no value"}},
      {"max/sliding/f32/nchw/k:3x3", {"src", "missing"}},
      {kSliding + "s:2x2", {"k", "missing"}},
      {kAdaptive + "idx", {"out", "missing"}},
      {kFractional + "out:3x3", {"k", "missing"}},
      {kFractional + "k:3x3", {"out", "missing"}},
      {kLp + "s:2x2", {"norm", "missing"}},
      {kAdaptive + "out:3x3/k:3x3", {"k", "adaptive", "sliding,fractional"}},
      {kAdaptive + "out:3x3/p:1x1", {"p", "adaptive", "sliding"}},
      {"max/global/f32/nchw/src:1x1x9/out:1", {"out", "global"}},
      {kSliding + "k:3x3/out:3x3", {"out", "sliding"}},
      {kSliding + "k:3x3/seed:1", {"seed", "sliding", "fractional"}},
      {kFractional + "k:2x2/out:3x3/ceil", {"ceil", "fractional"}},
      {kSliding + "k:3x3/norm:2", {"norm", "max", "lp"}},
      {kSliding + "k:3x3/div:2", {"div", "max"}},
      {kAverage + "mean", {"mean", "avg_include_pad", "lp"}},
      {kAverage + "idx", {"idx", "avg_include_pad", "max"}},
      {kSliding + "k:3x3/p:1x1/valid", {"p", "excludes", "valid"}},
      {kSliding + "k:3x3/same_upper/p:1x1", {"p", "excludes", "same_upper"}},
      {kSliding + "k:3x3/same_upper/same_lower", {"same_upper", "excludes", "same_lower"}},
      {kSliding + "k:3x3/same_upper/ceil", {"same_upper", "excludes", "ceil"}},
      {kSliding + "k:3x3/valid/ceil", {"valid", "excludes", "ceil"}},
      {kFractional + "k:2/out:3/seed:1/samples:0.1x0.2", {"seed", "excludes", "samples"}},
  });
}

TEST(Refusal, what_is_not_a_number) {
  expect_refused({
      {kSliding + "k:", {"k", "''", "whole number"}},
      {kSliding + "k:3x", {"k", "''"}},
      {kSliding + "k:x3", {"k", "''"}},
      {kSliding + "k:3x3x3", {"k", "'3x3x3'", "3 numbers", "1 or 2"}},
      {kSliding + "k:3.5x3", {"k", "'3.5'", "whole number"}},
      {kSliding + "k:+3x3", {"k", "'+3'"}},
      {kSliding + "k: 3x3", {"k", "' 3'"}},
      {kSliding + "k:0x3x", {"k"}},
      {kSliding + "k:0x10", {"k", "0", "[1, "}},  // not a hexadecimal 16
      {kSliding + "k:3X3", {"k", "'3X3'"}},
      {kSliding + "k:3,3", {"k", "'3,3'"}},
      {kSliding + "k:1e1", {"k", "'1e1'"}},
      {kSliding + "k:-", {"k", "'-'", "whole number"}},
      {kFractional + "k:2/out:3x-", {"out", "'-'", "whole number"}},
      {kAdaptive + "out:3x--", {"out", "'--'", "whole number"}},
      {kSliding + "k:3x3/p:1-1-1", {"p", "'1-1-1'", "3 parts"}},
      {kSliding + "k:3x3/p:1x1-", {"p", "''"}},
      {kSliding + "k:99999999999999999999", {"k", "99999999999999999999", "64 bits"}},
      {kSliding + "k:3\xc3\x97"
                  "3",
       {"k"}},                               // a multiplication sign for an x
      {kSliding + "k:\xef\xbc\x93", {"k"}},  // a full-width 3
      {kLp + "norm:", {"norm", "''", "number"}},
      {kLp + "norm:two", {"norm", "'two'"}},
      {kLp + "norm:0x2", {"norm", "'0x2'"}},
      {kLp + "norm:1e999", {"norm", "1e999"}},
      {kLp + "norm:2,5", {"norm", "'2,5'"}},
      {kAverage + "div:1.5", {"div", "'1.5'"}},
      {kFractional + "k:2/out:3/seed:-1", {"seed", "'-1'"}},
      {kFractional + "k:2/out:3/seed:18446744073709551616", {"seed", "64 bits"}},
      {kFractional + "k:2/out:3/samples:0.1x", {"samples", "''"}},
      {"max/global/f32/nchw/src:1x9", {"src", "'1x9'", "2 extents", "3 to 5"}},
      {"max/global/f32/nchw/src:1x1x2x3x4x5", {"src", "6 extents"}},
      {"max/global/f32/nchw/src:", {"src", "1 extents"}},
      {"max/global/f32/nchw/src:axbxc", {"src", "'a'"}},
  });
}

TEST(Refusal, values_out_of_range) {
  expect_refused({
      {kSliding + "k:0x3", {"k", "0", "axis h", "[1, "}},
      {kSliding + "k:3x-1", {"k", "-1", "axis w", "[1, "}},
      {kSliding + "k:3x3/s:0x1", {"s", "0", "axis h", "[1, "}},
      {kSliding + "k:3x3/s:-1", {"s", "-1", "[1, "}},
      {kSliding + "k:3x3/p:-1x0", {"p", "'-1x0'", "negative"}},
      {kSliding + "k:3x3/p:1x-1", {"p", "'1x-1'", "negative"}},
      {kSliding + "k:3x3/p:-1", {"p", "'-1'", "negative"}},
      {kSliding + "k:3x3/d:0", {"d", "0", "[1, "}},
      {kSliding + "k:3x3/d:1x-2", {"d", "-2", "axis w"}},
      {kAverage + "div:0", {"div", "0"}},
      {kAverage + "div:-9223372036854775808", {"div", "smallest", "-9223372036854775807"}},
      {kLp + "norm:0", {"norm", "0", "greater than 0"}},
      {kLp + "norm:-0", {"norm", "-0", "greater than 0"}},
      {kLp + "norm:-2", {"norm", "-2", "greater than 0"}},
      {kLp + "norm:nan", {"norm", "nan", "greater than 0"}},
      {kLp + "norm:-nan", {"norm", "greater than 0"}},
      {kLp + "norm:-inf", {"norm", "-inf", "greater than 0"}},
      {kAdaptive + "out:-1x3", {"out", "-1", "axis h", "[0, "}},
      {kAdaptive + "out:3x-3", {"out", "-3", "axis w", "[0, "}},
      {kFractional + "k:2x2/out:9x3", {"out", "9", "axis h", "[0, 8]"}},
      {kFractional + "k:2x2/out:3x-1", {"out", "-1", "axis w", "[0, 8]"}},
      {kFractional + "k:10x2/out:1", {"k", "10", "axis h", "[1, 9]"}},
      {kFractional + "k:0/out:1", {"k", "0", "[1, 9]"}},
      {kFractional + "k:2/out:3/samples:0.5", {"samples", "1 numbers", "2"}},
      {kFractional + "k:2/out:3/samples:0.1x0.2x0.3", {"samples", "3 numbers", "2", "4"}},
      {kFractional + "k:2/out:3/samples:0.5x1", {"samples", "1", "[0, 1)"}},
      {kFractional + "k:2/out:3/samples:-0.1x0", {"samples", "-0.1", "[0, 1)"}},
      {kFractional + "k:2/out:3/samples:nanx0", {"samples", "nan", "[0, 1)"}},
      {kFractional + "k:2/out:3/samples:infx0", {"samples", "inf", "[0, 1)"}},
      {"max/global/f32/nchw/src:-1x1x9", {"src", "n is -1"}},
      {"max/global/f32/nchw/src:1x-3x9", {"src", "c is -3"}},
      {"max/global/f32/nchw/src:1x1x0", {"src", "0", "axis w", "[1, "}},
      {"max/global/f32/nchw/src:1x1x-9x3", {"src", "-9", "axis h", "[1, "}},
  });
}

TEST(Refusal, padding_is_not_among_them) {
  for (const char* tail : {"k:3x3/p:3x0", "k:3x3/p:0x0-0x3", "k:1x1/p:1x0", "k:3x2/d:2x3/p:5x4",
                           "k:3x3/p:99999999999/s:99999999999"})
    EXPECT_EQ(refusal(kSliding + tail), "");
}

TEST(Refusal, no_channels_and_no_outputs_are_not_among_them) {
  for (const char* line :
       {"max/global/f32/nchw/src:1x0x9", "max/adaptive/f32/nchw/src:1x1x9x9/out:0x3",
        "max/fractional/f32/nchw/src:1x2x9x9/k:2x2/out:0x0"})
    EXPECT_EQ(refusal(line), "");
}

TEST(Refusal, window_larger_than_the_padded_input) {
  expect_refused({
      {kSliding + "k:10x3", {"k", "10", "9", "axis h"}},
      {kSliding + "k:3x5/d:1x3", {"k", "13", "9", "axis w"}},
      {kSliding + "k:12x3/p:1x0", {"k", "12", "11", "axis h"}},
      {kSliding + "k:10x3/s:1x1/ceil", {"k", "10", "axis h"}},
  });
}

TEST(Refusal, sizes_that_overflow) {
  expect_refused({
      {"max/global/i8/nchw/src:1x1x9223372036854775807", {"src", "9223372036854775807"}},
      {"max/global/i8/nchw/src:9223372036854775807x1x9", {"src", "9223372036854775807"}},
      {"max/global/i8/nchw/src:1x9223372036854775807x9", {"src", "9223372036854775807"}},
      {"max/global/i8/nchw/src:4294967296x4294967296x1", {"src", "input", "2^61 bytes"}},
      {"max/global/f64/nchw/src:65536x65536x65536x65536", {"src", "input", "2^61 bytes"}},
      {"max/global/f64/nchw/src:2097152x2097152x2097152", {"src", "input", "2^61 bytes"}},
      {"max/adaptive/f32/nchw/src:1x1x9/out:9223372036854775807", {"out", "9223372036854775807"}},
      {"max/adaptive/f32/nchw/src:1x1x1x1/out:4294967296x4294967296", {"output", "2^61 bytes"}},
      // Nothing to do, and yet planes whose size does not fit.
      {"max/sliding/f32/nchw/src:0x1x9x9/k:1x1/s:1x1/p:17205059403792",
       {"src", "output", "2^61 bytes"}},
      {"max/sliding/f32/nchw/src:1x1x9/k:9223372036854775807", {"k", "9223372036854775807"}},
      {"max/sliding/f32/nchw/src:1x1x9/k:2/s:9223372036854775807", {"s"}},
      {"max/sliding/f32/nchw/src:1x1x9/k:2/d:9223372036854775807", {"d"}},
      {"max/sliding/f32/nchw/src:1x1x9/k:4294967296/d:4294967296", {"d", "4294967296"}},
      {"max/sliding/f32/nchw/src:1x1x9/k:3/p:9223372036854775807", {"p"}},
  });
  // Extents and strides are limited so that sums of a few do not overflow.
  const std::string most = "72057594037927936", beyond = "72057594037927937";
  for (const std::string head :
       {"max/sliding/f32/nchw/src:1x1x9/k:2/s:", "max/sliding/f32/nchw/src:0x1x9/k:2/p:1/s:",
        "max/adaptive/f32/nchw/src:1x1x9/out:", "max/global/i8/nchw/src:1x1x"}) {
    EXPECT_EQ(refusal(head + most), "");
    EXPECT_NE(refusal(head + beyond).find(beyond), std::string::npos) << head;
    EXPECT_NE(refusal(head + beyond).find(most), std::string::npos) << head;
  }
  expect_refused(
      {{"max/global/i8/nchw/src:0x" + beyond + "x1", {"c is " + beyond, "[0, " + most + "]"}},
       {"max/global/i8/nchw/src:" + beyond + "x1x1", {"n is " + beyond, "[0, " + most + "]"}}});
  // Just below the limit: 2^58 - 1 elements of 8 bytes. Nothing is allocated.
  EXPECT_EQ(refusal("max/global/f64/nchw/src:1x1x536870911x536870913"), "");
  EXPECT_NE(refusal("max/global/f64/nchw/src:1x1x536870912x536870912"), "");
  // The extents of an empty batch are limited too.
  EXPECT_NE(refusal("max/global/f32/nchw/src:0x9223372036854775807x9"), "");
}

TEST(Refusal, long_and_binary_text) {
  const std::string longest(1 << 20, '9');
  EXPECT_NE(refusal(kSliding + "k:" + longest), "");
  EXPECT_NE(refusal(longest), "");
  EXPECT_NE(refusal(kLp + "norm:" + longest), "");
  EXPECT_NE(refusal(std::string(1 << 20, '/')), "");
  std::string many = "max/global/f32/nchw/src:1x1x9";
  for (int i = 0; i < 10'000; ++i) many += "/idx";
  EXPECT_NE(refusal(many).find("twice"), std::string::npos);
  EXPECT_NE(refusal(kSliding + std::string("k:3x3\0/idx", 10)), "");
  EXPECT_NE(refusal(std::string("\xff\xfe\x00/\x80", 5)), "");
}

TEST(Refusal, descriptions_that_no_text_can_write) {
  const Problem good = parse_problem(kFractional + "k:2x2/out:3x3");
  const auto refused = [&](auto change) { EXPECT_THROW(good.with(change), BadInput); };
  refused([](Description& p) { p.rank = 0; });
  refused([](Description& p) { p.rank = 4; });
  refused([](Description& p) { p.spec.samples = {0.1, 0.2, 0.3}; });
  refused([](Description& p) { p.spec.samples = {0.1, 0.2, 0.3, 1.0}; });
  refused([](Description& p) { p.src[0] = 0; });
  Description problem = parse_problem(kSliding + "k:3x3").description();
  problem.spec.auto_pad = AutoPad::kSameLower;
  problem.spec.pad_end[2] = 1;
  EXPECT_THROW(Problem{problem}, BadInput);
  problem.spec.pad_end[2] = 0;
  problem.spec.ceil_mode = true;
  EXPECT_THROW(Problem{problem}, BadInput);
  problem.spec.ceil_mode = false;
  EXPECT_NO_THROW(Problem{problem});
  problem.spec.stride[1] = -1;
  EXPECT_THROW(Problem{problem}, BadInput);
}

// Valid lines with bytes changed, dropped, doubled or cut off: each throws BadInput or is a problem
// whose text round-trips.
TEST(Refusal, damaged_lines_are_refused_or_mean_something) {
  constexpr std::string_view kBytes = "0123456789x:/-.aekpsdinf_ \xc3\x80";
  int taken = 0, refused = 0;
  for (uint64_t i = 0; i < 30'000; ++i) {
    std::string line = to_text(fuzz_case(3, i % 3000).problem);
    uint64_t rolls = 0;
    const auto roll = [&](uint64_t n) { return splitmix64(i, rolls++) % n; };
    for (uint64_t edits = 1 + roll(2); edits > 0 && !line.empty(); --edits) {
      const uint64_t at = roll(line.size());
      switch (roll(4)) {
        case 0:
          line[at] = kBytes[roll(kBytes.size())];
          break;
        case 1:
          line.erase(at, 1 + roll(3));
          break;
        case 2:
          line.insert(at, line.substr(roll(line.size()), 1 + roll(8)));
          break;
        default:
          line.resize(at);
      }
    }
    SCOPED_TRACE(line);
    try {
      const Problem problem = parse_problem(line);
      ASSERT_EQ(parse_problem(to_text(problem)), problem);
      ++taken;
    } catch (const BadInput& error) {
      ASSERT_NE(std::string(error.what()).find(line), std::string::npos);
      ++refused;
    }
  }
  EXPECT_GT(taken, 500);
  EXPECT_GT(refused, 10'000);
}

}  // namespace
}  // namespace poolbench
