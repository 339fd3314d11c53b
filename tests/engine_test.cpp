// What stands behind engines in processes of their own: shared memory, the words of a problem,
// rules.
#include "host/engines/engine.h"

#include <gtest/gtest.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstring>
#include <ctime>
#include <set>
#include <thread>

#include "host/engines/problem_words.h"
#include "host/engines/rules.h"
#include "host/engines/spread.h"
#include "host/fill.h"
#include "host/substrates/host.h"
#include "host/substrates/shared_memory.h"
#include "tests/support.h"

namespace poolbench {
namespace {

TEST(shared_memory, holds_all_that_the_host_gives_out_from_then_on) {
  const Buffer before(host_substrate(), 1 << 20);
  EXPECT_FALSE(shared_place(before.at()));
  share_host_memory();
  const Buffer after(host_substrate(), 10'000);
  const auto place = shared_place(after.at(100));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->offset, 100);
  EXPECT_GE(place->bytes, 10'000);
  std::strcpy(static_cast<char*>(after.at(100)), "seen");
  char text[5] = {};
  EXPECT_EQ(pread(place->descriptor, text, sizeof text, place->offset), 5);
  EXPECT_STREQ(text, "seen");
  EXPECT_FALSE(shared_place(before.at()));
}

TEST(shared_memory, is_used_again_and_then_has_its_number) {
  share_host_memory();
  int64_t first = 0, second = 0;
  {
    const Buffer one(host_substrate(), 50'000), two(host_substrate(), 50'000);
    first = shared_place(one.at())->segment;
    second = shared_place(two.at())->segment;
    EXPECT_NE(first, second);
  }
  const Buffer again(host_substrate(), 40'000);
  const int64_t number = shared_place(again.at())->segment;
  EXPECT_TRUE(number == first || number == second);
  EXPECT_TRUE(shared_segment_exists(number));
  EXPECT_FALSE(shared_segment_exists(1'000'000));
}

cpu_set_t mask_of(pid_t thread) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(thread, sizeof mask, &mask);
  return mask;
}

// A process with threads, number 0 its first, that work for some milliseconds of their own time
// when they are told to.
class Busy {
 public:
  static constexpr int kThreads = 3, kLate = kThreads;  // the late one is made by thread 0

  Busy() {
    void* memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared_ = new (memory) Shared;
    for (sem_t& go : shared_->go) sem_init(&go, 1, 0);
    sem_init(&shared_->done, 1, 0);
    pid = fork();
    if (pid != 0) {
      for (int i = 0; i < kThreads; ++i) sem_wait(&shared_->done);
      return;
    }
    for (int i = 1; i < kThreads; ++i) std::thread(&Busy::run, this, i).detach();
    run(0);
  }
  ~Busy() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    munmap(shared_, sizeof(Shared));
  }
  void work(int thread) {
    sem_post(&shared_->go[thread]);
    sem_wait(&shared_->done);
  }
  void make_another() {
    shared_->another = true;
    work(0);
    sem_wait(&shared_->done);
  }
  pid_t id(int thread) const { return shared_->id[thread]; }

  pid_t pid;

 private:
  struct Shared {
    sem_t go[kThreads + 1], done;
    std::atomic<bool> another = false;
    pid_t id[kThreads + 1] = {};
  };
  static int64_t microseconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000 + time.tv_nsec / 1000;
  }
  void run(int i) {
    shared_->id[i] = gettid();
    for (;;) {
      sem_post(&shared_->done);
      sem_wait(&shared_->go[i]);
      if (shared_->another.exchange(false)) std::thread(&Busy::run, this, kLate).detach();
      for (const int64_t end = microseconds() + 2000; microseconds() < end;) {
      }
    }
  }
  Shared* shared_;
};

TEST(spread, holds_threads_that_work_on_processors_of_their_own) {
  const cpu_set_t all = mask_of(0);
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "one processor";
  Busy busy;
  const auto is_free = [&](int thread) {
    const cpu_set_t mask = mask_of(busy.id(thread));
    return bool(CPU_EQUAL(&mask, &all));
  };
  Spread spread;
  const auto turn = [&] {
    spread.apart(busy.pid);
    busy.work(0);
    busy.work(1);
    spread.apart(busy.pid);
  };
  turn();
  const cpu_set_t one = mask_of(busy.id(0)), other = mask_of(busy.id(1));
  EXPECT_EQ(CPU_COUNT(&one), 1);
  EXPECT_EQ(CPU_COUNT(&other), 1);
  EXPECT_FALSE(CPU_EQUAL(&one, &other));
  EXPECT_TRUE(is_free(2)) << "it did nothing";
  {
    const BesideFirst beside(spread);
    const cpu_set_t here = mask_of(0);
    EXPECT_TRUE(CPU_EQUAL(&here, &one));
  }
  const cpu_set_t here = mask_of(0);
  EXPECT_TRUE(CPU_EQUAL(&here, &all));

  busy.make_another();
  EXPECT_FALSE(is_free(Busy::kLate)) << "it is where its maker is";
  spread.let_go();
  for (const int thread : {0, 1, Busy::kLate}) EXPECT_TRUE(is_free(thread)) << thread;
  {
    const BesideFirst beside(spread);
    const cpu_set_t here = mask_of(0);
    EXPECT_TRUE(CPU_EQUAL(&here, &all)) << "nothing is held";
  }

  sched_setaffinity(busy.id(0), sizeof one, &one);  // the process places its threads itself
  turn();
  EXPECT_TRUE(is_free(1));
}

TEST(problem_words, have_everything_worked_out) {
  EXPECT_EQ(
      problem_words(parse_problem("avg_exclude_pad/sliding/f16/nhwc/src:2x3x9x7/k:3x2/same_upper")),
      "text=avg_exclude_pad/sliding/f16/nhwc/src:2x3x9x7/k:3x2/same_upper "
      "reduction=avg_exclude_pad windowing=sliding dtype=f16 layout=nhwc rank=2 indices=0 "
      "ceil=0 n=2 c=3 src=9,7 dst=3,4 kernel=3,2 stride=3,2 pad_begin=0,0 pad_end=0,1 "
      "dilation=1,1 divisor=0 norm=2 mean=0");
  EXPECT_NE(
      problem_words(parse_problem("max/global/f32/nchw/src:1x1x4x6")).find("kernel=4,6 stride=1,1"),
      std::string::npos);
  EXPECT_NE(problem_words(parse_problem("max/fractional/f32/nchw/src:1x1x8/k:2/out:4/samples:0.5"))
                .find(" samples=0.5"),
            std::string::npos);
}

TEST(engine_rules, predict_what_a_library_that_drops_nan_computes) {
  const Problem problem = parse_problem("max/global/f32/nchw/src:1x1x1x3");
  const float src[] = {1, NAN, 2};
  Point point;
  point.expected = NAN;
  const auto explains = [&](double got, const std::vector<std::string>& rules) {
    point.got = got;
    for (const Prediction& one : predictions_of(rules, problem, src, point))
      if (fits(one, problem, src, point)) return true;
    return false;
  };
  EXPECT_TRUE(explains(2, {"drops_nan"}));
  EXPECT_TRUE(explains(1, {"drops_nan"}));
  EXPECT_FALSE(explains(3, {"drops_nan"}));
  EXPECT_FALSE(explains(2, {"from_lowest", "running_sum", "f32_average"}));
  EXPECT_FALSE(explains(2, {}));
  EXPECT_THROW(check_rules({"anything_goes"}), std::runtime_error);
}

// The names of the rules that explain `got` where `expected` is right.
std::set<std::string> explaining(const Problem& problem, const std::vector<double>& src,
                                 const std::vector<std::string>& rules, double expected,
                                 double got) {
  const auto bytes = encoded(problem.dtype(), src);
  Point point;
  point.expected = expected, point.got = got;
  std::set<std::string> names;
  for (const Prediction& one : predictions_of(rules, problem, bytes.data(), point))
    if (fits(one, problem, bytes.data(), point))
      names.insert(one.rule.substr(0, one.rule.find(':')));
  return names;
}

using Names = std::set<std::string>;

TEST(engine_rules, an_index_that_lacks_its_depth) {
  const Problem volume = parse_problem("max/global/f32/nhwc/src:1x1x2x2x2/idx");
  const std::vector<float> src(8, -INFINITY);
  Point point;
  point.expected = point.got = -INFINITY;
  point.expected_index = 6;
  for (const int64_t index : {2, 4}) {
    point.got_index = index;
    const auto some = predictions_of({"lowest_lacks_depth"}, volume, src.data(), point);
    EXPECT_EQ(fitting_rule(some, volume, src.data(), point),
              index == 2 ? "lowest_lacks_depth" : "");
  }
  const Problem bytes = parse_problem("max/global/i8/nhwc/src:1x2x2x2x2/idx");
  const std::vector<int8_t> lowest(16, -128);
  point.expected = point.got = -128;
  point.got_index = 2;
  EXPECT_EQ(fitting_rule(predictions_of({"lowest_lacks_depth"}, bytes, lowest.data(), point), bytes,
                         lowest.data(), point),
            "lowest_lacks_depth");
  const Problem first = parse_problem("max/global/f32/nchw/src:1x1x2x2x2/idx");
  EXPECT_TRUE(predictions_of({"lowest_lacks_depth"}, first, src.data(), point).empty());
}

TEST(engine_rules, the_first_nan_is_reported_instead_of_the_last) {
  const Problem problem = parse_problem("max/global/f32/nhwc/src:1x2x1x3/idx");
  const float src[] = {1, 1, NAN, 1, NAN, 1};  // channels 0: 1 nan nan
  Point point;
  point.expected = point.got = NAN;
  point.expected_index = 2;
  for (const int64_t index : {0, 1, 2}) {
    point.got_index = index;
    EXPECT_EQ(fitting_rule(predictions_of({"first_nan"}, problem, src, point), problem, src, point),
              index == 1 ? "first_nan" : "");
  }
}

TEST(engine_rules, a_nan_displaces_numbers_of_its_plane_alone) {
  const Problem problem = parse_problem("max/sliding/f32/nhwc/src:1x2x1x4/k:1x2");
  const float src[] = {1, 1, 2, 2, NAN, 1, 1, 1};  // the first windows of both channels: 1 2
  for (const int64_t c : {0, 1}) {
    Point point;
    point.c = c, point.expected = 2;
    for (const double got : {1, 3}) {
      point.got = got;
      EXPECT_EQ(
          fitting_rule(predictions_of({"nan_displaces"}, problem, src, point), problem, src, point),
          c == 0 && got == 1 ? "nan_displaces" : "");
    }
  }
}

TEST(engine_rules, what_a_nan_displaces_leaves_padding_where_there_is_some) {
  const std::vector<double> src = {2, 1, NAN};
  for (const char* padding : {"", "/p:0x1"}) {
    const Problem problem =
        parse_problem(std::string("max/sliding/f32/nchw/src:1x1x1x3/k:1x2/s:1x1") + padding);
    EXPECT_EQ(explaining(problem, src, {"nan_displaces"}, 2, -INFINITY),
              *padding != '\0' ? Names{"nan_displaces"} : Names{});
  }
}

TEST(engine_rules, a_zero_of_the_other_sign_at_the_right_index) {
  const Problem problem = parse_problem("max/global/f32/nchw/src:1x1x1x2/idx");
  const float src[] = {-0.0f, 0};
  Point point;
  point.expected = -0.0, point.got = 0;
  point.expected_index = 0;
  for (const int64_t index : {0, 1}) {
    point.got_index = index;
    const auto some = predictions_of({"sign_of_zero"}, problem, src, point);
    EXPECT_EQ(fitting_rule(some, problem, src, point), index == 0 ? "sign_of_zero" : "");
  }
}

TEST(engine_rules, two_rules_meet_in_a_window) {
  const Problem problem = parse_problem("max/global/f32/nchw/src:1x1x1x2");
  const std::vector<std::string> both = {"drops_nan", "flushes_subnormals"};
  EXPECT_EQ(explaining(problem, {NAN, 1e-40}, both, NAN, 0),
            Names{"drops_nan, flushes_subnormals"});
  EXPECT_EQ(explaining(problem, {NAN, 1}, both, NAN, 0), Names{});
  EXPECT_EQ(explaining(problem, {NAN, 1e-40}, {"drops_nan"}, NAN, 0), Names{});
  EXPECT_EQ(explaining(problem, {NAN, 1e-40}, {"flushes_subnormals"}, NAN, 0), Names{});
}

TEST(engine_rules, clamps_the_nan_of_an_infinity_and_sums_beyond_the_type) {
  const Problem problem = parse_problem("avg_include_pad/global/f32/nchw/src:1x1x1x3");
  const auto of = [&](const std::vector<double>& src, double got) {
    return explaining(problem, src, {"clamps"}, INFINITY, got);
  };
  EXPECT_EQ(of({-3e38, -3e38, INFINITY}, -INFINITY), Names{"clamps"});
  EXPECT_EQ(of({-3e38, 3e38, INFINITY}, -INFINITY), Names{});
  EXPECT_EQ(of({-3e38, -3e38, INFINITY}, 1), Names{});
}

TEST(engine_rules, sums_in_the_type_round_each_step) {
  const std::vector<std::string> rules = {"sums_in_the_type"};
  const std::vector<double> src = {2048, 1, 1, 1, 0, 0, 0, 0};
  const Problem volume = parse_problem("avg_include_pad/adaptive/f16/nchw/src:1x1x1x1x8/out:1x1x2");
  EXPECT_EQ(explaining(volume, src, rules, 513, 512), Names{"sums_in_the_type"});
  EXPECT_EQ(explaining(volume, src, rules, 513, 512.5), Names{});
  const Problem plane = parse_problem("avg_include_pad/adaptive/f16/nchw/src:1x1x1x8/out:1x2");
  EXPECT_EQ(explaining(plane, src, rules, 513, 512), Names{});
}

TEST(engine_names, are_those_that_ship_or_have_a_command) {
  EXPECT_EQ(parse_engines({"all"}).size(), shipped_engines().size());
  EXPECT_TRUE(parse_engines({"numpy"}).front().shipped);
  const EngineName mine = parse_engines({"mine=./mine -x"}).front();
  EXPECT_EQ(mine.name, "mine");
  EXPECT_EQ(mine.command, "./mine -x");
  EXPECT_FALSE(mine.shipped);
  for (const char* bad : {"mine", "mine=", "=x", "a b=x"})
    EXPECT_THROW(parse_engines({bad}), BadInput) << bad;
  EXPECT_THROW(parse_engines({"numpy", "numpy"}), BadInput);
}

}  // namespace
}  // namespace poolbench
