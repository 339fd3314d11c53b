#include "host/substrates/worker_memory.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "host/engines/protocol.h"
#include "host/substrates/shared_memory.h"

namespace poolbench {
namespace {

constexpr int64_t kPiece = int64_t{16} << 20;  // of contents that travel

}  // namespace

WorkerMemory::~WorkerMemory() {
  if (through_ != nullptr) release_shared(through_);
}

// Reserves addresses, so that arithmetic on them is right and nobody here can read there.
void* WorkerMemory::allocate(int64_t bytes) {
  bytes = std::max<int64_t>(bytes, 1);
  void* address = mmap(nullptr, static_cast<size_t>(bytes), PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED)
    throw OutOfMemory(fmt::format("{}: no addresses for {} bytes", process_.name(), bytes));
  blocks_[static_cast<char*>(address)] = {++last_number_, bytes};
  try {
    place(address);
  } catch (const std::exception&) {
    release(address);
    throw;
  }
  return address;
}

void WorkerMemory::release(void* memory) noexcept {
  const auto it = blocks_.find(static_cast<char*>(memory));
  if (it == blocks_.end()) return;
  const Block block = it->second;
  munmap(memory, static_cast<size_t>(block.bytes));
  blocks_.erase(it);
  if (!process_.is_running() || block.generation != process_.generation()) return;
  try {
    process_.ask(fmt::format("{} d{}", POOLBENCH_ENGINE_FREE, block.number), "free");
  } catch (const std::exception&) {  // it is gone; whoever asks it next says so
  }
}

std::string WorkerMemory::place(const void* address) {
  const auto* at = static_cast<const char*>(address);
  const auto behind = blocks_.upper_bound(at);
  if (behind == blocks_.begin() || at - std::prev(behind)->first > std::prev(behind)->second.bytes)
    throw std::runtime_error(fmt::format("{}: memory of another device", process_.name()));
  auto& [begin, block] = *std::prev(behind);
  process_.start();
  if (block.generation != process_.generation()) {
    process_.ask(fmt::format("{} d{} {}", POOLBENCH_ENGINE_ALLOCATE, block.number, block.bytes),
                 "allocate");
    block.generation = process_.generation();
  }
  return fmt::format("d{}+{}", block.number, at - begin);
}

// Calls piece(offset, bytes, where it lies in shared memory) for pieces that fit there.
template <class Piece>
void WorkerMemory::in_pieces(int64_t bytes, Piece&& piece) {
  if (through_ == nullptr) through_ = allocate_shared(kPiece);
  if (through_ == nullptr)
    throw OutOfMemory(fmt::format("{}: no shared memory for {} bytes", process_.name(), kPiece));
  for (int64_t at = 0; at < bytes; at += kPiece)
    piece(at, std::min(kPiece, bytes - at), process_.place(through_));
}

void WorkerMemory::write(void* to, const void* from_host, int64_t bytes) {
  in_pieces(bytes, [&](int64_t at, int64_t part, const std::string& shared) {
    std::memcpy(through_, static_cast<const char*>(from_host) + at, static_cast<size_t>(part));
    process_.ask(fmt::format("{} {} {} {}", POOLBENCH_ENGINE_PUT,
                             place(static_cast<char*>(to) + at), shared, part),
                 "put");
  });
}

void WorkerMemory::read(void* to_host, const void* from, int64_t bytes) {
  in_pieces(bytes, [&](int64_t at, int64_t part, const std::string& shared) {
    process_.ask(fmt::format("{} {} {} {}", POOLBENCH_ENGINE_GET,
                             place(static_cast<const char*>(from) + at), shared, part),
                 "get");
    std::memcpy(static_cast<char*>(to_host) + at, through_, static_cast<size_t>(part));
  });
}

void WorkerMemory::fill(void* to, uint8_t byte, int64_t bytes) {
  if (bytes > 0)
    process_.ask(fmt::format("{} {} {} {}", POOLBENCH_ENGINE_FILL, place(to), byte, bytes), "fill");
}

void WorkerMemory::copy(void* to, const void* from, int64_t bytes) {
  if (bytes > 0)
    process_.ask(fmt::format("{} {} {} {}", POOLBENCH_ENGINE_COPY, place(to), place(from), bytes),
                 "copy");
}

}  // namespace poolbench
