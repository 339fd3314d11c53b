// poolbench list: operations, backends, kernels, suites, problems, rules.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "bench/commands/command.h"
#include "bench/record/context.h"
#include "bench/select/selection.h"
#include "bench/supervise/link.h"
#include "bench/supervise/supervisor.h"
#include "bench/text.h"
#include "host/engines/problem_words.h"
#include "host/file.h"
#include "host/rules.h"
#include "kernels/family.h"

namespace poolbench {
namespace {

struct Flags {
  SelectionFlags selection;
  std::string json;
};

Json list_ops(const Flags&) {
  Json rows = Json::array();
  kEveryReduction.for_each([&](Reduction reduction) {
    kEveryWindowing.for_each([&](Windowing windowing) {
      const auto op = fmt::format("{}/{}", token(reduction), token(windowing));
      print("{}\n", op);
      rows.push_back(op);
    });
  });
  return rows;
}

Json list_backends(const Flags& flags) {
  Json rows = Json::array();
  const auto families = open_backends(flags.selection.backends, backend_options(flags.selection));
  for (const FamilyState& family : families) {
    for (const auto& backend : family.backends) {
      const Device& device = backend->substrate().device();
      print("{:<16} available    {} ({}, cache {})\n", backend->name(), device.name,
            device.substrate, bytes_text(double(device.cache_bytes)));
      rows.push_back({{"backend", backend->name()},
                      {"available", true},
                      {"timeable", backend->timeable()},
                      {"device", device_json(device)}});
    }
    if (!family.backends.empty()) continue;
    print("{:<16} unavailable  {}\n", family.family, family.why_unavailable);
    rows.push_back(
        {{"backend", family.family}, {"available", false}, {"reason", family.why_unavailable}});
  }
  return rows;
}

Json list_kernels(const Flags& flags) {
  Json rows = Json::array();
  const Backends backends = select_backends(flags.selection);
  for (const FamilyState& family : backends.families)
    for (const auto& backend : family.backends)
      for (const KernelInfo& kernel : backend->kernels()) {
        print("{:<32} {}\n", fmt::format("{}.{}", backend->name(), kernel.name), kernel.summary);
        rows.push_back(
            {{"backend", backend->name()}, {"kernel", kernel.name}, {"summary", kernel.summary}});
      }
  return rows;
}

Json list_suites(const Flags&) {
  Json rows = Json::array();
  for (const SuiteInfo& suite : suite_names()) {
    const size_t problems = read_suite(suite.name).size();
    print("{:<14} {:>5} problems  {}\n", suite.name, problems, suite.description);
    rows.push_back(
        {{"suite", suite.name}, {"problems", problems}, {"description", suite.description}});
  }
  return rows;
}

Json list_problems(const Flags& flags) {
  Json rows = Json::array();
  for (const Problem& problem : select_problems(flags.selection)) {
    print("{}\n", to_text(problem));
    Json& row = rows.emplace_back(Json::object());
    for (const ProblemWord& word : worked_out(problem))
      std::visit([&](const auto& value) { row[word.key] = value; }, word.value);
  }
  return rows;
}

Json list_rules(const Flags&) {
  Json rows = Json::array();
  for (const Rule& rule : all_rules()) {
    const auto& [problem, input, output, spec] = rule.example;
    print("{:<8} {:<26} {}\n{:<8} {} of '{}' gives '{}', not '{}'\n", rule.set, rule.name,
          rule.reason, "", problem, input, output, spec);
    rows.push_back({{"rules", rule.set}, {"rule", rule.name}, {"reason", rule.reason}});
  }
  return rows;
}

struct Listing {
  const char* name;
  const char* what;
  Json (*list)(const Flags&);
};
constexpr Listing kListings[] = {
    {"ops", "Reductions and windowings", list_ops},
    {"backends", "Backends, available or why not", list_backends},
    {"kernels", "The available backends' kernels, fastest first", list_kernels},
    {"suites", "Built-in suites", list_suites},
    {"problems", "The problems of a selection", list_problems},
    {"rules", "Rule sets for `check --rules`: what they say instead of host/spec.md", list_rules},
};

ExitStatus list(const Listing& listing, const Flags& flags) {
  check_writable(flags.json);
  const Json rows = listing.list(flags);
  if (!flags.json.empty()) write_file(flags.json, Json{{listing.name, rows}}.dump(1) + "\n");
  return rows.empty() ? nothing_ran(why_nothing(flags.selection)) : kAsExpected;
}

}  // namespace

void add_list(CLI::App& app, Run& run) {
  auto* command =
      app.add_subcommand("list", "What there is: ops, backends, kernels, suites, problems, rules");
  command->require_subcommand(1);
  command->footer("Example: poolbench list problems --suite models --batch 32");
  for (const Listing& listing : kListings) {
    auto flags = std::make_shared<Flags>();
    auto* sub = command->add_subcommand(listing.name, listing.what);
    const std::string_view name = listing.name;
    if (name == "problems") add_problem_flags(*sub, flags->selection);
    if (name == "backends" || name == "kernels") add_backend_flags(*sub, flags->selection);
    sub->add_option("--json", flags->json, "Write the list to this file");
    sub->callback([&listing, flags, &run] {
      run = [&listing, flags] { return in_child([&] { return list(listing, *flags); }); };
    });
  }
}

}  // namespace poolbench
