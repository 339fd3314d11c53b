// What a command does case by case, and who runs it: this process, or a child that it watches.
#ifndef POOLBENCH_BENCH_SUPERVISE_CASES_H_
#define POOLBENCH_BENCH_SUPERVISE_CASES_H_

#include <functional>
#include <memory>

#include "bench/record/fields.h"

namespace poolbench {

// What is known once the backends are open, before any case ran.
struct Opened {
  struct Case {
    std::string name;
    double work = 0;  // its share of the run, in the command's own unit
  };
  std::vector<Case> cases;
  std::vector<std::string> contenders;
  Json facts = Json::object();  // what the command's reports need
};

// The cases of a command, in the process that has the backends open.
class Cases {
 public:
  virtual ~Cases() = default;
  virtual const Opened& opened() const = 0;
  // Runs a case and returns its rows. Contenders that are set aside do not run; they have rows all
  // the same.
  virtual Json run(size_t index, const SetAside& set_aside) = 0;
  // Contenders whose launches of the latest case were not what they must be. Another one may have
  // spoilt them.
  virtual SetAside caught() const { return {}; }
  // What inputs and orders are drawn from; 0 where nobody is caught.
  virtual uint64_t seed() const { return 0; }
  // Draws from this seed what follows: the process with that seed has caught somebody.
  virtual void draw_from(uint64_t /*seed*/) {}
  // Rows of the latest case of which explain() knows more, by number, and their contenders.
  using Unexplained = std::vector<std::pair<size_t, std::string>>;
  virtual Unexplained unexplained() const { return {}; }
  // Returns a row of the case with what takes longer to say. It stands without that, so whoever
  // runs the case goes on where this does not end. In any process.
  virtual Json explain(size_t, const Json& row) { return row; }
  // What else is known since the latest case, to be merged into the facts (Json::merge_patch).
  virtual Json news() { return Json::object(); }
  // Returns the words of a device that works no more, as after a wild write on it, or nothing.
  // Nothing that comes after it in this process would be true.
  virtual std::string lost_device() const = 0;
};

// Opens the backends. Without cases the command is done, with this status.
struct Opening {
  std::unique_ptr<Cases> cases;
  ExitStatus status = kAsExpected;
};
using OpenCases = std::function<Opening()>;

// Asks for cases one after the other. The rows do not depend on who runs them.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual const Opened& opened() const = 0;
  // Returns nothing where the case was not finished: the run was interrupted, or nobody is left
  // who could run it.
  virtual std::optional<Json> run(size_t index) = 0;
  // What all cases that ran for it have brought, as Cases::news().
  virtual Json news() = 0;
  // The cases that follow run in a fresh process, where there is one beside this.
  virtual void renew() = 0;
  // How the runs were watched, for the record.
  virtual Json notes() const = 0;
  // Ends the work, and returns the status of that.
  virtual ExitStatus finish() = 0;
};

// What a supervised run may cost.
constexpr double kCaseLimit = 300;  // seconds

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SUPERVISE_CASES_H_
