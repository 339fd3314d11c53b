#include "bench/history/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>

#include "bench/time/result.h"
#include "host/problem.h"

namespace poolbench {
namespace {

// Throws what a result code means for the user.
[[noreturn]] void complain(sqlite3* database, const std::string& path) {
  const std::string why = database != nullptr ? sqlite3_errmsg(database) : "no memory";
  switch (sqlite3_errcode(database)) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      throw BadInput(fmt::format("{}: is no database of `poolbench record add`: {}", path, why));
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw BadInput(fmt::format("{}: {}", path, why));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw std::runtime_error(fmt::format("{}: another process has held it for {:g} s: {}", path,
                                           Database::patience / 1e3, why));
    default:
      throw std::runtime_error(fmt::format("{}: {}", path, why));
  }
}

}  // namespace

void Statement::End::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* database, const std::string& path, std::string_view sql)
    : database_(database), path_(path) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql.data(), int(sql.size()), &statement, nullptr) != SQLITE_OK)
    complain(database, path);
  statement_.reset(statement);
}

bool Statement::next() {
  const int result = sqlite3_step(statement_.get());
  if (result != SQLITE_ROW && result != SQLITE_DONE) complain(database_, path_);
  return result == SQLITE_ROW;
}

void Statement::run() {
  while (next()) continue;
  sqlite3_reset(statement_.get());
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL
             ? kNone
             : sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  return text != nullptr ? reinterpret_cast<const char*>(text) : "";
}

std::optional<int64_t> Statement::maybe_integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

void Statement::bind(int at, int64_t value) { sqlite3_bind_int64(statement_.get(), at, value); }

void Statement::bind(int at, double value) {
  std::isfinite(value) ? sqlite3_bind_double(statement_.get(), at, value)
                       : sqlite3_bind_null(statement_.get(), at);
}

void Statement::bind(int at, std::string_view value) {
  sqlite3_bind_text(statement_.get(), at, value.data(), int(value.size()), SQLITE_TRANSIENT);
}

void Statement::bind(int at, std::optional<int64_t> value) {
  value ? bind(at, *value) : void(sqlite3_bind_null(statement_.get(), at));
}

void Database::End::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Database::Database(const std::string& path, Mode mode) : path_(path) {
  sqlite3* database = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &database,
                      SQLITE_OPEN_READWRITE | (mode == kMake ? SQLITE_OPEN_CREATE : 0), nullptr);
  database_.reset(database);
  if (result != SQLITE_OK) complain(database, path);
  sqlite3_busy_timeout(database, patience);
}

void Database::run(const std::string& sql) const {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    complain(database_.get(), path_);
}

int64_t Database::last_row() const { return sqlite3_last_insert_rowid(database_.get()); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const std::exception&) {
    // SQLite has rolled back already, as after a full disk.
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace poolbench
