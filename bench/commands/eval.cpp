// poolbench eval: runs one problem on the user's arrays.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstring>

#include "bench/commands/command.h"
#include "bench/judge/emulation.h"
#include "bench/select/selection.h"
#include "bench/supervise/supervisor.h"
#include "host/file.h"
#include "host/npy.h"
#include "host/run.h"
#include "host/turn.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

struct Flags {
  std::string problem, input, output, indices, samples, backend = "naive";
  std::vector<std::string> modules;
};

// Translates a .npy type to NumPy's name. Files count bytes, problems count bits: "i8" is int64 in
// a file and int8 in a problem, so messages use neither.
std::string numpy_name(const std::string& npy) {
  const std::string kind = npy[0] == 'f' ? "float" : npy[0] == 'u' ? "uint" : "int";
  return npy.size() == 2 ? fmt::format("{}{}", kind, 8 * (npy[1] - '0')) : npy;
}

std::vector<int64_t> array_shape(const Problem& problem, const Extents& extents) {
  std::vector<int64_t> shape = {problem.n()};
  const bool last = problem.layout() == Layout::kChannelsLast;
  if (!last) shape.push_back(problem.c());
  for (int axis = problem.first_axis(); axis < 3; ++axis) shape.push_back(extents[axis]);
  if (last) shape.push_back(problem.c());
  return shape;
}

NpyArray read_array(const std::string& flag, const std::string& path, const std::string& dtype,
                    const std::vector<int64_t>& shape) {
  NpyArray array = read_npy(path);
  if (array.dtype != dtype)
    throw BadInput(fmt::format("{}: {} holds {}, the problem needs {}", flag, path,
                               numpy_name(array.dtype), numpy_name(dtype)));
  if (array.shape != shape)
    throw BadInput(fmt::format("{}: {} has the shape ({}), the problem needs ({})", flag, path,
                               fmt::join(array.shape, ", "), fmt::join(shape, ", ")));
  return array;
}

Problem with_samples(const Problem& problem, const std::string& path) {
  if (problem.spec().windowing != Windowing::kFractional)
    throw BadInput(fmt::format("--samples: mean nothing for {}, only for fractional",
                               token(problem.spec().windowing)));
  const NpyArray array =
      read_array("--samples", path, "f8", {problem.n(), problem.c(), problem.rank()});
  return problem.with([&](Description& d) {
    d.spec.samples.resize(array.data.size() / sizeof(double));
    if (!array.data.empty())
      std::memcpy(d.spec.samples.data(), array.data.data(), array.data.size());
  });
}

ExitStatus eval(const Flags& flags) {
  if (flags.backend.find(',') != std::string::npos)
    throw BadInput(fmt::format("--backend: '{}' names several; eval runs one", flags.backend));
  Problem problem = parse_problem(flags.problem);
  if (!flags.samples.empty()) problem = with_samples(problem, flags.samples);
  if (!flags.indices.empty() && !is_extreme(problem.spec().reduction))
    throw BadInput(
        fmt::format("--indices: {} has none, only extremes have", token(problem.spec().reduction)));
  if (!flags.indices.empty()) problem = problem.with([](Description& d) { d.spec.indices = true; });
  check_writable(flags.output);
  check_writable(flags.indices);
  const std::string dtype = facts(problem.dtype()).npy;
  const NpyArray src =
      read_array("--input", flags.input, dtype, array_shape(problem, problem.src()));

  SelectionFlags selection;
  selection.backends = {flags.backend};
  selection.modules = flags.modules;
  const Backends backends = select_backends(selection);
  const Contender& contender = backends.contenders.front();
  Backend& backend = *contender.backend;
  const Support support = backend.supports(problem, contender.kernel);
  if (!support) {
    fmt::print(stderr, "poolbench: {} refuses {}: {}\n", flags.backend, to_text(problem),
               support.why_not);
    return kNotRun;
  }
  say_turn(contender.name(), "plan");
  const auto plan = backend.plan(problem, contender.kernel);
  fmt::print(stderr, "{}", slow_emulation(contender, problem, 1));
  say_turn(contender.name(), "launch");
  const Outcome outcome = run_checked(*plan, backend.substrate(), problem, src.data.data());
  if (!outcome.broken.empty()) {
    fmt::print(stderr, "poolbench: {} {}\n", flags.backend, outcome.broken);
    return kWrongResult;
  }
  const auto shape = array_shape(problem, problem.dst());
  write_npy(flags.output, {dtype, shape, outcome.outputs[Role::kDst]});
  if (!flags.indices.empty())
    write_npy(flags.indices, {"i8", shape, outcome.outputs[Role::kIndices]});
  return kAsExpected;
}

}  // namespace

void add_eval(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("eval", "Pool a NumPy array");
  auto flags = std::make_shared<Flags>();
  command->add_option("--problem", flags->problem, "Problem as text")->required();
  command->add_option("--input", flags->input, "Array in the layout's axis order, .npy")
      ->required();
  command->add_option("--output", flags->output, "Where the result goes, .npy")->required();
  command->add_option("--indices", flags->indices, "Where the maxima's indices go (int64), .npy");
  command->add_option("--samples", flags->samples,
                      "Fractional: samples, f64 of shape (n, c, axes) in d, h, w order, .npy");
  command->add_option("--backend", flags->backend,
                      "Backend; NAME.KERNEL forces one kernel [naive]");
  command->add_option("--module", flags->modules, "NAME=FILE: a backend from a shared object")
      ->take_all();
  command->footer(
      "Arrays are C-contiguous; bf16 travels as uint16.\n"
      "Example: poolbench eval --problem max/sliding/f32/nchw/src:1x3x8x8/k:2x2 --input x.npy "
      "--output y.npy");
  command->callback(
      [flags, &run] { run = [flags] { return in_child([&] { return eval(*flags); }); }; });
}

}  // namespace poolbench
