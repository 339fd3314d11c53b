#include "host/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "host/problem.h"

namespace poolbench {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw BadInput(fmt::format("{}: cannot be written: {}", path, std::strerror(error)));
}

// Returns 0 or errno.
int write_all(int file, std::span<const std::byte> bytes) {
  constexpr size_t kAtOnce = size_t{1} << 30;  // Linux writes at most 2 GiB in one call
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), std::min(bytes.size(), kAtOnce));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes = bytes.subspan(written);
  }
  return 0;
}

int write_both(int file, std::string_view text, std::span<const std::byte> bytes) {
  if (const int error = write_all(file, std::as_bytes(std::span(text))); error != 0) return error;
  return write_all(file, bytes);
}

}  // namespace

void write_file(const std::string& path, std::string_view text, std::span<const std::byte> bytes) {
  struct stat there;
  const bool exists = stat(path.c_str(), &there) == 0;
  if (exists && access(path.c_str(), W_OK) != 0) fail(path, errno);
  const bool replace = !exists || S_ISREG(there.st_mode);
  // Follows links: the new file must be in the folder of the target.
  const std::string target = exists && replace ? std::filesystem::canonical(path).string() : path;
  const std::string beside = fmt::format("{}.{}.tmp", target, getpid());

  const int file = replace ? open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
                           : open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) fail(path, errno);
  int error = write_both(file, text, bytes);
  if (close(file) != 0 && error == 0) error = errno;
  if (replace && error == 0 && std::rename(beside.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return;
  if (replace) unlink(beside.c_str());
  fail(path, error);
}

void check_writable(const std::string& path) {
  if (path.empty()) return;
  struct stat there;
  if (stat(path.c_str(), &there) == 0) {
    if (S_ISDIR(there.st_mode)) fail(path, EISDIR);
    if (access(path.c_str(), W_OK) != 0) fail(path, errno);
    if (!S_ISREG(there.st_mode)) return;
  }
  // A file is replaced by one beside it, and beside its target if it is a link.
  std::error_code error;
  const auto target = std::filesystem::canonical(path, error);
  const auto folder = (error ? std::filesystem::path(path) : target).parent_path();
  if (access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) fail(path, errno);
}

}  // namespace poolbench
