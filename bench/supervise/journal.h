// The journal of a run: a line of JSON for each finished case, on disk as soon as it is finished.
// After any kill a second run continues from it. Each line has a seal (bench/record/seal.h), which
// goes over the seal before it too: lines that were changed, left out or moved are seen. Two runs
// cannot keep one at a time; one whose disk is full goes on without.
#ifndef POOLBENCH_BENCH_SUPERVISE_JOURNAL_H_
#define POOLBENCH_BENCH_SUPERVISE_JOURNAL_H_

#include "bench/supervise/cases.h"

namespace poolbench {

class Journal {
 public:
  // The journal of a record: FILE.journal. Where `record` is empty or no regular file there is
  // none. `resume`: continues from the one that is there; throws BadInput where that was written
  // by another program, with other arguments or with other files of modules (NAME=FILE), or was
  // changed since. Otherwise an old one is renamed to FILE.journal~. Throws BadInput where another
  // run is writing it.
  Journal(const std::string& record, bool resume, const std::vector<std::string>& modules);
  ~Journal();
  Journal(const Journal&) = delete;

  // Writes the first line, or checks that the journal is of these cases. Throws BadInput.
  void begin(const std::vector<Opened::Case>& cases);
  // Returns the rows of a case that an earlier run finished, or null.
  const Json* rows(size_t index) const;
  size_t resumed() const { return finished_.size(); }
  // What those cases added to the facts (Cases::news()).
  const Json& news() const { return news_; }
  void append(size_t index, const Json& rows, const Json& news);
  // Call it once all cases are finished and the record is written.
  void remove();

 private:
  void read();
  void check_seal(const std::string& line, size_t number);
  void write(Json line);

  std::string path_;
  int file_ = -1;       // locked; -1: nothing is written
  bool begun_ = false;  // the file is this run's
  std::string last_seal_;
  Json head_;                        // as it should be, or as the file has it
  std::map<size_t, Json> finished_;  // by an earlier run
  Json news_ = Json::object();       // of it
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SUPERVISE_JOURNAL_H_
