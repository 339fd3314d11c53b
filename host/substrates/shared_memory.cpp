#include "host/substrates/shared_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace poolbench {
namespace {

struct Segment {
  int64_t number;
  int descriptor;
  int64_t bytes;
  bool used = true;
};

// Unused segments are kept for the cases that follow, up to this much in all: their pages are
// there, here and in the processes that map them.
constexpr int64_t kKept = int64_t{512} << 20;

bool shared = false;
int64_t last_number = 0;

std::map<const char*, Segment>& segments() {
  static auto* all = new std::map<const char*, Segment>;  // buffers may outlive every static
  return *all;
}

void* reuse(int64_t bytes) {
  for (auto& [address, segment] : segments())
    if (!segment.used && segment.bytes >= bytes && segment.bytes <= 2 * bytes) {
      segment.used = true;
      return const_cast<char*>(address);
    }
  return nullptr;
}

void unmap(std::map<const char*, Segment>::iterator it) {
  munmap(const_cast<char*>(it->first), static_cast<size_t>(it->second.bytes));
  close(it->second.descriptor);
  segments().erase(it);
}

}  // namespace

void share_host_memory() { shared = true; }
bool host_memory_is_shared() { return shared; }

void* allocate_shared(int64_t bytes) {
  const int64_t page = sysconf(_SC_PAGESIZE);
  bytes = (std::max<int64_t>(bytes, 1) + page - 1) / page * page;
  if (void* old = reuse(bytes)) return old;
  const int file = memfd_create("poolbench operands", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  void* memory = ftruncate(file, bytes) == 0 ? mmap(nullptr, static_cast<size_t>(bytes),
                                                    PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                                             : MAP_FAILED;
  if (memory == MAP_FAILED) {
    close(file);
    return nullptr;
  }
  madvise(memory, static_cast<size_t>(bytes), MADV_NOHUGEPAGE);
  segments()[static_cast<char*>(memory)] = {++last_number, file, bytes};
  return memory;
}

bool release_shared(void* memory) noexcept {
  const auto it = segments().find(static_cast<char*>(memory));
  if (it == segments().end()) return false;
  it->second.used = false;
  int64_t kept = 0;
  for (const auto& [address, segment] : segments())
    if (!segment.used) kept += segment.bytes;
  if (kept > kKept) unmap(it);
  return true;
}

std::optional<SharedPlace> shared_place(const void* address) {
  const auto* at = static_cast<const char*>(address);
  auto it = segments().upper_bound(at);
  if (it == segments().begin()) return std::nullopt;
  const auto& [begin, segment] = *std::prev(it);
  if (at - begin > segment.bytes) return std::nullopt;
  return SharedPlace{segment.number, segment.descriptor, segment.bytes, at - begin};
}

bool shared_segment_exists(int64_t number) {
  return std::ranges::any_of(segments(),
                             [&](const auto& one) { return one.second.number == number; });
}

}  // namespace poolbench
