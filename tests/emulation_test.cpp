// What an emulated device will take is said beforehand.
#include "bench/judge/emulation.h"

#include "tests/odd_backend.h"
#include "tests/support.h"

namespace poolbench {
namespace {

struct Emulated : OddBackend {
  using OddBackend::OddBackend;
  bool timeable() const override { return false; }
};

std::string said(Backend&& backend, const std::string& problem, int64_t launches) {
  return slow_emulation({&backend, "table"}, parse_problem(problem), launches);
}

const Deed kNothing = [](const Problem&, const Tensors&) {};

TEST(Emulation, of_minutes_is_announced) {
  const std::string many_planes = "max/sliding/f32/nchw/src:1x1000000x4/k:4/idx";
  EXPECT_EQ(said(Emulated(kNothing), many_planes, 3),
            "poolbench: odd.table emulates a device: " + many_planes + " may take 5 minutes\n");
  EXPECT_NE(said(Emulated(kNothing), "max/sliding/f32/nchw/src:8x64x224x224/k:9x9/s:1x1", 1), "");
}

TEST(Emulation, of_seconds_is_not) {
  EXPECT_EQ(said(Emulated(kNothing), "max/sliding/f32/nchw/src:1x64x112x112/k:3x3/s:2x2", 12), "");
}

TEST(Emulation, is_not_what_a_device_does) {
  EXPECT_EQ(said(OddBackend(kNothing), "max/global/f32/nchw/src:1x1000000x4", 12), "");
}

}  // namespace
}  // namespace poolbench
