// Writing files so that nobody ever reads half of one.
#ifndef POOLBENCH_HOST_FILE_H_
#define POOLBENCH_HOST_FILE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace poolbench {

// Makes `text`, then `bytes`, the content of the file at `path`: written beside it and renamed, so
// that the old content stays until the new one is complete. What is there and is no regular file
// (/dev/stdout, a pipe) is written to as it is. Throws BadInput with the path and the system's
// words.
void write_file(const std::string& path, std::string_view text,
                std::span<const std::byte> bytes = {});

// Throws what write_file would for a path whose folder is missing or closed to us, so that a long
// run says so before it starts. An empty path is fine: nothing is to be written.
void check_writable(const std::string& path);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_FILE_H_
