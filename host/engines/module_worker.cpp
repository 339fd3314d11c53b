// poolbench_worker FILE: an engine (README.md) that pools with a module (host/module.h), so that it
// has a process of its own: one that crashes, brings another OpenMP runtime, or a library of which
// a process must not hold two.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>

#include "host/backend.h"
#include "host/engines/protocol.h"
#include "host/modules.h"
#include "host/substrates/shared_memory.h"

namespace poolbench {
namespace {

struct Mapped {
  char* address;
  size_t bytes;
};

struct Planned {
  std::unique_ptr<Plan> plan;
  std::vector<Operand> operands;
  Buffer scratch;
};

struct Recorded {
  Plan* plan;
  std::vector<Tensors> launches;
};

// "KEY=VALUE" of a request, or nothing.
std::string value(const std::string& line, const std::string& key) {
  const size_t at = line.find(" " + key + "=");
  if (at == std::string::npos) return {};
  const size_t begin = at + key.size() + 2;
  return line.substr(begin, line.find(' ', begin) - begin);
}

Problem problem_of(const std::string& line) {
  std::string text = value(line, "text");
  const std::string samples = value(line, "samples");
  constexpr std::string_view kGiven = "samples:planes";
  const bool given = text.find(kGiven) != std::string::npos;
  if (given) text.replace(text.find(kGiven), kGiven.size(), "seed:0");
  Problem problem = parse_problem(text);
  if (!given) return problem;
  return problem.with([&](Description& description) {
    std::istringstream stream(samples);
    for (std::string one; std::getline(stream, one, ',');)
      description.spec.samples.push_back(std::strtod(one.c_str(), nullptr));
  });
}

class Server {
 public:
  explicit Server(const std::string& file) : file_(file) {
    const char* socket = std::getenv(POOLBENCH_ENGINE_VARIABLE);
    if (socket == nullptr) throw std::runtime_error("poolbench starts this program (--isolate)");
    share_host_memory();  // scratch has pages as small as the operands', here as there
    socket_ = std::atoi(socket);
    unsetenv(POOLBENCH_ENGINE_VARIABLE);
  }

  void serve() {
    for (bool more = true; more;) {
      const std::string line = receive();
      const std::string word = line.substr(0, line.find(' '));
      more = word != POOLBENCH_ENGINE_END;
      answer(reply(word, line));
    }
  }

 private:
  std::string reply(const std::string& word, const std::string& line) {
    const auto with = [](const char* status, const std::string& text) {
      return text.empty() ? std::string(status) : fmt::format("{} {}", status, text);
    };
    try {
      return with(POOLBENCH_ENGINE_OK, act(word, line));
    } catch (const Refused& refused) {
      return with(POOLBENCH_ENGINE_REFUSED, refused.what());
    } catch (const OutOfMemory& error) {
      return with(POOLBENCH_ENGINE_NO_MEMORY, error.what());
    } catch (const std::exception& error) {
      return with(POOLBENCH_ENGINE_FAILED, error.what());
    }
  }

  std::string act(const std::string& word, const std::string& line) {
    std::istringstream words(line.substr(std::min(line.size(), word.size() + 1)));
    int64_t number = 0;
    if (word == POOLBENCH_ENGINE_HELLO) return hello();
    words >> number;
    if (word == POOLBENCH_ENGINE_PLAN) return plan(number, line);
    if (word == POOLBENCH_ENGINE_DROP) plans_.erase(number);
    if (word == POOLBENCH_ENGINE_MAP) map(number, words);
    if (word == POOLBENCH_ENGINE_UNMAP) unmap(number);
    if (word == POOLBENCH_ENGINE_RECORD) record(number, words);
    if (word == POOLBENCH_ENGINE_GO) return go(number);
    if (word == POOLBENCH_ENGINE_FORGET) recordings_.erase(number);
    return {};
  }

  std::string hello() {
    opened_ = open_module({"module", file_}, [](auto, auto) -> Substrate& {
      throw std::runtime_error("isolated modules work on the host");
    });
    std::vector<std::string> kernels;
    for (const KernelInfo& kernel : backend().kernels()) kernels.push_back(kernel.name);
    return fmt::format("{} in_place=1 samples=1 kernels={}", POOLBENCH_ENGINE_VERSION,
                       fmt::join(kernels, ","));
  }

  std::string plan(int64_t number, const std::string& line) {
    const Problem problem = problem_of(line);
    const std::string kernel = value(line, "use");
    if (const Support support = backend().supports(problem, kernel); !support)
      throw Refused(support.why_not);
    Planned planned{backend().plan(problem, kernel), {}, {}};
    const int64_t scratch = planned.plan->scratch_bytes();
    planned.operands = operands(problem);
    if (scratch > 0) planned.scratch = Buffer(backend().substrate(), scratch);
    std::string chosen(planned.plan->kernel());
    plans_[number] = std::move(planned);
    return chosen;
  }

  void map(int64_t number, std::istringstream& words) {
    int64_t bytes = 0;
    words >> bytes;
    void* memory = mmap(nullptr, size_t(bytes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                        descriptor_, 0);
    close(descriptor_);
    if (memory == MAP_FAILED) throw OutOfMemory("the operands cannot be mapped");
    mapped_[number] = {static_cast<char*>(memory), size_t(bytes)};
  }

  void unmap(int64_t number) {
    munmap(mapped_.at(number).address, mapped_.at(number).bytes);
    mapped_.erase(number);
  }

  void record(int64_t number, std::istringstream& words) {
    int64_t plan = 0;
    words >> plan;
    Planned& planned = plans_.at(plan);
    Recorded recorded{planned.plan.get(), {}};
    for (std::string launch; words >> launch;) {
      Tensors tensors;
      const char* at = launch.c_str();
      for (const Operand& operand : planned.operands) {
        char* end = nullptr;
        const int64_t segment = std::strtoll(at, &end, 10);
        tensors[operand.role] = mapped_.at(segment).address + std::strtoll(end + 1, &end, 10);
        at = end + 1;
      }
      tensors[Role::kScratch] = planned.scratch.at();
      recorded.launches.push_back(tensors);
    }
    recordings_[number] = std::move(recorded);
  }

  std::string go(int64_t number) {
    const Recorded& recorded = recordings_[number];  // 0: nothing
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    for (const Tensors& tensors : recorded.launches) recorded.plan->launch(tensors, nullptr);
    const std::chrono::duration<double> seconds = Clock::now() - begin;
    return fmt::format("{}", seconds.count());
  }

  Backend& backend() { return *opened_.backends.front(); }

  std::string receive() {
    for (;;) {
      if (const size_t end = text_.find('\n'); end != std::string::npos) {
        std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        return line;
      }
      char buffer[65536];
      alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
      iovec part = {buffer, sizeof buffer};
      msghdr message = {};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      const ssize_t got = recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
      if (got <= 0) std::_Exit(0);  // nobody is there any more
      if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr)
        std::memcpy(&descriptor_, CMSG_DATA(header), sizeof descriptor_);
      text_.append(buffer, size_t(got));
    }
  }

  void answer(std::string line) const {
    for (char& letter : line)
      if (letter == '\n') letter = ' ';
    line += '\n';
    for (size_t done = 0; done < line.size();) {
      const ssize_t now = send(socket_, line.data() + done, line.size() - done, MSG_NOSIGNAL);
      if (now < 0) std::_Exit(0);
      done += size_t(now);
    }
  }

  std::string file_;
  int socket_, descriptor_ = -1;
  std::string text_;
  OpenModule opened_;
  std::map<int64_t, Mapped> mapped_;
  std::map<int64_t, Planned> plans_;
  std::map<int64_t, Recorded> recordings_;
};

}  // namespace
}  // namespace poolbench

int main(int count, char** words) {
  try {
    if (count != 2) throw std::runtime_error("usage: poolbench_worker MODULE");
    poolbench::Server(words[1]).serve();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "poolbench_worker: {}\n", error.what());
    return 1;
  }
}
