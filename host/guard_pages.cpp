#include "host/guard_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <utility>

namespace poolbench {
namespace {

// What the signal handler works on. It calls nothing but mprotect(), sigaction() and raise(), which
// are safe there.
std::atomic<const std::vector<GuardPages::Range>*> guarded = nullptr;
std::atomic<char*> touched = nullptr;  // first
struct sigaction before = {};

void protect(const GuardPages::Range& range, int how) {
  mprotect(range.begin, static_cast<size_t>(range.end - range.begin), how);
}

void open_range(int signal, siginfo_t* info, void*) {
  auto* const at = static_cast<char*>(info->si_addr);
  if (const auto* ranges = guarded.load())
    for (const GuardPages::Range& range : *ranges) {
      if (at < range.begin || at >= range.end) continue;
      char* nobody = nullptr;
      touched.compare_exchange_strong(nobody, at);
      protect(range, PROT_READ | PROT_WRITE);
      return;  // and the instruction is tried again
    }
  // Not ours: it happens again, and whoever was there before sees it.
  sigaction(signal, &before, nullptr);
  if (info->si_code <= 0) raise(signal);  // sent by somebody: it happens once
}

}  // namespace

GuardPages::GuardPages(const std::vector<Range>& ranges) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (Range range : ranges) {
    range.begin += (page - reinterpret_cast<uintptr_t>(range.begin) % page) % page;
    range.end -= reinterpret_cast<uintptr_t>(range.end) % page;
    if (range.begin < range.end) ranges_.push_back(range);
  }
  touched = nullptr;
  guarded = &ranges_;
  struct sigaction ours = {};
  ours.sa_sigaction = open_range;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &ours, &before);
  for (const Range& range : ranges_) protect(range, PROT_NONE);
}

GuardPages::~GuardPages() { open(); }

std::optional<const char*> GuardPages::open() {
  if (std::exchange(is_open_, true)) return std::nullopt;
  for (const Range& range : ranges_) protect(range, PROT_READ | PROT_WRITE);
  guarded = nullptr;
  sigaction(SIGSEGV, &before, nullptr);
  if (touched == nullptr) return std::nullopt;
  return touched.load();
}

}  // namespace poolbench
