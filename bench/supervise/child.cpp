#include "bench/supervise/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <set>
#include <stdexcept>

#include "bench/processes.h"
#include "bench/time/interrupt.h"
#include "host/turn.h"

namespace poolbench {
namespace {

using Clock = std::chrono::steady_clock;

// Lines that are shown of what one child writes to each of its two outputs.
constexpr int kShownOutput = 20;
constexpr int kShownErrors = 1000;
// A process that has said its last word may take this long to close its devices.
constexpr int kFarewellMilliseconds = 10'000;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(fmt::format("no child process: {}: {}", what, std::strerror(errno)));
}

// How often the kernel ended a process for want of memory: on the machine, or in this container.
int64_t oom_kills() {
  int64_t most = 0;
  for (const char* path : {"/proc/vmstat", "/sys/fs/cgroup/memory.events"}) {
    std::ifstream file(path);
    std::string name;
    for (int64_t count = 0; file >> name >> count;)
      if (name == "oom_kill") most = std::max(most, count);
  }
  return most;
}

Clock::time_point after(double seconds) {
  return Clock::now() +
         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// Waits until one of the descriptors has something; returns whether one has.
bool wait_for(std::span<pollfd> descriptors, int milliseconds) {
  const int ready = poll(descriptors.data(), descriptors.size(), milliseconds);
  if (ready <= 0)
    for (pollfd& one : descriptors) one.revents = 0;
  return ready > 0 || (ready < 0 && errno == EINTR);
}

// The children that this process had before it started any.
const std::set<pid_t>& strangers() {
  static const std::set<pid_t> before = children();
  return before;
}

// Ends processes that a backend left behind, whatever their group.
void end_orphans() {
  for (bool any = true; any;) {
    any = false;
    for (const pid_t orphan : children()) {
      if (strangers().contains(orphan)) continue;
      any = end_child(orphan);
    }
  }
}

void keep_over_exec(int descriptor) { fcntl(descriptor, F_SETFD, 0); }

// The child's side between fork and exec. It leads a session of its own: the parent can end it with
// all that it started, the terminal's Ctrl-C reaches the parent alone, and see run_before_others().
[[noreturn]] void become_child(pid_t parent, int socket, int turns, int output, int errors) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 1);         // so that it sees what its backends leave behind
  if (getppid() != parent) _exit(kNotRun);  // it died before the line above
  std::ofstream("/proc/self/oom_score_adj") << "500\n";  // rather this process than the parent
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  keep_over_exec(socket);
  keep_over_exec(turns);
  setenv(kChildVariable, fmt::format("{},{}", socket, turns).c_str(), 1);
  std::vector<std::string> words;
  std::ifstream own("/proc/self/cmdline");
  for (std::string word; std::getline(own, word, '\0');) words.push_back(word);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv("/proc/self/exe", arguments.data());
  _exit(kNotRun);
}

}  // namespace

void print_error(std::string_view line) {
  if (isatty(STDERR_FILENO)) std::fputs("\r\x1b[K", stderr);  // over a line of progress
  fmt::print(stderr, "{}\n", line);
}

Chatter::~Chatter() {
  if (descriptor_ < 0) return;
  forward(true);
  if (descriptor_ >= 0) close(descriptor_);
}

void Chatter::forward(bool all) {
  char buffer[4096];
  while (descriptor_ >= 0) {
    const ssize_t got = read(descriptor_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;  // nothing more for now
    if (got == 0) close(std::exchange(descriptor_, -1)), all = true;
    text_.append(buffer, got);
    for (size_t end; (end = text_.find('\n')) != std::string::npos; text_.erase(0, end + 1))
      show(std::string_view(text_).substr(0, end));
    if (text_.size() > sizeof buffer) show(text_), text_.clear();  // no line, and without end
  }
  if (all && !text_.empty()) show(text_), text_.clear();
}

void Chatter::show(std::string_view line) {
  if (muted_) return;
  if (++shown_ <= limit_)
    print_error(fmt::format("{}{}", prefix_, line));
  else if (shown_ == limit_ + 1)
    print_error(prefix_ + "(and more, which is not shown)");
}

std::string Death::text() const {
  switch (kind) {
    case kSignal:
      return fmt::format("ended the process by signal {} ({})", number, strsignal(number));
    case kExit:
      return fmt::format("ended the process with exit status {}", number);
    case kTimeout:
      return fmt::format("did not end within {:.3g} s (--case-limit)", limit);
    case kNoMemory:
      return "had the process ended by the kernel, which had no memory left";
    case kNoDevice:
      return "lost the device: " + words;
    case kGarbled:
      return "closed or wrote to the process's connection with its supervisor";
  }
  return {};
}

Status Death::status() const {
  switch (kind) {
    case kSignal:
      return Status::kCrashed;
    case kExit:
    case kGarbled:
      return Status::kExited;
    case kTimeout:
      return Status::kHung;
    case kNoMemory:
    case kNoDevice:
      return Status::kError;
  }
  return Status::kError;
}

Child::Child() : oom_kills_(oom_kills()) {
  static const int turns = share_turns();
  say_turn("", "");
  int sockets[2], output[2], errors[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) fail("socketpair");
  link_.emplace(sockets[0]);
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // what a backend starts and leaves becomes ours, to be ended
  strangers();
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0) fail("pipe");
  for (const int end : {output[0], errors[0]}) fcntl(end, F_SETFL, O_NONBLOCK);
  output_.emplace(output[0], "a backend printed: ", kShownOutput);
  errors_.emplace(errors[0], "", kShownErrors);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become_child(parent, sockets[1], turns, output[1], errors[1]);
  for (const int end : {sockets[1], output[1], errors[1]}) close(end);
  if (pid_ < 0) fail("fork");
  process_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  std::random_device draw;
  const std::string token = fmt::format("{:08x}{:08x}{:08x}", draw(), draw(), draw());
  link_->send({{"token", token}});
  link_->set_token(token);
}

Child::~Child() {
  if (pid_ > 0) stop();
  if (process_ >= 0) close(process_);
}

void Child::forward_all() {
  output_->forward();
  errors_->forward();
}

// Ends the process and all that it started, if they are still there.
void Child::stop() {
  for (const pid_t who : {pid_, -pid_}) kill(who, SIGKILL);  // it may not lead a group yet
  int status = 0;
  while (!wait_status_ && waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  if (!wait_status_) wait_status_ = status;
  end_orphans();
  forward_all();
}

// Waits until the process has ended by itself, and leaves it to be reaped.
bool Child::gone_within(int milliseconds) const {
  const auto deadline = Clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    siginfo_t info = {};
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == pid_)
      return true;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd process = {process_, POLLIN, 0};
    wait_for({&process, 1}, process_ < 0 ? 10 : int(left.count()));
  }
}

// The process has ended, or is made to.
Death Child::ended() {
  const bool by_itself = gone_within(1000);  // its connection may close a bit before
  stop();
  const int status = *wait_status_;
  if (!by_itself) return {Death::kGarbled};
  if (WIFEXITED(status)) return {Death::kExit, WEXITSTATUS(status)};
  if (WTERMSIG(status) == SIGKILL && oom_kills() > oom_kills_) return {Death::kNoMemory};
  return {Death::kSignal, WTERMSIG(status)};
}

// The next message that is not for printing.
std::optional<Json> Child::message() {
  while (auto message = link_->next()) {
    forward_all();
    if (!message->contains("print")) return message;
    print_text(message->at("print").get<std::string>());
  }
  return std::nullopt;
}

Child::Event Child::wait(double limit_seconds) try {
  auto deadline = after(limit_seconds);
  for (;;) {
    if (auto next = message()) return {std::move(next)};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd on[] = {{link_->socket(), POLLIN, 0},
                   {process_, POLLIN, 0},
                   {output_->descriptor(), POLLIN, 0},
                   {errors_->descriptor(), POLLIN, 0},
                   {Interrupt::descriptor(), POLLIN, 0}};
    const auto& [socket, process, output, errors, interrupt] = on;
    const int wait = limit_seconds == 0 ? -1 : int(std::clamp<int64_t>(left.count(), 0, 1 << 30));
    if (!wait_for(on, wait)) {
      stop();
      return {{}, Death{Death::kTimeout, 0, limit_seconds}};
    }
    forward_all();
    if (interrupt.revents != 0) return {{}, {}, true};
    if (socket.revents != 0) {
      if (!link_->receive()) return {{}, ended()};
      deadline = after(limit_seconds);
    } else if (process.revents != 0) {
      return {{}, ended()};
    }
  }
} catch (const Json::exception&) {
  stop();
  return {{}, Death{Death::kGarbled}};
}

bool Child::ended_well() {
  const bool by_itself = gone_within(kFarewellMilliseconds);
  stop();
  return by_itself && WIFEXITED(*wait_status_) && WEXITSTATUS(*wait_status_) == 0;
}

}  // namespace poolbench
