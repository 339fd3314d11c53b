// The CUDA substrate on a runtime that a test has in its hand (fake_cuda.h), with kernels of the
// naive family: what becomes of a device without memory, and of launches that are none.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "bench/judge/verify.h"
#include "host/backends/backends.h"
#include "host/substrates/cuda.h"
#include "tests/fake_cuda.h"

namespace poolbench {
namespace {

// Enqueues what the naive backend computes at once.
struct EnqueuedPlan : Plan {
  explicit EnqueuedPlan(std::unique_ptr<Plan> inner) : inner(std::move(inner)) {}
  std::string_view kernel() const override { return inner->kernel(); }
  int64_t scratch_bytes() const override { return inner->scratch_bytes(); }
  void launch(const Tensors& tensors, Stream stream) override {
    fake_cuda::enqueue(stream, [this, tensors] { inner->launch(tensors, nullptr); });
  }
  std::unique_ptr<Plan> inner;
};

class FakeCudaBackend : public Backend {
 public:
  std::string_view name() const override { return "cuda:0"; }
  Substrate& substrate() const override { return *cuda_substrates().front(); }
  std::vector<KernelInfo> kernels() const override { return naive_->kernels(); }
  Support supports(const Problem& problem, std::string_view kernel) const override {
    return naive_->supports(problem, kernel);
  }
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel) override {
    return std::make_unique<EnqueuedPlan>(naive_->plan(problem, kernel));
  }

 private:
  std::unique_ptr<Backend> naive_ = std::move(open_naive({}).front());
};

class CudaSubstrate : public testing::Test {
 protected:
  void SetUp() override { nothing_is_left(); }
  void TearDown() override {
    fake_cuda::most_bytes = int64_t{1} << 30;
    fake_cuda::graphs_fit = true;
    nothing_is_left();
  }
  void nothing_is_left() {
    backend_.substrate();  // has a stream for good
    EXPECT_EQ(fake_cuda::memory, 0);
    EXPECT_EQ(fake_cuda::graphs, 0);
    EXPECT_EQ(fake_cuda::executables, 0);
    EXPECT_EQ(fake_cuda::events, 0);
  }
  // Of a case of this width.
  Verdict judge(int64_t w) {
    const Problem problem =
        parse_problem(fmt::format("max/sliding/f32/nchw/src:1x1x1x{}/k:1x2", w));
    const Input input = make_input(problem, FillKind::kUniform, 1);
    return Judge(problem, input).verify(prepare({&backend_, {}}, problem));
  }
  void expect_right(int64_t w) {
    const Verdict verdict = judge(w);
    EXPECT_EQ(verdict.status, Status::kOk) << verdict.reason;
  }

  FakeCudaBackend backend_;
};

TEST_F(CudaSubstrate, a_case_without_memory_is_an_error_and_the_next_one_is_right) {
  fake_cuda::most_bytes = 1 << 20;
  expect_right(1000);
  const Verdict verdict = judge(1'000'000);
  EXPECT_EQ(verdict.status, Status::kError);
  EXPECT_TRUE(verdict.reason.starts_with("cuda:0: no memory for ")) << verdict.reason;
  EXPECT_TRUE(verdict.reason.ends_with(" bytes (the device has 1073741824)")) << verdict.reason;
  expect_right(1000);
  fake_cuda::most_bytes = 0;
  EXPECT_EQ(judge(2).status, Status::kError);
}

TEST_F(CudaSubstrate, a_graph_without_memory_is_an_error_and_the_next_one_is_right) {
  fake_cuda::graphs_fit = false;
  const Verdict verdict = judge(1000);
  EXPECT_EQ(verdict.status, Status::kError);
  EXPECT_NE(verdict.reason.find("out of memory (cudaErrorMemoryAllocation)"), std::string::npos)
      << verdict.reason;
  EXPECT_EQ(fake_cuda::executables, 0) << "a graph that was made is not freed";
  fake_cuda::graphs_fit = true;
  expect_right(1000);
}

TEST_F(CudaSubstrate, running_out_of_memory_is_no_loss_of_the_device) {
  fake_cuda::most_bytes = 0;
  EXPECT_THROW(Buffer(backend_.substrate(), 1), OutOfMemory);
  fake_cuda::most_bytes = 1 << 20;
  fake_cuda::graphs_fit = false;
  EXPECT_THROW(
      backend_.substrate().record([](Stream stream) { fake_cuda::enqueue(stream, [] {}); }),
      OutOfMemory);
}

TEST_F(CudaSubstrate, a_launch_has_kernels_alone) {
  Substrate& substrate = backend_.substrate();
  EXPECT_THROW(substrate.record([](Stream stream) { fake_cuda::enqueue_host_call(stream); }),
               BrokenContract);
  EXPECT_TRUE(substrate.record([](Stream) {})->empty());
  EXPECT_THROW(substrate.record([](Stream) { throw std::logic_error("no"); }), std::logic_error);
  EXPECT_FALSE(substrate.record([](Stream stream) { fake_cuda::enqueue(stream, [] {}); })->empty());
}

}  // namespace
}  // namespace poolbench
