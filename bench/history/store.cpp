#include "bench/history/store.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

#include "bench/record/seal.h"
#include "bench/select/contender.h"

namespace poolbench {
namespace {

constexpr int kApplication = 0x706f6f6c;  // "pool", in the file's head
constexpr int kVersion = 1;               // of the tables

// Rows are appended, so that a record touches few pages. A series is found by looking it up in each
// record of its host.
constexpr const char* kTables = R"sql(
CREATE TABLE host (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE conditions (id INTEGER PRIMARY KEY, json TEXT NOT NULL UNIQUE);
CREATE TABLE revision (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, committed INTEGER);
CREATE TABLE series (
  id INTEGER PRIMARY KEY, problem TEXT NOT NULL, temperature TEXT NOT NULL, contender TEXT NOT NULL,
  host INTEGER NOT NULL REFERENCES host, device TEXT NOT NULL,
  conditions INTEGER NOT NULL REFERENCES conditions,
  UNIQUE (problem, temperature, contender, host, device, conditions));
CREATE TABLE record (
  id INTEGER PRIMARY KEY, seal TEXT NOT NULL UNIQUE, file TEXT NOT NULL,
  host INTEGER NOT NULL REFERENCES host, date INTEGER NOT NULL);
CREATE INDEX record_by_host ON record (host);
CREATE TABLE part (seal TEXT PRIMARY KEY, record INTEGER NOT NULL REFERENCES record) WITHOUT ROWID;
CREATE TABLE point (
  record INTEGER NOT NULL REFERENCES record, series INTEGER NOT NULL REFERENCES series,
  revision INTEGER NOT NULL REFERENCES revision, status TEXT NOT NULL,
  warm INTEGER NOT NULL, seconds REAL, low REAL, high REAL, over_ceiling REAL, over_low REAL, over_high REAL,
  PRIMARY KEY (record, series)) WITHOUT ROWID;
CREATE TABLE told (
  series INTEGER NOT NULL REFERENCES series, revision TEXT NOT NULL, slower INTEGER NOT NULL,
  date INTEGER NOT NULL, PRIMARY KEY (series, revision, slower, date)) WITHOUT ROWID;
)sql";

constexpr std::string_view kPoint =
    "r.id, r.date, v.name, v.committed, p.status, p.warm, p.seconds, p.low, p.high, "
    "p.over_ceiling, p.over_low, p.over_high";

SeriesPoint point_of(const Statement& row, int column) {
  SeriesPoint point;
  point.record = row.integer(column);
  point.date = row.integer(column + 1);
  point.revision = row.text(column + 2);
  point.committed = row.maybe_integer(column + 3);
  point.status = status_of(row.text(column + 4));
  point.warm = row.integer(column + 5) != 0;
  double* const values[] = {&point.seconds,      &point.low,      &point.high,
                            &point.over_ceiling, &point.over_low, &point.over_high};
  for (int i = 0; i < 6; ++i) *values[i] = row.real(column + 6 + i);
  return point;
}

// What forbids comparison, as far as it concerns this row: of drivers and libraries its own.
std::string conditions_of(const StoredRecord& record, const Record& row) {
  Json conditions = record.context().at("comparable");
  const Json libraries = conditions.value("libraries", Json::object());
  const std::string backend = ContenderName(row.contender).backend;
  conditions.erase("drivers");
  conditions.erase("libraries");
  if (row.device.uuid != "host")
    conditions.update({{"substrate", row.device.substrate},
                       {"device", row.device.name},
                       {"driver", row.device.driver}});
  if (libraries.contains(backend)) conditions["library"] = libraries.at(backend);
  const Json noted = record.context().value("noted", Json::object());
  for (const char* name : {"isa", "omp_num_threads", "omp_proc_bind"})
    if (const std::string value = noted.value(name, ""); !value.empty()) conditions[name] = value;
  return line_of(conditions);
}

struct Revision {
  std::string name;
  std::optional<int64_t> committed;
};

// Of the code that ran. A module that is none of the program's peers, and an engine that does not
// ship, is of another source than the program: if nobody said which, its file is all that is known.
Revision revision_of(const StoredRecord& record, const Record& row) {
  const Json& context = record.context();
  std::string backend = ContenderName(row.contender).backend;
  backend = backend.substr(0, backend.find(':'));  // one of several
  const Json module = context.value("modules", Json::object()).value(backend, Json::object());
  if (module.contains("revision")) return {module.at("revision"), {}};
  if (!module.empty() && !module.value("file", "").starts_with("modules/peer_"))
    return {std::string(kFile) + module.value("sha256", "").substr(0, 12), {}};
  const std::string date = context.value("noted", Json::object()).value("commit_date", "");
  return {record.revision, date.empty() ? std::optional<int64_t>() : seconds_of(date)};
}

std::string seal_of(const StoredRecord& record) {
  const std::string seal = record.context().value("seal", "");
  return seal.empty() ? sha256(line_of(record.json)) : seal;
}

// The id of a name in a table of names, which is added where it is missing.
class Names {
 public:
  Names(const Database& database, std::string_view table, std::string_view column)
      : database_(database),
        find_(database.prepare(fmt::format("SELECT id FROM {} WHERE {} = ?", table, column))),
        add_(database.prepare(fmt::format("INSERT INTO {} ({}) VALUES (?)", table, column))) {}
  int64_t id(const std::string& name) {
    const auto [known, is_new] = known_.try_emplace(name);
    if (!is_new) return known->second;
    if (find_.with(name).next()) return known->second = find_.integer(0);
    add_.with(name).run();
    return known->second = database_.last_row();
  }

 private:
  const Database& database_;
  Statement find_, add_;
  std::map<std::string, int64_t> known_;
};

// The seals of the shards that a record was merged from. Throws BadInput for those of several
// machines, whose rows no longer tell on which they were measured.
std::vector<std::string> parts_of(const StoredRecord& record) {
  std::vector<std::string> parts;
  std::string host;
  for (const Json& part : record.context().value("parts", Json::array())) {
    const std::string other = std::exchange(host, part.at("host_name").get<std::string>());
    if (!parts.empty() && other != host)
      throw BadInput(fmt::format("was merged from parts of {} and {}, add the parts", other, host));
    parts.push_back(part.at("part_seal"));
  }
  return parts;
}

// Whether a record is here, alone, in one that it was merged into, or by all of its parts. Throws
// BadInput where some parts are.
bool is_here(const Database& database, const std::string& seal,
             const std::vector<std::string>& parts) {
  Statement find = database.prepare(
      "SELECT file FROM record WHERE seal = ?1 UNION ALL "
      "SELECT r.file FROM part p JOIN record r ON r.id = p.record WHERE p.seal = ?1");
  if (find.with(seal).next()) return true;
  size_t here = 0;
  std::string file;
  for (const std::string& part : parts)
    if (find.with(part).next()) ++here, file = find.text(0);
  if (here != 0 && here < parts.size())
    throw BadInput(fmt::format(
        "was merged from parts of which some are here ({}) and some are not: add the parts", file));
  return here != 0;
}

// Whether a run was cut short, or goes on from one that was: both records have the rows of the
// first.
bool may_repeat(const StoredRecord& record) {
  const Json& ours = record.context();
  const Json run = ours.value("noted", Json::object()).value("run", Json::object());
  return run.value("resumed", int64_t{0}) > 0 || !ours.value("left_out", Json::array()).empty();
}

}  // namespace

int64_t seconds_of(const std::string& date) {
  std::tm time{};
  const char* rest = strptime(date.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  const int64_t seconds = rest != nullptr ? timegm(&time) : 0;
  int hours = 0, minutes = 0, used = 0;
  if (rest != nullptr && std::string_view(rest) == "Z") return seconds;
  if (rest != nullptr && (*rest == '+' || *rest == '-') &&
      std::sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &used) == 2 && rest[1 + used] == 0)
    return seconds - (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  throw BadInput(fmt::format("has the date '{}', not such as 2026-11-30T16:00:00Z", date));
}

Store::Store(const std::string& path, Database::Mode mode) : database_(path, mode) {
  const auto number = [&](const char* what) {
    Statement statement = database_.prepare(what);
    return statement.next() ? statement.integer(0) : 0;
  };
  if (mode == Database::kMake) {
    Transaction transaction(database_);  // two may begin at once
    if (number("SELECT count(*) FROM sqlite_schema") == 0)
      database_.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};{}",
                                kApplication, kVersion, kTables));
    transaction.commit();
  }
  if (number("PRAGMA application_id") != kApplication)
    throw BadInput(fmt::format("{}: is no database of `poolbench record add`", path));
  if (const int64_t version = number("PRAGMA user_version"); version != kVersion)
    throw BadInput(fmt::format("{}: its tables have version {}: this poolbench knows {}", path,
                               version, kVersion));
}

std::optional<size_t> Store::add(const StoredRecord& record) {
  try {
    return add_whole(record);
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}: {}", record.file, error.what()));
  } catch (const Json::exception&) {
    throw BadInput(fmt::format("{}: is no record of `poolbench bench --json`", record.file));
  }
}

std::optional<size_t> Store::add_whole(const StoredRecord& record) {
  Transaction transaction(database_);
  const std::string seal = seal_of(record);
  const std::vector<std::string> parts = parts_of(record);
  if (is_here(database_, seal, parts)) return std::nullopt;

  Names hosts(database_, "host", "name"), conditions(database_, "conditions", "json"),
      revisions(database_, "revision", "name");
  const int64_t host = hosts.id(record.host);
  database_.prepare("INSERT INTO record (seal, file, host, date) VALUES (?, ?, ?, ?)")
      .with(seal, record.file, host, seconds_of(record.date))
      .run();
  const int64_t id = database_.last_row();
  for (const std::string& part : parts)
    database_.prepare("INSERT INTO part VALUES (?, ?)").with(part, id).run();

  Statement date =
      database_.prepare("UPDATE revision SET committed = ? WHERE id = ? AND committed IS NULL");
  Statement find = database_.prepare(
      "SELECT id FROM series WHERE problem = ? AND temperature = ? AND contender = ? AND host = ? "
      "AND device = ? AND conditions = ?");
  Statement add_series = database_.prepare(
      "INSERT INTO series (problem, temperature, contender, host, device, conditions) "
      "VALUES (?, ?, ?, ?, ?, ?)");
  // The point itself, to the last digit.
  Statement repeated = database_.prepare(
      "SELECT 1 FROM record r JOIN point p ON p.record = r.id WHERE r.host = ? AND p.series = ? "
      "AND p.revision = ? AND p.status = ? AND p.seconds IS ? AND p.low IS ? AND p.high IS ? AND "
      "p.over_ceiling IS ?");
  Statement add_row =
      database_.prepare("INSERT INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  struct Origin {
    int64_t revision = 0, conditions = 0;
  };
  std::map<std::array<std::string, 3>, Origin> origins;  // by contender and device
  const auto origin_of = [&](const Record& row) {
    const auto [known, is_new] =
        origins.try_emplace({row.contender, row.device.substrate, row.device.uuid});
    if (!is_new) return known->second;
    const Revision revision = revision_of(record, row);
    known->second = {revisions.id(revision.name), conditions.id(conditions_of(record, row))};
    if (revision.committed) date.with(*revision.committed, known->second.revision).run();
    return known->second;
  };
  const bool repeats = may_repeat(record);
  size_t rows = 0;
  for (const CaseResult& result : record.cases)
    for (const Record& row : result.records) {
      const auto [revision_id, conditions_id] = origin_of(row);
      const std::string problem = to_text(row.problem);
      const std::string_view temperature = temperature_name(row.temperature);
      int64_t series = 0;
      if (find.with(problem, temperature, row.contender, host, row.device.uuid, conditions_id)
              .next()) {
        series = find.integer(0);
      } else {
        add_series.with(problem, temperature, row.contender, host, row.device.uuid, conditions_id)
            .run();
        series = database_.last_row();
      }
      // A share is the ceiling's time over the row's.
      const Interval over = {1 / row.share.median, 1 / row.share.high, 1 / row.share.low};
      const std::string_view status = info(row.status).name;
      if (repeats && repeated
                         .with(host, series, revision_id, status, row.seconds.median,
                               row.seconds.low, row.seconds.high, over.median)
                         .next())
        continue;
      add_row
          .with(id, series, revision_id, status, int64_t{row.warm}, row.seconds.median,
                row.seconds.low, row.seconds.high, over.median, over.low, over.high)
          .run();
      ++rows;
    }
  transaction.commit();
  return rows;
}

std::map<int64_t, SeriesName> Store::series() const {
  Statement rows = database_.prepare(
      "SELECT s.id, h.name, s.device, c.json, s.contender, s.problem, s.temperature FROM series s "
      "JOIN host h ON h.id = s.host JOIN conditions c ON c.id = s.conditions");
  std::map<int64_t, SeriesName> series;
  while (rows.next())
    series[rows.integer(0)] = {rows.text(1), rows.text(2), rows.text(3),
                               rows.text(4), rows.text(5), temperature_of(rows.text(6))};
  return series;
}

std::vector<SeriesPoint> Store::points(int64_t series) const {
  Statement rows = database_.prepare(fmt::format(
      "SELECT {} FROM series s JOIN record r ON r.host = s.host JOIN point p ON p.record = r.id "
      "AND p.series = s.id JOIN revision v ON v.id = p.revision WHERE s.id = ?",
      kPoint));
  std::vector<SeriesPoint> points;
  for (rows.with(series); rows.next();) points.push_back(point_of(rows, 0));
  return points;
}

void Store::points(const std::function<void(int64_t, SeriesPoint)>& take) const {
  Statement rows = database_.prepare(
      fmt::format("SELECT p.series, {} FROM point p JOIN record r ON r.id = p.record "
                  "JOIN revision v ON v.id = p.revision",
                  kPoint));
  while (rows.next()) take(rows.integer(0), point_of(rows, 1));
}

std::multimap<std::string, int64_t> Store::records() const {
  Statement rows =
      database_.prepare("SELECT h.name, r.date FROM record r JOIN host h ON h.id = r.host");
  std::multimap<std::string, int64_t> records;
  while (rows.next()) records.emplace(rows.text(0), rows.integer(1));
  return records;
}

std::set<Told> Store::told() const {
  Statement rows = database_.prepare("SELECT series, revision, slower, date FROM told");
  std::set<Told> told;
  while (rows.next())
    told.insert({rows.integer(0), rows.text(1), rows.integer(2) != 0, rows.integer(3)});
  return told;
}

void Store::tell(const std::vector<Told>& steps) {
  Transaction transaction(database_);
  Statement add = database_.prepare("INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?)");
  for (const Told& step : steps)
    add.with(step.series, step.revision, int64_t{step.slower}, step.date).run();
  transaction.commit();
}

}  // namespace poolbench
