#include "bench/supervise/supervisor.h"

#include <algorithm>

#include "bench/time/interrupt.h"

namespace poolbench {
namespace {

Opened opened_of(const Json& json) {
  Opened opened;
  for (const Json& one : json.at("cases")) opened.cases.push_back({one.at(0), one.at(1)});
  opened.contenders = json.at("contenders");
  opened.facts = json.at("facts");
  return opened;
}

// "m ended the process by signal 11 (Segmentation fault) during load"
std::string story(const Turn& turn, const Death& death) {
  return fmt::format("{} {}{}", turn.contender.empty() ? "something" : turn.contender, death.text(),
                     turn.doing.empty() ? "" : " during " + turn.doing);
}

template <class... Args>
void complain(fmt::format_string<Args...> format, Args&&... args) {
  fmt::print(stderr, "poolbench: {}\n", fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace

void Supervisor::start() {
  child_.emplace();
  const Child::Event event = child_->wait(case_limit_);
  if (event.message && event.message->contains("opened")) {
    opened_ = opened_of(event.message->at("opened"));
    return;
  }
  gone_ = true;
  if (event.message) {
    status_ = static_cast<ExitStatus>(event.message->at("end").get<int>());
  } else if (event.interrupted) {
    status_ = kNotRun;
  } else {
    complain("{}", story(last_turn(), *event.death));
    status_ = kUnavailable;
  }
  child_.reset();
}

// Starts another child, which must offer the same cases.
bool Supervisor::restart() {
  ++restarts_;
  const Opened before = *opened_;
  opened_.reset();
  for (int attempt = 0; attempt < 2 && !opened_ && !Interrupt::asked(); ++attempt) {
    gone_ = false;
    start();
  }
  const bool same = opened_ && opened_->cases.size() == before.cases.size() &&
                    opened_->contenders == before.contenders;
  if (opened_ && !same) complain("another process found other backends or cases");
  if (!same) gone_ = true;
  opened_ = before;
  return same;
}

Supervisor::Answer Supervisor::ask(size_t index, const SetAside& set_aside) {
  if (!child_ && !restart()) return {};
  child_->send({{"run", index}, {"set_aside", to_exact(set_aside)}});
  Child::Event event = child_->wait(case_limit_);
  if (event.message && event.message->contains("result"))
    return {std::move(event.message->at("result")), {}, {}};
  if (event.message) {  // an end before the end: it has said why
    gone_ = true;
    status_ = static_cast<ExitStatus>(event.message->value("end", int(kNotRun)));
  }
  child_.reset();
  return {{}, event.death, last_turn()};
}

SetAside Supervisor::everyone(Verdict verdict) const {
  SetAside all;
  for (const std::string& contender : opened_->contenders) all[contender] = verdict;
  return all;
}

// Returns the first contender that ends the child alone too, and what its rows say. Each has a
// child of its own: what another one wrote where it should not is gone.
std::optional<std::pair<std::string, Verdict>> Supervisor::find_culprit(
    size_t index, const SetAside& set_aside, const std::string& suspect) {
  std::vector<std::string> contenders;
  for (const std::string& contender : opened_->contenders)
    if (!set_aside.contains(contender)) contenders.push_back(contender);
  std::ranges::stable_partition(contenders, [&](const auto& name) { return name == suspect; });
  for (const std::string& contender : contenders) {
    SetAside others = everyone({Status::kError, "another contender runs alone"});
    others.erase(contender);
    const Answer answer = ask(index, others);
    child_.reset();
    if (answer.death) {
      const std::string during = answer.turn.doing.empty() ? "" : " during " + answer.turn.doing;
      return std::pair(contender, Verdict{answer.death->status(),
                                          answer.death->text() + during + ", alone too"});
    }
    if (!answer.rows) return std::nullopt;  // interrupted
  }
  return std::nullopt;
}

std::optional<Json> Supervisor::run(size_t index) {
  SetAside set_aside = barred_;
  for (bool again = false;;) {
    if (gone_ || Interrupt::asked()) return std::nullopt;
    Answer answer = ask(index, set_aside);
    if (answer.rows) return std::move(answer.rows);
    if (!answer.death) return std::nullopt;
    gone_ = set_aside.size() == opened_->contenders.size();  // then nobody ran: it is not the case
    complain("{}: {}; {}", opened_->cases[index].name, story(answer.turn, *answer.death),
             again ? "so these do not run" : "now each contender runs it alone");
    if (again) {
      set_aside = everyone({Status::kError, fmt::format("the process died twice when these ran "
                                                        "together ({}); none does it alone",
                                                        answer.death->text())});
      for (const auto& [contender, verdict] : barred_) set_aside[contender] = verdict;
      continue;
    }
    const auto culprit = find_culprit(index, set_aside, answer.turn.contender);
    again = !culprit;
    if (!culprit) continue;
    const auto& [contender, verdict] = *culprit;
    set_aside.insert_or_assign(contender, verdict);
    if (verdict.status == Status::kError) continue;  // memory is the case's fault
    Falls& falls = falls_[contender];
    if (++falls.count == 1) falls.first = opened_->cases[index].name;
    if (falls.count < kFalls) continue;
    barred_[contender] = {verdict.status, fmt::format("left out after {} cases, of which {} was "
                                                      "the first, where it {}",
                                                      kFalls, falls.first, verdict.reason)};
  }
}

Json Supervisor::notes() const { return {{"supervised", true}, {"restarts", restarts_}}; }

ExitStatus Supervisor::finish() {
  if (gone_ || !child_) return status_;
  if (Interrupt::asked()) {  // the record is more urgent than a farewell
    child_.reset();
    return status_;
  }
  child_->send({{"finish", true}});
  const Child::Event event = child_->wait(case_limit_);
  if (!event.message || !event.message->contains("end")) {
    if (event.death) complain("{}, after the last case", story(last_turn(), *event.death));
    return worse(status_, kNotRun);
  }
  status_ = worse(status_, static_cast<ExitStatus>(event.message->at("end").get<int>()));
  if (child_->ended_well()) return status_;
  complain("the process did not end well after its work");
  return worse(status_, kNotRun);
}

ExitStatus in_child(const std::function<ExitStatus()>& work) {
  if (part() != Part::kParent) return work();
  Child child;
  const Child::Event event = child.wait(0);
  if (!event.message) {
    const Turn turn = last_turn();
    complain("{}", story(turn, *event.death));
    return turn.doing == "load" || turn.doing == "open" ? kUnavailable : kNotRun;
  }
  const auto status = static_cast<ExitStatus>(event.message->at("end").get<int>());
  return child.ended_well() ? status : worse(status, kNotRun);
}

}  // namespace poolbench
