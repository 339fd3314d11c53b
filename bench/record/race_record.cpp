#include "bench/record/race_record.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/record/context.h"
#include "bench/record/copies_file.h"
#include "bench/record/junit.h"
#include "bench/record/seal.h"

namespace poolbench {
namespace {

using nlohmann::json;

// Of a log ratio: the share that the contender takes longer.
json longer(double log_ratio) { return number_json(std::expm1(log_ratio)); }

json longer(const std::vector<double>& log_ratios) {
  json array = json::array();
  for (const double one : log_ratios) array.push_back(longer(one));
  return array;
}

json rules_json(const Rules& rules) {
  return {{"least_effect", rules.least_effect}, {"same", rules.same},
          {"false_rate", rules.false_rate},     {"copies_factor", rules.copies_factor},
          {"confirming", rules.confirming},     {"gate", rules.gate}};
}

json row_json(const RaceRow& one) {
  const auto& [problem, row, ruling, repeat] = one;
  return {{"problem", problem},
          {"temperature", temperature_name(row.temperature)},
          {"base", row.base},
          {"contender", row.contender},
          {"status", info(row.status).name},
          {"verdict", one.word()},
          {"why", ruling.why},
          {"remedy", ruling.remedy},
          {"effect",
           {{"median", longer(ruling.effect.median)},
            {"low", longer(ruling.effect.low)},
            {"high", longer(ruling.effect.high)}}},
          {"evidence",
           {{"slower", ruling.evidence.slower},
            {"faster", ruling.evidence.faster},
            {"same", ruling.evidence.same}}},
          {"copies_half_width", number_json(ruling.copies_half_width)},
          {"needed_effect", longer(ruling.needed_effect)},
          {"least_seen", longer(ruling.least_seen)},
          {"base_seconds", number_json(row.base_seconds)},
          {"heard", row.heard},
          {"noisy", row.noisy},
          {"first", longer(row.first.counted)},
          {"again", longer(row.again.counted)},
          {"first_with_voided", longer(row.first.all)},
          {"again_with_voided", longer(row.again.all)},
          {"base_copies", longer(row.base_copies.counted)},
          {"own_copies", longer(row.own_copies.counted)},
          {"repeat", repeat}};
}

json context_of(const RunNotes& notes) {
  json context = notes.context;
  auto& noted = context["poolbench"]["noted"];
  if (!notes.gpus.is_null()) noted["gpus"] = notes.gpus;
  if (!notes.run.is_null()) noted["run"] = notes.run;
  noted["seeds"] = notes.seeds;
  context["poolbench"]["comparable"]["method"] = kMethod;
  context["poolbench"]["left_out"] = notes.left_out;
  context["poolbench"]["seal"] = blank_seal();
  return context;
}

json trial_json(const Trial& trial) {
  return {{"problem", trial.problem},
          {"temperature", temperature_name(trial.temperature)},
          {"verdict", trial.word},
          {"copies_half_width", number_json(trial.copies_half_width)},
          {"least_seen", number_json(trial.least_seen)},
          {"error", number_json(trial.error)},
          {"covers", trial.covers ? json(*trial.covers) : json()}};
}

}  // namespace

json race_json(const RaceOutcome& outcome, const RunNotes& notes) {
  json rows = json::array();
  for (const RaceRow& row : outcome.rows) rows.push_back(row_json(row));
  return {
      {"context", context_of(notes)},
      {"race",
       {{"rules", rules_json(outcome.rules)},
        {"family", outcome.family},
        {"processes", {{"first", outcome.first}, {"most", outcome.most}, {"again", outcome.again}}},
        {"seconds_a_process", outcome.seconds},
        {"alarms", outcome.alarms},
        {"copies", copies_json(outcome.copies)},
        {"copies_of_machine", copies_json(outcome.machine)},
        {"rows", std::move(rows)}}}};
}

json trials_json(const std::vector<Tally>& tallies, const Rules& rules, const CopyCount& copies,
                 const RunNotes& notes) {
  json trials = json::array();
  for (const Tally& tally : tallies) {
    const Interval error = median_interval(tally.errors, Rules::kConfidence);
    json each = json::array();
    for (const Trial& trial : tally.trials) each.push_back(trial_json(trial));
    trials.push_back({{"contender", tally.contender},
                      {"planted", tally.planted},
                      {"races", tally.races},
                      {"alarmed", tally.alarmed},
                      {"rows", tally.rows},
                      {"slower", tally.slower},
                      {"faster", tally.faster},
                      {"same", tally.same},
                      {"unresolved", tally.unresolved},
                      {"others", tally.others},
                      {"intervals", tally.intervals},
                      {"covering", tally.covering},
                      {"level", number_json(tally.level)},
                      {"bias", number_json(error.median)},
                      {"quiet", tally.quiet},
                      {"quiet_slower", tally.quiet_slower},
                      {"visible", tally.visible},
                      {"seen", tally.seen},
                      {"each", std::move(each)}});
  }
  return {{"context", context_of(notes)},
          {"trials",
           {{"rules", rules_json(rules)},
            {"copies", copies_json(copies)},
            {"contenders", std::move(trials)}}}};
}

std::string race_junit(const RaceOutcome& outcome) {
  JUnitSuite correctness{"correctness", {}}, performance{"performance", {}}, missing{"missing", {}};
  for (const RaceRow& one : outcome.rows) {
    const Row& row = one.row;
    const std::string name = one.problem + "/" + std::string(temperature_name(row.temperature));
    const auto test = [&](JUnitCase::Result result) {
      return JUnitCase{row.contender, name, result,
                       std::string(one.word()) + ": " + one.ruling.why + "; repeat: " + one.repeat};
    };
    const bool is_wrong = info(row.status).exit == kWrongResult;
    const bool is_missing = info(row.status).exit == kNotRun;
    missing.cases.push_back(test(is_missing ? JUnitCase::kError : JUnitCase::kPassed));
    if (is_missing) continue;
    correctness.cases.push_back(test(is_wrong                         ? JUnitCase::kFailed
                                     : row.status == Status::kRefused ? JUnitCase::kSkipped
                                                                      : JUnitCase::kPassed));
    if (!one.has_verdict()) continue;
    performance.cases.push_back(test(one.ruling.speed == Speed::kSlower ? JUnitCase::kFailed
                                     : one.ruling.speed == Speed::kUnresolved
                                         ? JUnitCase::kSkipped
                                         : JUnitCase::kPassed));
  }
  return junit_xml({correctness, performance, missing});
}

}  // namespace poolbench
