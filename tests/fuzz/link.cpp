// Lines from the other end of the supervisor's connection, in pieces as long as the first byte
// says. Whoever reads takes messages with the token, or is told that it reads somebody else's.
#include "bench/supervise/link.h"

#include <sys/socket.h>

#include "tests/fuzz/fuzz.h"

namespace poolbench {
namespace {

constexpr const char* kToken = "00";

// As the parent reads a message.
void take(const Json& message) {
  require(message.at("token") == kToken, "a message has the token");
  if (message.contains("print")) message.at("print").get<std::string>();
  if (message.contains("caught")) from_exact<SetAside>(message.at("caught"));
  if (message.contains("set_aside")) from_exact<SetAside>(message.at("set_aside"));
}

}  // namespace
}  // namespace poolbench

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) try {
  using namespace poolbench;
  if (size < 2) return 0;
  int ends[2];
  require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "there is a connection");
  Link link(ends[0]);
  link.set_token(kToken);
  const size_t piece = 1 + data[0];
  struct Closed {
    int end;
    ~Closed() { close(end); }
  } other{ends[1]};
  for (size_t at = 1; at < size; at += piece) {
    const size_t now = std::min(piece, size - at);
    require(write(other.end, data + at, now) == ssize_t(now), "a piece is sent");
    require(link.receive(), "a piece comes");
    while (const auto message = link.next()) take(*message);
  }
  return 0;
} catch (const poolbench::BadInput&) {
  return 0;
} catch (const poolbench::Json::exception&) {
  return 0;
}
