#include "bench/report/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace poolbench {
namespace {

using Clock = std::chrono::steady_clock;

size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 100;
}

bool wanted() {
  const char* forced = std::getenv("POOLBENCH_PROGRESS");
  return forced != nullptr ? std::string_view(forced) == "1" : isatty(STDERR_FILENO) != 0;
}

std::string clock_text(double seconds) {
  const auto s = std::lround(seconds);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace

Progress::Progress(std::string_view what, int64_t cases, double total_work)
    : what_(what), cases_(cases), total_(total_work), start_(Clock::now()), active_(wanted()) {}

Progress::~Progress() { clear(); }

void Progress::step(std::string_view now, double work) {
  before_ += current_;
  current_ = work;
  ++done_;
  const auto time = Clock::now();
  if (!active_ || (visible_ && time - drawn_ < std::chrono::milliseconds(100))) return;
  const double elapsed = std::chrono::duration<double>(time - start_).count();
  // The first cases are no measure of the pace.
  const std::string left = elapsed > 1 && before_ > 0
                               ? clock_text(elapsed / before_ * (total_ - before_)) + " left"
                               : "";
  std::string line = fmt::format("{} {}/{}  {:>3.0f} %  {}  {}", what_, done_, cases_,
                                 total_ > 0 ? 100 * before_ / total_ : 0, left, now);
  line = line.substr(0, terminal_columns() - 1);
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
  drawn_ = time;
  visible_ = true;
}

void Progress::clear() {
  if (!visible_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  visible_ = false;
}

}  // namespace poolbench
