#include "bench/time/cache.h"

#include <algorithm>

#include "host/substrates/host.h"

namespace poolbench {
std::string cache_level(const Device& device, int64_t bytes, int processors) {
  if (device.uuid != "host") return bytes <= device.cache_bytes ? "L2" : "";
  static const int64_t first = host_cache_bytes(1), second = host_cache_bytes(2);
  const int64_t share = (bytes + processors - 1) / processors;
  if (share <= first) return "L1";
  if (share <= second) return "L2";
  return bytes <= device.cache_bytes ? "L3" : "";
}

Cache::Cache(Substrate& substrate, std::unique_ptr<Plan> reader)
    : substrate_(&substrate),
      reader_(std::move(reader)),
      bytes_(substrate.device().cache_bytes),
      host_(reader_ ? 0 : kPiece) {}

void Cache::allocate() {
  if (clean_) return;
  const int64_t wanted = std::min(4 * bytes_, substrate_->device().memory_bytes / 8);
  clean_ = Buffer(*substrate_, std::max(whole_pages(wanted), 2 * kPiece));
  sink_ = Buffer(*substrate_, 2 * kPiece);
  substrate_->fill(clean_.at(), 1, clean_.bytes());  // else all pages are the one of zeros
}

void* Cache::next(int64_t bytes) {
  if (at_ + bytes > clean_.bytes()) at_ = 0;
  void* piece = clean_.at(at_);
  at_ += whole_pages(bytes);
  return piece;
}

void Cache::clean(int64_t bytes) {
  if (bytes <= 0) return;
  allocate();
  const int64_t pieces = (bytes + kPiece - 1) / kPiece;
  if (reader_) {
    substrate_
        ->record([&](Stream stream) {
          for (int64_t i = 0; i < pieces; ++i) {
            Tensors tensors;
            tensors[Role::kSrc] = next(kPiece);
            tensors[Role::kDst] = tensors[Role::kScratch] = sink_.at();
            reader_->launch(tensors, stream);
          }
        })
        ->replay();
    reader_->rest();
  } else {
    for (int64_t i = 0; i < pieces; ++i) substrate_->read(host_.data(), next(kPiece), kPiece);
  }
  pass(pieces * kPiece);
}

std::vector<void*> Cache::fresh(int64_t bytes, int64_t count, std::mt19937_64& random) {
  allocate();
  std::vector<void*> pieces;
  if (whole_pages(bytes) * count + distance() > clean_.bytes()) return pieces;
  for (int64_t i = 0; i < count; ++i) pieces.push_back(next(bytes));
  std::shuffle(pieces.begin(), pieces.end(), random);
  return pieces;
}

}  // namespace poolbench
