// Results as JSON and back, for whatever leaves the process: the supervisor's protocol and the
// journal. Exact: a double comes back with its bits. Records for readers are record.h's.
//
// A struct has one function fields(), with a line for each field, which serves both directions.
#ifndef POOLBENCH_BENCH_RECORD_FIELDS_H_
#define POOLBENCH_BENCH_RECORD_FIELDS_H_

#include <array>
#include <nlohmann/json.hpp>

#include "bench/select/network.h"
#include "bench/time/result.h"

namespace poolbench {

using Json = nlohmann::json;

// JSON has no infinities and NaN: those are written as their bits, in hexadecimal text.
Json exact_json(double value);
double exact_double(const Json& json);
// A whole number; the library would cast any other one. Throws BadInput.
int64_t exact_integer(const Json& json);

// Returns the value with this name from a table like kStatuses. Throws BadInput.
Status status_of(std::string_view name);
Temperature temperature_of(std::string_view name);

template <class F>
void fields(F& field, Point& point) {
  field("n", point.n);
  field("c", point.c);
  field("output", point.output);
  field("expected", point.expected);
  field("got", point.got);
  field("expected_index", point.expected_index);
  field("got_index", point.got_index);
  field("ulp", point.ulp);
  field("allowed", point.allowed);
}

template <class F>
void fields(F& field, Comparison& comparison) {
  field("outputs", comparison.outputs);
  field("checked", comparison.checked);
  field("wrong", comparison.wrong);
  field("known_differences", comparison.known_differences);
  field("out_of_range", comparison.out_of_range);
  field("max_ulp", comparison.max_ulp);
  field("max_error", comparison.max_error);
  field("worst", comparison.worst);
}

template <class F>
void fields(F& field, Verdict& verdict) {
  field("status", verdict.status);
  field("reason", verdict.reason);
  field("kernel", verdict.kernel);
  field("comparison", verdict.comparison);
}

template <class F>
void fields(F& field, Device& device) {
  field("substrate", device.substrate);
  field("name", device.name);
  field("uuid", device.uuid);
  field("driver", device.driver);
  field("memory_bytes", device.memory_bytes);
  field("cache_bytes", device.cache_bytes);
}

template <class F>
void fields(F& field, Voided& voided) {
  field("block", voided.block);
  field("cause", voided.cause);
  field("seconds", voided.seconds);
  field("disturbed", voided.disturbed);
}

template <class F>
void fields(F& field, Series& series) {
  field("seconds", series.seconds);
  field("voided", series.voided);
  field("launches", series.launches);
  field("rotation_bytes", series.rotation_bytes);
  field("level", series.level);
  field("proofs", series.proofs);
  field("claims", series.claims);
  field("doubts", series.doubts);
  field("cores", series.cores);
  field("probe", series.probe);
  field("status", series.status);
  field("reason", series.reason);
}

template <class F>
void fields(F& field, Interval& interval) {
  field("median", interval.median);
  field("low", interval.low);
  field("high", interval.high);
}

template <class F>
void fields(F& field, Traffic& traffic) {
  field("read", traffic.read);
  field("written", traffic.written);
}

template <class F>
void fields(F& field, PlanCost& cost) {
  field("seconds", cost.seconds);
  field("again_seconds", cost.again_seconds);
  field("heap_bytes", cost.heap_bytes);
}

template <class F>
void fields(F& field, Submit& submit) {
  field("p50", submit.p50);
  field("p99", submit.p99);
  field("samples", submit.samples);
  field("disturbed", submit.disturbed);
}

template <class F>
void fields(F& field, Record& record) {
  field("contender", record.contender);
  field("kernel", record.kernel);
  field("problem", record.problem);
  field("temperature", record.temperature);
  field("status", record.status);
  field("reason", record.reason);
  field("comparison", record.comparison);
  field("device", record.device);
  field("plan", record.plan);
  field("scratch_bytes", record.scratch_bytes);
  field("series", record.series);
  field("seconds", record.seconds);
  field("traffic", record.traffic);
  field("ceiling", record.ceiling);
  field("ceiling_seconds", record.ceiling_seconds);
  field("share", record.share);
  field("baseline", record.baseline);
  field("ratio", record.ratio);
  field("across_devices", record.across_devices);
  field("floor_seconds", record.floor_seconds);
  field("warm", record.warm);
  field("submit", record.submit);
  field("claimed_seconds", record.claimed_seconds);
  field("library", record.library);
  field("note", record.note);
}

template <class F>
void fields(F& field, CaseResult& result) {
  field("problem", result.problem);
  field("records", result.records);
}

template <class F>
void fields(F& field, Layer& layer) {
  field("problem", layer.problem);
  field("times", layer.times);
}

template <class F>
void fields(F& field, Network& network) {
  field("name", network.name);
  field("layers", network.layers);
  field("missing", network.missing);
}

// How a value of each kind is written and read. Structs go by their fields().
struct ExactWriter {
  Json json = Json::object();
  template <class T>
  void operator()(const char* name, T& value) {
    json[name] = write(value);
  }

  static Json write(double value) { return exact_json(value); }
  static Json write(Status status) { return info(status).name; }
  static Json write(Temperature temperature) { return temperature_name(temperature); }
  static Json write(const Problem& problem) { return to_text(problem); }
  template <class T>
  static Json write(const std::optional<T>& value) {
    return value ? write(*value) : Json();
  }
  template <class T>
  static Json write(const std::vector<T>& values) {
    Json array = Json::array();
    for (const T& value : values) array.push_back(write(value));
    return array;
  }
  template <class T>
  static Json write(const std::map<std::string, T>& values) {
    Json object = Json::object();
    for (const auto& [name, value] : values) object[name] = write(value);
    return object;
  }
  template <class T>
  static Json write(const T& value) {
    if constexpr (requires(ExactWriter & writer, T & struct_value) {
                    fields(writer, struct_value);
                  }) {
      ExactWriter writer;
      fields(writer, const_cast<T&>(value));  // a writer changes nothing
      return std::move(writer.json);
    } else {
      return value;
    }
  }
};

struct ExactReader {
  const Json& json;
  template <class T>
  void operator()(const char* name, T& value) {
    read(json.at(name), value);
  }

  static void read(const Json& json, double& value) { value = exact_double(json); }
  static void read(const Json& json, Status& status) {
    status = status_of(json.get<std::string>());
  }
  static void read(const Json& json, Temperature& temperature) {
    temperature = temperature_of(json.get<std::string>());
  }
  static void read(const Json& json, Problem& problem) {
    problem = parse_problem(json.get<std::string>());
  }
  static void read(const Json& json, int64_t& value) { value = exact_integer(json); }
  template <class T, size_t kCount>
  static void read(const Json& json, std::array<T, kCount>& values) {
    for (size_t i = 0; i < kCount; ++i) read(json.at(i), values[i]);
  }
  template <class T>
  static void read(const Json& json, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) read(json, value.emplace());
  }
  template <class T>
  static void read(const Json& json, std::vector<T>& values) {
    values.clear();
    for (const Json& one : json) read(one, values.emplace_back());
  }
  template <class T>
  static void read(const Json& json, std::map<std::string, T>& values) {
    values.clear();
    for (const auto& [name, one] : json.items()) read(one, values[name]);
  }
  template <class T>
  static void read(const Json& json, T& value) {
    if constexpr (requires(ExactReader & reader) { fields(reader, value); }) {
      ExactReader reader{json};
      fields(reader, value);
    } else {
      value = json.get<T>();
    }
  }
};

template <class T>
Json to_exact(const T& value) {
  return ExactWriter::write(value);
}
// Throws what nlohmann::json throws, or BadInput, where `json` is not what to_exact() returned.
template <class T>
T from_exact(const Json& json) {
  T value;
  ExactReader::read(json, value);
  return value;
}

// Returns one line of text, whatever bytes its strings hold.
std::string line_of(const Json& json);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_FIELDS_H_
