#include "bench/judge/seed.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>

#include "host/problem.h"

namespace poolbench {
namespace {

uint64_t draw() {
  uint64_t seed = 0;
  while (getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed))
    if (errno != EINTR) throw std::runtime_error("the system gives no random numbers");
  return seed >> 11;  // 53 bits: JSON readers keep numbers as doubles
}

}  // namespace

uint64_t secret_seed() {
  static const uint64_t seed = draw();
  return seed;
}

uint64_t parse_seed(const std::string& text) {
  if (text == kRandomSeed) return secret_seed();
  uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    throw BadInput(
        fmt::format("--seed: '{}' is neither a whole number nor '{}'", text, kRandomSeed));
  return seed;
}

}  // namespace poolbench
