// The text of a race's contenders.
#include "bench/select/racer.h"

#include <gtest/gtest.h>

namespace poolbench {
namespace {

TEST(Racer, is_a_backend_a_kernel_or_a_modules) {
  EXPECT_EQ(parse_racer("openmp"), (Racer{"openmp", "openmp", "", "", {}}));
  EXPECT_EQ(parse_racer("openmp.rows"), (Racer{"openmp.rows", "openmp", "rows", "", {}}));
  EXPECT_EQ(parse_racer("openmp@4.rows"), (Racer{"openmp@4.rows", "openmp@4", "rows", "", {}}));
  EXPECT_EQ(parse_racer("cuda:0"), (Racer{"cuda:0", "cuda:0", "", "", {}}));
  EXPECT_EQ(parse_racer("one=openmp@1"), (Racer{"one", "openmp@1", "", "", {}}));
  EXPECT_EQ(parse_racer("head=openmp@../a.b/head.so"),
            (Racer{"head", "openmp", "", "../a.b/head.so", {}}));
  EXPECT_EQ(parse_racer("head=openmp.rows@./4.so"),
            (Racer{"head", "openmp", "rows", "./4.so", {}}));
  EXPECT_EQ(parse_racer("old=m:1@m.so"), (Racer{"old", "m:1", "", "m.so", {}}));
}

TEST(Racer, what_is_none_is_refused) {
  for (const char* text :
       {"", "=openmp", "a=", "a b=openmp", "a/b=openmp", "openmp@head.so", "a=openmp@", "openmp."})
    EXPECT_THROW(parse_racer(text), BadInput) << text;
  EXPECT_THROW(parse_racers({"openmp", "openmp"}), BadInput);
  EXPECT_THROW(parse_racers({"openmp", "openmp-copy=naive"}), BadInput);
  EXPECT_EQ(modules_of(parse_racers({"openmp", "h=m@a.so"})), std::vector<std::string>{"h=a.so"});
}

}  // namespace
}  // namespace poolbench
