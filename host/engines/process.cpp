#include "host/engines/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "host/backend.h"
#include "host/engines/protocol.h"
#include "host/substrates/shared_memory.h"

namespace poolbench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kLongestAnswer = 1 << 20;
constexpr std::chrono::milliseconds kFarewell{2000};
constexpr int kMostFalls = 3;  // of a process, after each of which it is started again

std::vector<const EngineProcess*>& all() {
  static auto* processes = new std::vector<const EngineProcess*>;
  return *processes;
}

// The child's side between fork and exec.
[[noreturn]] void become(const std::string& command, int socket, int threads, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) std::signal(signal, SIG_DFL);
  fcntl(socket, F_SETFD, 0);
  setenv(POOLBENCH_ENGINE_VARIABLE, std::to_string(socket).c_str(), 1);
  for (const char* variable : {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"})
    setenv(variable, std::to_string(threads).c_str(), 1);
  const char* others = std::getenv("PYTHONPATH");
  setenv("PYTHONPATH",
         (engines_folder() + (others != nullptr ? ":" : "") + (others != nullptr ? others : ""))
             .c_str(),
         1);
  setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
  const std::string line = "exec " + command;
  execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
  _exit(127);
}

std::string first_word(std::string_view line) {
  return std::string(line.substr(0, line.find(' ')));
}
std::string rest_of(std::string_view line) {
  const size_t space = line.find(' ');
  return space == std::string_view::npos ? std::string() : std::string(line.substr(space + 1));
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

// A value has no blanks, since these end a word.
std::string with_blanks(std::string value) {
  constexpr std::string_view kBlank = "%20";
  for (size_t at = 0; (at = value.find(kBlank, at)) != std::string::npos; ++at)
    value.replace(at, kBlank.size(), " ");
  return value;
}

// A word of an engine's device. Throws std::runtime_error for what none may be.
void read_device(Device& device, const std::string& key, const std::string& value) {
  const auto number = [&] {
    char* end = nullptr;
    const int64_t bytes = std::strtoll(value.c_str(), &end, 10);
    if (value.empty() || *end != '\0' || bytes <= 0)
      throw std::runtime_error(fmt::format("says {}={}; a number of bytes is right", key, value));
    return bytes;
  };
  constexpr std::string_view kHex = "0123456789abcdef";
  if (key == "uuid" && (value.size() != 32 || value.find_first_not_of(kHex) != std::string::npos))
    throw std::runtime_error(fmt::format("says uuid={}; 32 hex digits are right", value));
  if (key == "device") device.substrate = value;
  if (key == "uuid") device.uuid = value;
  if (key == "memory") device.memory_bytes = number();
  if (key == "cache") device.cache_bytes = number();
  if (key == "device_name") device.name = value;
  if (key == "driver") device.driver = value;
}

// "version=2.1 in_place=0 kernels=a,b rules=c note=all that follows"
EngineFacts facts_of(const std::string& text) {
  EngineFacts facts;
  Device device;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) {
    const std::string key = word.substr(0, word.find('='));
    const std::string value = with_blanks(word.substr(std::min(word.size(), key.size() + 1)));
    if (key == "version") facts.version = value;
    if (key == "in_place") facts.in_place = value != "0";
    if (key == "samples") facts.samples = value != "0";
    if (key == "kernels") facts.kernels = split(value);
    if (key == "rules") facts.rules = split(value);
    read_device(device, key, value);
    if (key != "note") continue;
    std::getline(stream, facts.note);
    facts.note = value + facts.note;
  }
  if (facts.kernels.empty()) facts.kernels = {"engine"};
  if (device.substrate.empty()) return facts;
  if (device.substrate == "host" || device.substrate == "worker" || device.uuid.empty() ||
      device.memory_bytes == 0 || device.cache_bytes == 0)
    throw std::runtime_error("names a device that is the host, or without uuid=, memory=, cache=");
  facts.device = std::move(device);
  return facts;
}

}  // namespace

EngineProcess::EngineProcess(std::string name, std::string command, int threads, double limit,
                             bool trusted)
    : name_(std::move(name)),
      command_(std::move(command)),
      threads_(threads),
      limit_(limit),
      trusted_(trusted) {
  all().push_back(this);
}

EngineProcess::~EngineProcess() {
  std::erase(all(), this);
  if (pid_ <= 0) return;
  try {
    limit_ = std::min(limit_, 2.0);
    ask(POOLBENCH_ENGINE_END, "end");
    const auto deadline = Clock::now() + kFarewell;
    while (pid_ > 0 && Clock::now() < deadline) {
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
      poll(nullptr, 0, 1);
    }
  } catch (const std::exception&) {  // it is gone, or has no words: it is ended all the same
  }
  stop();
}

void EngineProcess::launch() {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    throw std::runtime_error(fmt::format("{}: no socket: {}", name_, std::strerror(errno)));
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(command_, sockets[1], threads_, parent);
  close(sockets[1]);
  socket_ = sockets[0];
  if (pid_ < 0) {
    stop();
    throw std::runtime_error(fmt::format("{}: no process: {}", name_, std::strerror(errno)));
  }
  const timeval limit = {.tv_sec = std::max<time_t>(time_t(limit_), 1), .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ++generation_;
  mapped_.clear();
  text_.clear();
}

const EngineFacts& EngineProcess::start() {
  if (is_running()) return facts_;
  if (generation_ >= kMostFalls)
    throw ContenderEnded(ContenderEnded::kExit, name_,
                         fmt::format("left out after its process ended {} times", kMostFalls));
  launch();
  try {
    const std::string answer =
        ask(fmt::format("{} {} threads={} trusted={}", POOLBENCH_ENGINE_HELLO,
                        POOLBENCH_ENGINE_VERSION, threads_, int(trusted_)),
            "start");
    const std::string version = first_word(answer);
    if (version != std::to_string(POOLBENCH_ENGINE_VERSION))
      throw std::runtime_error(fmt::format("{}: speaks version {} of the protocol, this program {}",
                                           name_, version, POOLBENCH_ENGINE_VERSION));
    facts_ = facts_of(rest_of(answer));
    facts_.in_place = facts_.in_place || !trusted_;
  } catch (const std::exception&) {
    stop();
    throw;
  }
  return facts_;
}

std::string EngineProcess::ask(std::string_view line, std::string_view doing, int descriptor) {
  if (!is_running())
    throw ContenderEnded(ContenderEnded::kExit, name_,
                         fmt::format("its process ended before this {}", doing));
  send(line, doing, descriptor);
  const std::string answer = receive(doing);
  const std::string word = first_word(answer);
  std::string rest = rest_of(answer);
  if (word == POOLBENCH_ENGINE_OK) return rest;
  const std::string text = fmt::format("{}: {}", name_, rest);
  if (word == POOLBENCH_ENGINE_REFUSED) throw Refused(text);
  if (word == POOLBENCH_ENGINE_NO_MEMORY) throw OutOfMemory(text);
  if (word == POOLBENCH_ENGINE_FAILED) throw std::runtime_error(text);
  fail(ContenderEnded::kGarbled,
       fmt::format("answered '{}' during {}; ok, refused, no-memory or failed is right",
                   answer.substr(0, 60), doing));
}

void EngineProcess::send(std::string_view line, std::string_view doing, int descriptor) {
  std::string text(line);
  text += '\n';
  for (size_t done = 0; done < text.size();) {
    iovec part = {text.data() + done, text.size() - done};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor >= 0 && done == 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    const ssize_t now = sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      fail(ContenderEnded::kTimeout,
           fmt::format("did not listen within {:.3g} s during {}", limit_, doing));
    if (now < 0) ended(doing);
    done += static_cast<size_t>(now);
  }
}

std::string EngineProcess::receive(std::string_view doing) {
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(limit_));
  for (;;) {
    if (const size_t end = text_.find('\n'); end != std::string::npos) {
      std::string line = text_.substr(0, end);
      text_.erase(0, end + 1);
      return line;
    }
    if (text_.size() > kLongestAnswer)
      fail(ContenderEnded::kGarbled, fmt::format("answered without end during {}", doing));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd waiting = {socket_, POLLIN, 0};
    const int ready = poll(&waiting, 1, int(std::max<int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0)
      fail(ContenderEnded::kTimeout,
           fmt::format("did not end within {:.3g} s (--engine-limit) during {}", limit_, doing));
    char buffer[4096];
    const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) ended(doing);
    text_.append(buffer, static_cast<size_t>(got));
  }
}

// The process has closed its socket: it has ended, or is made to.
void EngineProcess::ended(std::string_view doing) {
  const auto deadline = Clock::now() + kFarewell;
  int status = 0;
  pid_t gone = 0;
  while ((gone = waitpid(pid_, &status, WNOHANG)) == 0 && Clock::now() < deadline)
    poll(nullptr, 0, 1);
  if (gone != pid_)
    fail(ContenderEnded::kGarbled, fmt::format("closed its socket during {}", doing));
  pid_ = -1;
  if (WIFSIGNALED(status))
    fail(ContenderEnded::kSignal,
         fmt::format("its process ended by signal {} ({}) during {}", WTERMSIG(status),
                     strsignal(WTERMSIG(status)), doing));
  fail(ContenderEnded::kExit,
       fmt::format("its process ended with exit status {} during {}", WEXITSTATUS(status), doing));
}

void EngineProcess::fail(ContenderEnded::Kind kind, const std::string& what) {
  stop();
  throw ContenderEnded(kind, name_, what);
}

void EngineProcess::stop() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  if (socket_ >= 0) close(std::exchange(socket_, -1));
}

void EngineProcess::unmap_unused() {
  for (auto it = mapped_.begin(); it != mapped_.end();)
    if (shared_segment_exists(*it)) {
      ++it;
    } else {
      ask(fmt::format("{} {}", POOLBENCH_ENGINE_UNMAP, *it), "unmap");
      it = mapped_.erase(it);
    }
}

std::string EngineProcess::place(const void* address) {
  const auto place = shared_place(address);
  if (!place) throw std::runtime_error(fmt::format("{}: memory that is not shared", name_));
  if (mapped_.insert(place->segment).second)
    ask(fmt::format("{} {} {}", POOLBENCH_ENGINE_MAP, place->segment, place->bytes), "map",
        place->descriptor);
  return fmt::format("{}+{}", place->segment, place->offset);
}

bool EngineProcess::is_asleep() const {
  std::error_code error;
  const auto tasks = fmt::format("/proc/{}/task", pid_);
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::ifstream file(task.path() / "stat");
    std::string text;
    std::getline(file, text);
    const size_t name_end = text.rfind(") ");  // NUMBER (NAME) STATE ...
    if (name_end != std::string::npos && text[name_end + 2] == 'R') return false;
  }
  return true;
}

std::string engines_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "" : (program.parent_path() / "engines").string();
}

std::vector<RunningEngine> running_engines() {
  std::vector<RunningEngine> running;
  for (const EngineProcess* process : all())
    if (process->is_running()) running.push_back({process->name(), process->pid()});
  return running;
}

}  // namespace poolbench
