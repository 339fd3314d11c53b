// What a device's caches may still hold, by counting the bytes that went by.
//
// Memory that was touched, and after which three times the last-level cache was touched elsewhere,
// is in no cache: a cold launch. Only bytes that are touched count, never what was allocated.
#ifndef POOLBENCH_BENCH_TIME_CACHE_H_
#define POOLBENCH_BENCH_TIME_CACHE_H_

#include <map>
#include <random>
#include <vector>

#include "host/backend.h"

namespace poolbench {

// The smallest cache that holds `bytes` when `processors` share them: "L1", "L2", "L3"; empty where
// none does. A GPU has its last-level cache alone, "L2".
std::string cache_level(const Device& device, int64_t bytes, int processors);

class Cache {
 public:
  // `reader`: reads kPiece bytes from its src on and writes next to nothing; null: the host reads.
  Cache(Substrate& substrate, std::unique_ptr<Plan> reader);

  static constexpr int64_t kPiece = int64_t{1} << 20;
  // Bytes that must go by before a line has left.
  int64_t distance() const { return 3 * bytes_; }
  int64_t last_level() const { return bytes_; }
  // Bytes that went by since the beginning.
  int64_t now() const { return passed_; }
  void pass(int64_t bytes) { passed_ += bytes; }
  // Reads memory that nobody writes, until `bytes` have gone by. So no dirty line of a contender is
  // left for the next one to pay for.
  void clean(int64_t bytes);
  // `count` pieces of `bytes` bytes of clean memory that are in no cache, in random order. Empty
  // where there is not enough.
  std::vector<void*> fresh(int64_t bytes, int64_t count, std::mt19937_64& random);

 private:
  void allocate();
  void* next(int64_t bytes);

  Substrate* substrate_;
  std::unique_ptr<Plan> reader_;
  int64_t bytes_;
  Buffer clean_, sink_;
  std::vector<std::byte> host_;
  int64_t at_ = 0, passed_ = 0;
};

// By the device's UUID.
using Caches = std::map<std::string, Cache>;

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_CACHE_H_
