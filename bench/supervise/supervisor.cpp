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

std::string during(const Turn& turn) { return turn.doing.empty() ? "" : " during " + turn.doing; }

// "m ended the process by signal 11 (Segmentation fault) during load"
std::string story(const Turn& turn, const Death& death) {
  return fmt::format("{} {}{}", turn.contender.empty() ? "something" : turn.contender, death.text(),
                     during(turn));
}

template <class... Args>
void complain(fmt::format_string<Args...> format, Args&&... args) {
  print_error("poolbench: " + fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace

// Starts a child; returns what it has opened, or nothing and has said why.
std::optional<Opened> Supervisor::start() {
  child_.emplace();
  child_->mute(opened_.has_value());  // another child would say the same again
  const Child::Event event = child_->wait(case_limit_);
  if (event.message && event.message->contains("opened")) {
    child_->mute(false);
    return opened_of(event.message->at("opened"));
  }
  if (event.message) {
    status_ = static_cast<ExitStatus>(event.message->at("end").get<int>());
  } else if (event.interrupted) {
    status_ = kNotRun;
  } else {
    complain("{}", story(last_turn(), *event.death));
    status_ = kUnavailable;
  }
  child_.reset();
  return std::nullopt;
}

// Starts another child, which must offer the same cases.
bool Supervisor::restart() {
  const ExitStatus before = status_;
  std::optional<Opened> now = start();
  if (!now && !Interrupt::asked()) now = start();
  gone_ =
      !now || now->cases.size() != opened_->cases.size() || now->contenders != opened_->contenders;
  if (now && gone_) complain("another process found other backends or cases");
  if (gone_)
    child_.reset();
  else
    status_ = before;
  return !gone_;
}

Supervisor::Answer Supervisor::ask(const Json& question) {
  if (!child_) {
    ++restarts_;
    if (!restart()) return {};
  }
  child_->send(question);
  Child::Event event = child_->wait(case_limit_);
  if (event.message && event.message->contains("result")) {
    news_.merge_patch(event.message->at("news"));
    return {.rows = std::move(event.message->at("result")),
            .caught = from_exact<SetAside>(event.message->at("caught")),
            .seed = event.message->at("seed"),
            .unexplained = event.message->at("unexplained")};
  }
  if (event.message && event.message->contains("explained"))
    return {.rows = std::move(event.message->at("explained"))};
  if (event.message && event.message->contains("lost")) {
    event.death = Death{.kind = Death::kNoDevice, .words = event.message->at("lost")};
  } else if (event.message) {  // an end before the end: it has said why
    gone_ = true;
    status_ = static_cast<ExitStatus>(event.message->value("end", int(kNotRun)));
  }
  child_.reset();
  return {.death = event.death, .turn = last_turn()};
}

// `seed`: what the child draws from, or 0 for its own.
Supervisor::Answer Supervisor::ask(size_t index, const SetAside& set_aside, uint64_t seed) {
  return ask({{"run", index}, {"set_aside", to_exact(set_aside)}, {"seed", seed}});
}

// Has the rows explained that can be. The others stay as they are, and whoever ended the child is
// to blame for it as for a case.
void Supervisor::explain(size_t index, const Cases::Unexplained& unexplained, Json& rows) {
  for (const auto& [row, contender] : unexplained) {
    if (gone_ || Interrupt::asked()) return;
    Answer answer = ask({{"explain", index}, {"row", rows.at(row)}});
    if (answer.rows) rows.at(row) = std::move(*answer.rows);
    if (!answer.death) continue;
    complain("{}: {}; no more is said about its row", opened_->cases[index].name,
             story(answer.turn, *answer.death));
    SetAside of_this_case;
    if (!answer.turn.contender.empty())
      blame(contender, {answer.death->status(), answer.death->text() + during(answer.turn)}, index,
            of_this_case);
  }
}

// Asks a new child, in which nobody else has run.
Supervisor::Answer Supervisor::ask_alone(size_t index, const std::set<std::string>& contenders,
                                         uint64_t seed) {
  SetAside others;
  set_rest_aside(others, "others run alone");
  std::erase_if(others, [&](const auto& one) { return contenders.contains(one.first); });
  child_.reset();
  Answer answer = ask(index, others, seed);
  child_.reset();
  return answer;
}

// The program's own code is slow: nobody has hung.
bool Supervisor::is_own_delay(const Answer& answer) {
  return answer.death->kind == Death::kTimeout && answer.turn.contender.empty() &&
         answer.turn.doing != "time";
}

// Whoever is not set aside yet gets an ERROR with this reason.
void Supervisor::set_rest_aside(SetAside& set_aside, const std::string& reason) const {
  for (const std::string& contender : opened_->contenders)
    set_aside.insert({contender, {Status::kError, reason}});
}

// Returns the first contender that ends the child alone too, and what its rows say. Each has a
// child of its own: what another one wrote where it should not is gone.
std::optional<std::pair<std::string, Verdict>> Supervisor::find_culprit(
    size_t index, const SetAside& set_aside, const std::string& suspect) {
  std::vector<std::string> contenders;
  for (const std::string& contender : opened_->contenders)
    if (!set_aside.contains(contender)) contenders.push_back(contender);
  std::stable_partition(contenders.begin(), contenders.end(),
                        [&](const auto& name) { return name == suspect; });
  for (const std::string& contender : contenders) {
    Answer answer = ask_alone(index, {contender});
    // A signal may come from outside, but not twice at such a moment.
    if (answer.death && answer.death->kind == Death::kSignal)
      answer = ask_alone(index, {contender});
    if (answer.death) {
      return std::pair(contender,
                       Verdict{answer.death->status(),
                               answer.death->text() + during(answer.turn) + ", alone too"});
    }
    if (!answer.rows) return std::nullopt;  // interrupted
  }
  return std::nullopt;
}

// Returns somebody who cheats, of those that were caught and those that ran beside them. Whoever
// else was caught may have been that one's victim.
std::pair<std::string, Verdict> Supervisor::find_guilty(size_t index, const SetAside& set_aside,
                                                        const Answer& answer) {
  // With the same draws: on others a wrong contender may be right, and somebody else be blamed.
  const auto cheats = [&](const std::set<std::string>& contenders) {
    const Answer look = ask_alone(index, contenders, answer.seed);
    return !look.rows || !look.caught.empty();
  };
  // Not every trick is played in each run.
  constexpr int kLooks = 2;
  for (const auto& [accused, verdict] : answer.caught)
    for (int look = 0; look < kLooks; ++look)
      if (cheats({accused})) return {accused, verdict};
  const auto& [accused, verdict] = *answer.caught.begin();
  for (int look = 0; look < kLooks; ++look)
    for (const std::string& other : opened_->contenders)
      if (other != accused && !set_aside.contains(other) && cheats({accused, other}))
        return {other,
                {verdict.status,
                 fmt::format("spoils {}, which alone is right: {}", accused, verdict.reason)}};
  return {accused, verdict};  // it was seen, and is by nobody else's doing
}

// Sets the culprit of a case aside; of all cases that follow too if it was the third one.
void Supervisor::blame(const std::string& contender, const Verdict& verdict, size_t index,
                       SetAside& set_aside) {
  set_aside.insert_or_assign(contender, verdict);
  if (verdict.status == Status::kError) return;  // for memory the case may be to blame
  Falls& falls = falls_[contender];
  if (++falls.count == 1) falls.first = opened_->cases[index].name;
  if (falls.count < kFalls) return;
  barred_[contender] = {verdict.status,
                        fmt::format("left out after {} cases, of which {} was the first, where it "
                                    "{}",
                                    kFalls, falls.first, verdict.reason)};
}

std::optional<Json> Supervisor::run(size_t index) {
  SetAside set_aside = barred_;
  bool again = false;  // none did it alone, so they ran together once more
  while (!gone_ && !Interrupt::asked()) {
    Answer answer = ask(index, set_aside);
    if (answer.rows && answer.caught.empty()) {
      explain(index, answer.unexplained, *answer.rows);
      return std::move(answer.rows);
    }
    if (answer.rows) {
      set_aside.insert(find_guilty(index, set_aside, answer));
      continue;
    }
    if (!answer.death) return std::nullopt;
    const std::string what =
        fmt::format("{}: {}; ", opened_->cases[index].name, story(answer.turn, *answer.death));
    if (set_aside.size() == opened_->contenders.size()) {
      complain("{}no contender was in it, so it is left out", what);
      return std::nullopt;
    }
    if (is_own_delay(answer)) {
      complain("{}so these have no time", what);
      set_rest_aside(set_aside, fmt::format("judging it takes longer than {:.3g} s (--case-limit)",
                                            case_limit_));
    } else if (again) {
      complain("{}so these do not run", what);
      set_rest_aside(set_aside, fmt::format("the process died twice when these ran together ({}); "
                                            "none does it alone",
                                            answer.death->text()));
    } else {
      complain("{}now each contender runs it alone", what);
      const auto culprit = find_culprit(index, set_aside, answer.turn.contender);
      if (culprit) blame(culprit->first, culprit->second, index, set_aside);
      again = !culprit;
    }
  }
  return std::nullopt;
}

void Supervisor::renew() {
  finish();
  child_.reset();
  if (!gone_ && !Interrupt::asked()) restart();
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
