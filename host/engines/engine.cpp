#include "host/engines/engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <omp.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <optional>
#include <sstream>
#include <thread>

#include "host/engines/problem_words.h"
#include "host/engines/process.h"
#include "host/engines/protocol.h"
#include "host/engines/rules.h"
#include "host/substrates/host.h"
#include "host/substrates/shared_memory.h"
#include "host/substrates/worker.h"

namespace poolbench {
namespace {

constexpr const char* kShipped[] = {
    "numpy", "scipy",  "torch",      "torch-compile",      "onnxruntime",      "openvino",
    "jax",   "litert", "torch-cuda", "torch-compile-cuda", "onnxruntime-cuda", "tensorrt"};
constexpr std::string_view kOnCuda = "-cuda";  // the same script with --device cuda

// Threads of an engine that wait for work by spinning do so for some milliseconds (libgomp: 3), or
// longer where they share the processors. Who spins on does it in the others' time, and is named.
constexpr std::chrono::milliseconds kRest{100};
constexpr std::chrono::microseconds kLook{300};

std::string quoted(const std::string& path) { return "'" + path + "'"; }

std::string python_command(const std::string& file) {
  const std::string python = engines_folder() + "/venv/bin/python";
  return fmt::format("{} -m poolbench_engine {}",
                     std::filesystem::exists(python) ? quoted(python) : "python3", quoted(file));
}

EngineName shipped(const std::string& name) {
  const bool on_cuda = name.ends_with(kOnCuda);
  std::string file = name.substr(0, name.size() - (on_cuda ? kOnCuda.size() : 0));
  std::ranges::replace(file, '-', '_');
  return {name,
          python_command(fmt::format("{}/{}_engine.py", engines_folder(), file)) +
              (on_cuda ? " --device cuda" : ""),
          true};
}

// A Python file, with arguments or without, is run as those that ship are.
std::string command_of(const std::string& text) {
  const std::string file = text.substr(0, text.find(' '));
  if (!file.ends_with(".py") || !std::filesystem::exists(file)) return text;
  return python_command(file) + text.substr(file.size());
}

// Of what a command runs: the first Python file that it names, else the first file. A command that
// names none stands for it.
std::string file_of(const std::string& command) {
  std::istringstream words(command);
  std::string file;
  for (std::string word; words >> word;) {
    std::error_code none;
    if (!std::filesystem::is_regular_file(word, none)) continue;
    if (file.empty() || word.ends_with(".py")) file = word;
    if (word.ends_with(".py")) break;
  }
  return file.empty() ? command : std::filesystem::absolute(file).string();
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char letter) {
    return std::isalnum(letter) || letter == '-' || letter == '_';
  });
}

class EnginePlan : public Plan {
 public:
  EnginePlan(EngineProcess& process, Spread& spread, int64_t number, std::string kernel,
             std::vector<Operand> operands)
      : process_(process),
        spread_(spread),
        generation_(process.generation()),
        number_(number),
        kernel_(std::move(kernel)),
        operands_(std::move(operands)) {}
  ~EnginePlan() override {
    if (!is_there()) return;
    try {
      process_.ask(fmt::format("{} {}", POOLBENCH_ENGINE_DROP, number_), "drop");
    } catch (const std::exception&) {  // it is gone; whoever asks it next says so
    }
  }
  EnginePlan(const EnginePlan&) = delete;

  std::string_view kernel() const override { return kernel_; }
  void launch(const Tensors& tensors, Stream stream) override {
    if (!is_there())
      throw ContenderEnded(ContenderEnded::kExit, process_.name(),
                           "its process ended before this launch");
    WorkerLaunch launch{number_, {}};
    for (const Operand& operand : operands_) launch.addresses.push_back(tensors[operand.role]);
    static_cast<WorkerStream*>(stream)->push_back(std::move(launch));
  }
  // Its threads go to sleep by themselves, and wake up apart.
  void rest() override {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + kRest;
    while (is_there() && !process_.is_asleep() && Clock::now() < end)
      std::this_thread::sleep_for(kLook);
    if (is_there()) spread_.apart(process_.pid());
  }

 private:
  bool is_there() const { return process_.is_running() && process_.generation() == generation_; }

  EngineProcess& process_;
  Spread& spread_;
  int64_t generation_, number_;
  std::string kernel_;
  std::vector<Operand> operands_;
};

class EngineBackend : public Backend {
 public:
  EngineBackend(const EngineName& engine, const EngineOptions& options)
      : process_(engine.name, engine.command,
                 options.threads > 0 ? options.threads : omp_get_num_procs(), options.limit,
                 engine.shipped || options.trust_rules),
        facts_(process_.start()),
        substrate_(process_, facts_),
        rules_trusted_(engine.shipped || options.trust_rules) {
    check_rules(facts_.rules);
  }

  std::string_view name() const override { return process_.name(); }
  Substrate& substrate() const override { return substrate_; }
  std::vector<KernelInfo> kernels() const override {
    std::vector<KernelInfo> infos;
    for (const std::string& kernel : facts_.kernels) infos.push_back({kernel, version()});
    return infos;
  }
  // An engine takes what it can plan. The plan is kept for whoever asks for it next.
  Support supports(const Problem& problem, std::string_view kernel) const override {
    kept_.reset();
    try {
      kept_.emplace(Kept{problem, std::string(kernel), make(problem, kernel)});
    } catch (const Refused& refused) {
      return {refused.what()};
    }
    return {};
  }
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel) override {
    if (kept_ && kept_->problem == problem && kept_->kernel == kernel) {
      auto plan = std::move(kept_->plan);
      kept_.reset();
      return plan;
    }
    return make(problem, kernel);
  }
  std::vector<Prediction> predictions(const Problem& problem, const void* src,
                                      const Point& point) const override {
    return predictions_of(facts_.rules, problem, src, point);
  }
  bool rules_trusted() const override { return rules_trusted_; }
  std::string note() const override { return facts_.note; }
  std::string version() const override { return facts_.version; }

 private:
  struct Kept {
    Problem problem;
    std::string kernel;
    std::unique_ptr<Plan> plan;
  };

  std::unique_ptr<Plan> make(const Problem& problem, std::string_view kernel) const {
    if (problem.spec().windowing == Windowing::kFractional && !facts_.samples)
      throw Refused(fmt::format("{}: samples: it takes none", name()));
    if (!kernel.empty() && std::ranges::find(facts_.kernels, kernel) == facts_.kernels.end())
      throw Refused(fmt::format("{} has no kernel '{}'", name(), kernel));
    process_.start();
    substrate_.spread().let_go();  // what it starts now is not to be on one processor
    const int64_t number = ++plans_;
    std::string line =
        fmt::format("{} {} {}", POOLBENCH_ENGINE_PLAN, number, problem_words(problem));
    if (!kernel.empty()) line += fmt::format(" use={}", kernel);
    const std::string chosen = process_.ask(line, "plan");
    return std::make_unique<EnginePlan>(process_, substrate_.spread(), number,
                                        chosen.empty() ? facts_.kernels.front() : chosen,
                                        operands(problem));
  }

  mutable EngineProcess process_;
  EngineFacts facts_;
  mutable WorkerSubstrate substrate_;
  bool rules_trusted_;
  mutable int64_t plans_ = 0;
  mutable std::optional<Kept> kept_;
};

}  // namespace

std::span<const char* const> shipped_engines() { return kShipped; }

std::vector<EngineName> parse_engines(const std::vector<std::string>& texts) {
  std::vector<EngineName> engines;
  const auto add = [&](EngineName engine) {
    for (const EngineName& other : engines)
      if (other.name == engine.name)
        throw BadInput(fmt::format("--engine: {} is named twice", engine.name));
    engines.push_back(std::move(engine));
  };
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (equals != std::string::npos && is_name(name) && equals + 1 < text.size()) {
      const std::string command = text.substr(equals + 1);
      add({name, command_of(command), false, file_of(command)});
    } else if (text == "all") {
      for (const char* one : kShipped) add(shipped(one));
    } else if (std::ranges::find(kShipped, text) != std::end(kShipped)) {
      add(shipped(text));
    } else {
      throw BadInput(fmt::format(
          "--engine '{}': all, {}, or NAME=COMMAND is right, as in mine='python3 mine.py', where "
          "letters, digits, - and _ make a name",
          text, fmt::join(kShipped, ", ")));
    }
  }
  return engines;
}

EngineName isolated_module(const std::string& name, const std::string& file) {
  const std::string path = std::filesystem::absolute(file).string();
  return {name,
          fmt::format("{} {}", quoted(engines_folder() + "/../poolbench_worker"), quoted(path)),
          false, path};
}

std::vector<std::unique_ptr<Backend>> open_engine(const EngineName& engine,
                                                  const EngineOptions& options) {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<EngineBackend>(engine, options));
  if (&backends.front()->substrate().memory() == &host_substrate()) share_host_memory();
  return backends;
}

}  // namespace poolbench
