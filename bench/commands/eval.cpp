// poolbench eval: runs one problem on the user's arrays.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "bench/commands/command.h"
#include "bench/judge/arrays.h"
#include "bench/judge/emulation.h"
#include "bench/select/selection.h"
#include "bench/supervise/link.h"
#include "bench/supervise/supervisor.h"
#include "host/file.h"
#include "host/index_form.h"
#include "host/run.h"
#include "host/turn.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

struct Flags {
  std::string problem, input, output, indices, indices_form = "plane", samples, backend = "naive";
  SelectionFlags selection;
};

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
  const IndexForm form = parse_index_form(flags.indices_form);
  const std::vector<std::byte> src = read_src(flags.input, problem);

  SelectionFlags selection = flags.selection;
  selection.backends = {flags.backend};
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
  Outcome outcome = run_checked(*plan, backend.substrate(), problem, src.data());
  if (!outcome.broken.empty()) {
    fmt::print(stderr, "poolbench: {} {}\n", flags.backend, outcome.broken);
    return kWrongResult;
  }
  Outputs& outputs = outcome.outputs;
  std::vector<std::byte>& indices = outputs[Role::kIndices];
  convert_indices(problem, form,
                  {reinterpret_cast<int64_t*>(indices.data()), indices.size() / sizeof(int64_t)});
  if (flags.output.empty()) print("{}\n", numbers_of(problem, outputs));
  if (!flags.output.empty()) write_dst(flags.output, problem, outputs[Role::kDst]);
  if (!flags.indices.empty()) write_indices(flags.indices, problem, std::move(indices));
  return kAsExpected;
}

}  // namespace

void add_eval(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("eval", "Pool a NumPy array");
  auto flags = std::make_shared<Flags>();
  command->add_option("--problem", flags->problem, "Problem as text")->required();
  command
      ->add_option("--input", flags->input,
                   "Array in the layout's axis order: a .npy file, or numbers as in '1 nan 2 3'")
      ->required();
  command->add_option("--output", flags->output,
                      "Where the result goes, .npy [printed as numbers]");
  auto* indices = command->add_option("--indices", flags->indices,
                                      "Where the maxima's indices go (int64), .npy");
  command
      ->add_option("--indices-form", flags->indices_form,
                   "What they count: plane, onnx, or onnx-column-major (storage_order 1) [plane]")
      ->needs(indices);
  command->add_option("--samples", flags->samples,
                      "Fractional: samples, f64 of shape (n, c, axes) in d, h, w order, .npy");
  command->add_option("--backend", flags->backend,
                      "Backend; NAME.KERNEL forces one kernel [naive]");
  command
      ->add_option("--module", flags->selection.modules,
                   "NAME=FILE: a backend from a shared object")
      ->take_all();
  add_engine_flags(*command, flags->selection);
  command->footer(
      "Arrays are C-contiguous; bf16 travels as uint16.\n"
      "Example: poolbench eval --problem max/sliding/f32/nchw/src:1x3x8x8/k:2x2 --input x.npy "
      "--output y.npy\n"
      "Example: poolbench eval --problem max/sliding/f32/nchw/src:1x1x4/k:2 --input '1 nan 2 3'");
  command->callback(
      [flags, &run] { run = [flags] { return in_child([&] { return eval(*flags); }); }; });
}

}  // namespace poolbench
