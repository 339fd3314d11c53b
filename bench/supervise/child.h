// A child process: this program again, with the same arguments, told to do the work.
#ifndef POOLBENCH_BENCH_SUPERVISE_CHILD_H_
#define POOLBENCH_BENCH_SUPERVISE_CHILD_H_

#include <sys/types.h>

#include "bench/supervise/link.h"

namespace poolbench {

// Prints a line to standard error, over a line of progress.
void print_error(std::string_view line);

// Forwards what a child's code writes by itself to standard error, line by line.
class Chatter {
 public:
  // `prefix` stands before each line; `limit`: of lines.
  Chatter(int descriptor, std::string prefix, int limit)
      : descriptor_(descriptor), prefix_(std::move(prefix)), limit_(limit) {}
  ~Chatter();
  Chatter(const Chatter&) = delete;

  int descriptor() const { return descriptor_; }
  // Drops what comes from now on, or no longer.
  void mute(bool muted) { muted_ = muted; }
  // Forwards what has come. `all`: an unfinished line too.
  void forward(bool all = false);

 private:
  void show(std::string_view line);

  int descriptor_;  // -1 once the other end is closed
  std::string prefix_, text_;
  int limit_, shown_ = 0;
  bool muted_ = false;
};

// How a child ended before its end.
struct Death {
  enum Kind { kSignal, kExit, kTimeout, kNoMemory, kNoDevice, kGarbled } kind;
  int number = 0;  // of the signal, or the exit status
  double limit = 0;
  std::string words;  // the device's
  // "ended the process by signal 11 (Segmentation fault)"
  std::string text() const;
  Status status() const;
};

class Child {
 public:
  Child();  // throws std::runtime_error
  ~Child();
  Child(const Child&) = delete;

  void send(const Json& message) { link_->send(message); }
  // Drops what it writes by itself from now on, or no longer.
  void mute(bool muted) {
    output_->mute(muted);
    errors_->mute(muted);
  }
  // What happened first. Prints what the child wants printed on the way, each time with the limit
  // anew; 0: no limit.
  struct Event {
    std::optional<Json> message;
    std::optional<Death> death;
    bool interrupted = false;
  };
  Event wait(double limit_seconds);
  // Waits until the process is gone, after it said that it is done. False: it did not end well.
  bool ended_well();

 private:
  std::optional<Json> message();
  Death ended();
  bool gone_within(int milliseconds) const;
  void stop();
  void forward_all();

  std::optional<Link> link_;
  std::optional<Chatter> output_, errors_;
  pid_t pid_ = -1;
  int process_ = -1;       // a descriptor that becomes readable when it ends; -1 on old kernels
  int64_t oom_kills_ = 0;  // of the machine, when it began
  std::optional<int> wait_status_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SUPERVISE_CHILD_H_
