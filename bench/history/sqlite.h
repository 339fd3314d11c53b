// SQLite with C++'s rules: what is opened is closed, what fails throws.
#ifndef POOLBENCH_BENCH_HISTORY_SQLITE_H_
#define POOLBENCH_BENCH_HISTORY_SQLITE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace poolbench {

// A statement with its parameters. Throws as Database does.
class Statement {
 public:
  // Binds the parameters from the first on, and begins anew.
  template <class... T>
  Statement& with(const T&... values) {
    reset();
    int at = 0;
    (bind(++at, values), ...);
    return *this;
  }
  bool next();  // whether there is a (further) row
  void run();   // for statements that give none

  int64_t integer(int column) const;
  double real(int column) const;  // kNone where it is null
  std::string text(int column) const;
  std::optional<int64_t> maybe_integer(int column) const;

 private:
  friend class Database;
  Statement(sqlite3* database, const std::string& path, std::string_view sql);
  void reset();
  void bind(int at, int64_t value);
  void bind(int at, double value);  // not finite: null
  void bind(int at, std::string_view value);
  void bind(int at, std::optional<int64_t> value);

  struct End {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::string path_;
  std::unique_ptr<sqlite3_stmt, End> statement_;
};

// A database file. What another process holds for too long, a full disk and the like throw
// std::runtime_error; a file that is none, or cannot be opened, BadInput. Both name the file. The
// journal is SQLite's oldest kind, which works on NFS too as far as its locks do: a write-ahead log
// would need memory that all processes share.
class Database {
 public:
  static inline int patience = 10'000;  // ms for which another process may hold it
  enum Mode { kMake, kMustExist };
  Database(const std::string& path, Mode mode);
  Statement prepare(std::string_view sql) const { return {database_.get(), path_, sql}; }
  void run(const std::string& sql) const;  // statements without parameters
  int64_t last_row() const;                // the id of the row that was inserted last
  const std::string& path() const { return path_; }

 private:
  struct End {
    void operator()(sqlite3* database) const;
  };
  std::string path_;
  std::unique_ptr<sqlite3, End> database_;
};

// All or nothing: what is not committed never was.
class Transaction {
 public:
  explicit Transaction(const Database& database) : database_(database) {
    database.run("BEGIN IMMEDIATE");
  }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  void commit();

 private:
  const Database& database_;
  bool open_ = true;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_HISTORY_SQLITE_H_
