// Seals: checksums that texts of JSON carry, so that a later edit is seen.
#ifndef POOLBENCH_BENCH_RECORD_SEAL_H_
#define POOLBENCH_BENCH_RECORD_SEAL_H_

#include <string>
#include <string_view>

namespace poolbench {

// Returns the SHA-256 of bytes, or of a file's (nothing where it cannot be read), as 64
// hexadecimal digits.
std::string sha256(std::string_view bytes);
std::string sha256_of_file(const std::string& path);

// The value of a field "seal" that is still to be filled in: "sha256:" and 64 zeros.
std::string blank_seal();
// Returns the text of JSON with its field "seal" filled in: the SHA-256 of `before` and the text,
// in which the digits of the seal are zeros. Whatever was filled in before does not count, so a
// text is as it was sealed where seal() does not change it. `text` must have such a field.
std::string seal(std::string text, std::string_view before = {});
// Returns the value of the text's field "seal"; nothing where it has none.
std::string seal_of(std::string_view text);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_SEAL_H_
