// run_checked reports plans that break the contract, each with its own message.
#include "host/run.h"

#include <csignal>
#include <cstring>
#include <functional>
#include <thread>

#include "host/substrates/host.h"
#include "tests/support.h"

namespace poolbench {
namespace {

using Work = std::function<void(const Tensors&)>;

class TestPlan : public Plan {
 public:
  explicit TestPlan(Work work, int64_t scratch_bytes = 0, int64_t reads_behind = 0)
      : work_(std::move(work)), scratch_bytes_(scratch_bytes), reads_behind_(reads_behind) {}
  std::string_view kernel() const override { return "test"; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t reads_behind() const override { return reads_behind_; }
  void launch(const Tensors& tensors, Stream) override { work_(tensors); }

 private:
  Work work_;
  int64_t scratch_bytes_, reads_behind_;
};

// A problem and a right plan, which each test breaks in one way.
class Run : public testing::Test {
 protected:
  const Problem problem_ = parse_problem("max/sliding/f32/nchw/src:2x3x9x9/k:2x2/idx");
  const std::vector<std::byte> src_ = filled(problem_, FillKind::kUniform, 1);
  const Answer right_ = right_answer(problem_, src_);

  void do_right(const Tensors& t) const {
    std::memcpy(t[Role::kDst], right_.dst.data(), right_.dst.size());
    std::memcpy(t[Role::kIndices], right_.indices.data(), right_.indices.size() * sizeof(int64_t));
  }
  std::string broken(const Work& work, int64_t scratch_bytes = 0) const {
    TestPlan plan(work, scratch_bytes);
    return run_checked(plan, host_substrate(), problem_, src_.data()).broken;
  }
  // Returns the report on a plan that computes correctly and then does something more.
  std::string broken_after(const Work& more, int64_t scratch_bytes = 0) const {
    return broken(
        [&](const Tensors& t) {
          do_right(t);
          more(t);
        },
        scratch_bytes);
  }
  static std::byte* bytes(const void* address) {
    return static_cast<std::byte*>(const_cast<void*>(address));
  }
  static void touch(std::byte* at) { *at ^= std::byte{0xff}; }
  static void expect_says(const std::string& message, std::initializer_list<const char*> words) {
    EXPECT_NE(message, "");
    for (const char* word : words)
      EXPECT_NE(message.find(word), std::string::npos) << message << "\n  does not say: " << word;
  }
};

TEST_F(Run, right_plan_gives_its_output_and_no_complaint) {
  int launches = 0;
  TestPlan plan([&](const Tensors& t) {
    ++launches;
    EXPECT_EQ(std::memcmp(t[Role::kSrc], src_.data(), src_.size()), 0);
    EXPECT_EQ(t[Role::kScratch], nullptr);
    do_right(t);
  });
  const Outcome outcome = run_checked(plan, host_substrate(), problem_, src_.data());
  EXPECT_EQ(outcome.broken, "");
  EXPECT_EQ(outcome.outputs[Role::kDst], right_.dst);
  EXPECT_TRUE(std::equal(right_.indices.begin(), right_.indices.end(), outcome.indices()));
  EXPECT_GE(launches, 2);
}

TEST_F(Run, tensors_are_aligned_and_apart) {
  EXPECT_EQ(broken_after(
                [&](const Tensors& t) {
                  for (const void* address : t)
                    EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % 256, 0u);
                  std::memset(t[Role::kScratch], 0x33, 100);
                },
                100),
            "");
}

TEST_F(Run, one_element_unwritten) {
  for (const size_t element : {size_t{0}, size_t{3}, right_.dst.size() / 4 - 1})
    expect_says(broken([&](const Tensors& t) {
                  std::byte kept[4];
                  std::memcpy(kept, bytes(t[Role::kDst]) + 4 * element, 4);
                  do_right(t);
                  std::memcpy(bytes(t[Role::kDst]) + 4 * element, kept, 4);
                }),
                {"element", fmt::format(" {} of dst", element).c_str(), "unwritten"});
}

TEST_F(Run, one_byte_unwritten) {
  expect_says(broken([&](const Tensors& t) {
                const std::byte kept = bytes(t[Role::kDst])[4 * 5 + 1];
                do_right(t);
                bytes(t[Role::kDst])[4 * 5 + 1] = kept;
              }),
              {"element 5 of dst", "unwritten"});
}

TEST_F(Run, one_index_unwritten) {
  expect_says(broken([&](const Tensors& t) {
                auto* indices = static_cast<int64_t*>(t[Role::kIndices]);
                const int64_t kept = indices[7];
                do_right(t);
                indices[7] = kept;
              }),
              {"element 7 of indices", "unwritten"});
}

TEST_F(Run, nothing_written) {
  expect_says(broken([](const Tensors&) {}), {"element 0 of dst", "unwritten"});
}

TEST_F(Run, one_byte_beyond_dst) {
  expect_says(
      broken_after([&](const Tensors& t) { touch(bytes(t[Role::kDst]) + right_.dst.size()); }),
      {"writes", "behind dst", "byte 0"});
}

TEST_F(Run, far_beyond_dst) {
  expect_says(broken_after([&](const Tensors& t) {
                touch(bytes(t[Role::kDst]) + right_.dst.size() + 1000);
              }),
              {"writes", "behind dst", "byte 1000"});
}

TEST_F(Run, one_byte_beyond_indices) {
  expect_says(broken_after([&](const Tensors& t) {
                touch(bytes(t[Role::kIndices]) + right_.indices.size() * sizeof(int64_t));
              }),
              {"writes", "behind indices"});
}

TEST_F(Run, before_and_behind_src) {
  expect_says(broken_after([&](const Tensors& t) { touch(bytes(t[Role::kSrc]) - 1); }),
              {"writes", "before src"});
  expect_says(broken_after([&](const Tensors& t) { touch(bytes(t[Role::kSrc]) + src_.size()); }),
              {"writes", "behind src"});
}

TEST_F(Run, one_byte_before_dst) {
  expect_says(broken_after([&](const Tensors& t) { touch(bytes(t[Role::kDst]) - 1); }), {"writes"});
}

TEST_F(Run, beyond_scratch) {
  expect_says(broken_after([&](const Tensors& t) { touch(bytes(t[Role::kScratch]) + 100); }, 100),
              {"writes", "behind scratch"});
}

// Overwriting a guard with its own byte is found by the run with the other pattern.
TEST_F(Run, beyond_dst_with_the_poison_itself) {
  for (const int poison : {0xa5, 0x5a})
    expect_says(broken_after([&](const Tensors& t) {
                  bytes(t[Role::kDst])[right_.dst.size()] = static_cast<std::byte>(poison);
                }),
                {"writes", "behind dst"});
}

TEST_F(Run, input_changed) {
  for (const size_t at : {size_t{0}, src_.size() / 2, src_.size() - 1})
    expect_says(broken_after([&](const Tensors& t) { bytes(t[Role::kSrc])[at] = std::byte{0x42}; }),
                {"changes its input"});
}

TEST_F(Run, state_kept_between_launches) {
  float launches = 0;
  expect_says(
      broken_after([&](const Tensors& t) { static_cast<float*>(t[Role::kDst])[11] = ++launches; }),
      {"element 11 of dst", "from the input alone"});
}

TEST_F(Run, right_at_the_first_launch_only) {
  int launches = 0;
  expect_says(broken_after([&](const Tensors& t) {
                if (++launches > 1) static_cast<float*>(t[Role::kDst])[2] += 1;
              }),
              {"element 2 of dst", "from the input alone"});
}

TEST_F(Run, sums_onto_what_stands_in_dst) {
  expect_says(broken([&](const Tensors& t) {
                const float before = static_cast<float*>(t[Role::kDst])[9];
                do_right(t);
                static_cast<float*>(t[Role::kDst])[9] += before;
              }),
              {"element 9 of dst", "from the input alone"});
}

TEST_F(Run, reads_behind_its_input) {
  expect_says(broken_after([&](const Tensors& t) {
                std::memcpy(static_cast<float*>(t[Role::kDst]) + 1,
                            bytes(t[Role::kSrc]) + src_.size(), 4);
              }),
              {"element 1 of dst", "from the input alone"});
}

// What a kernel read there and dropped changes no output.
class Reads : public Run {
 protected:
  // The report on a plan that reads a float at this distance from an operand's begin.
  std::string reads(Role role, int64_t floats, int64_t may_read_behind = 0) const {
    return run_checked_after(
        [=](const Tensors& t) {
          static_cast<void>(static_cast<const volatile float*>(t[role])[floats]);
        },
        may_read_behind);
  }
  std::string run_checked_after(const Work& more, int64_t may_read_behind = 0) const {
    TestPlan plan(
        [&](const Tensors& t) {
          std::memcpy(t[Role::kDst], answer_.dst.data(), answer_.dst.size());
          more(t);
        },
        0, may_read_behind);
    return run_checked(plan, host_substrate(), even_, even_src_.data()).broken;
  }
  // Operands of 1024 and 256 bytes: nothing lies between their ends and those of their pages.
  const Problem even_ = parse_problem("max/sliding/f32/nchw/src:1x1x16x16/k:2x2");
  const std::vector<std::byte> even_src_ = filled(even_, FillKind::kUniform, 1);
  const Answer answer_ = right_answer(even_, even_src_);
};

TEST_F(Reads, within_its_operands) {
  EXPECT_EQ(reads(Role::kSrc, 0), "");
  EXPECT_EQ(reads(Role::kSrc, 255), "");
  EXPECT_EQ(reads(Role::kDst, 63), "");
}

TEST_F(Reads, one_element_behind_or_before_an_operand) {
  expect_says(reads(Role::kSrc, 256), {"reads beyond its operands", "0 bytes behind src"});
  expect_says(reads(Role::kSrc, -1), {"reads beyond its operands", "4 bytes before src"});
  expect_says(reads(Role::kDst, 64), {"reads beyond its operands", "0 bytes behind dst"});
  expect_says(reads(Role::kDst, -2), {"reads beyond its operands", "8 bytes before dst"});
}

// XNNPACK's operands, for one, must be readable 16 bytes further.
TEST_F(Reads, behind_an_operand_as_far_as_the_plan_says) {
  EXPECT_EQ(reads(Role::kSrc, 256, 16), "");
  EXPECT_EQ(reads(Role::kSrc, 259, 16), "");
  expect_says(reads(Role::kSrc, 256 + 64, 16), {"reads beyond its operands", "bytes behind src"});
  expect_says(reads(Role::kSrc, -1, 16), {"reads beyond its operands", "4 bytes before src"});
}

TEST_F(Reads, on_another_thread_too) {
  expect_says(run_checked_after([](const Tensors& t) {
                std::thread([&] {
                  for (int64_t i = 256; i < 300; ++i)
                    static_cast<void>(static_cast<const volatile float*>(t[Role::kSrc])[i]);
                }).join();
              }),
              {"reads beyond its operands", "0 bytes behind src"});
}

TEST_F(Reads, elsewhere_is_a_crash) {
  const volatile uintptr_t elsewhere = 64;
  EXPECT_EXIT(run_checked_after([&](const Tensors&) {
                static_cast<void>(*reinterpret_cast<const volatile char*>(elsewhere));
              }),
              testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(run_checked_after([](const Tensors&) { std::raise(SIGSEGV); }),
              testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(Run, reads_scratch_before_writing_it) {
  expect_says(
      broken_after([](const Tensors& t) { std::memcpy(t[Role::kDst], t[Role::kScratch], 4); }, 100),
      {"element 0 of dst", "from the input alone"});
}

TEST_F(Run, what_launch_throws_is_passed_on) {
  TestPlan plan([](const Tensors&) { throw std::runtime_error("device lost"); });
  EXPECT_THROW(run_checked(plan, host_substrate(), problem_, src_.data()), std::runtime_error);
}

TEST_F(Run, empty_batch) {
  const auto empty = parse_problem("max/sliding/f32/nchw/src:0x3x9x9/k:2x2/idx");
  TestPlan plan([](const Tensors& t) { EXPECT_NE(t[Role::kDst], nullptr); });
  const Outcome outcome = run_checked(plan, host_substrate(), empty, nullptr);
  EXPECT_EQ(outcome.broken, "");
  EXPECT_TRUE(outcome.outputs[Role::kDst].empty());
  TestPlan writes([](const Tensors& t) { touch(bytes(t[Role::kDst])); });
  expect_says(run_checked(writes, host_substrate(), empty, nullptr).broken,
              {"writes", "behind dst"});
}

TEST_F(Run, more_memory_than_there_is) {
  TestPlan plan([](const Tensors&) {}, int64_t{1} << 60);
  EXPECT_THROW(run_checked(plan, host_substrate(), problem_, src_.data()), OutOfMemory);
}

}  // namespace
}  // namespace poolbench
