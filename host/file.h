// Writes files so that no reader ever sees half of one.
#ifndef POOLBENCH_HOST_FILE_H_
#define POOLBENCH_HOST_FILE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace poolbench {

// Replaces the content of the file at `path` by `text` and `bytes`. Writes beside it and renames,
// so that the old content stays until the new one is complete. Writes directly to what is no
// regular file
// (/dev/stdout, a pipe). Throws BadInput with the path and the system's message.
void write_file(const std::string& path, std::string_view text,
                std::span<const std::byte> bytes = {});

// Throws what write_file would throw for a missing or unwritable folder or file, so that a long run
// fails before it starts. An empty path passes: nothing will be written.
void check_writable(const std::string& path);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_FILE_H_
