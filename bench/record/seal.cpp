#include "bench/record/seal.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <fstream>
#include <memory>
#include <stdexcept>

namespace poolbench {
namespace {

constexpr size_t kDigits = 64;
constexpr std::string_view kAlgorithm = "sha256:";
// In no string of JSON, whose quotes have backslashes.
constexpr std::string_view kField = R"("seal":)";

class Sha256 {
 public:
  Sha256() { require(context_ != nullptr && EVP_DigestInit(context_.get(), EVP_sha256()) == 1); }
  void add(std::string_view bytes) {
    require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  std::string digits() {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    require(EVP_DigestFinal(context_.get(), hash, &size) == 1 && 2 * size == kDigits);
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", hash[i]);
    return text;
  }

 private:
  static void require(bool good) {
    if (!good) throw std::runtime_error("libcrypto computes no SHA-256");
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free};
};

// Whether `text` begins with a seal and the quote that ends it.
bool begins_with_seal(std::string_view text) {
  const size_t whole = kAlgorithm.size() + kDigits;
  return text.starts_with(kAlgorithm) && text.find('"') == whole &&
         text.find_first_not_of("0123456789abcdef", kAlgorithm.size()) == whole;
}

// Returns where the value of the first such field begins that is a seal, or npos: a module may have
// the name too. Whoever seals in Python (bench/records.py) has a blank before it.
size_t find_seal(std::string_view text) {
  for (size_t at = 0; (at = text.find(kField, at)) != text.npos;) {
    at += kField.size();
    const size_t quote = at + (text.substr(at, 1) == " ");
    if (text.substr(quote, 1) == "\"" && begins_with_seal(text.substr(quote + 1))) return quote + 1;
  }
  return text.npos;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.digits();
}

std::string sha256_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  Sha256 hash;
  char buffer[65536];
  while (file.read(buffer, sizeof buffer), file.gcount() > 0)
    hash.add({buffer, static_cast<size_t>(file.gcount())});
  return hash.digits();
}

std::string blank_seal() { return std::string(kAlgorithm) + std::string(kDigits, '0'); }

std::string seal(std::string text, std::string_view before) {
  const size_t digits = find_seal(text) + kAlgorithm.size();
  text.replace(digits, kDigits, kDigits, '0');
  Sha256 hash;
  hash.add(before);
  hash.add(text);
  return text.replace(digits, kDigits, hash.digits());
}

std::string seal_of(std::string_view text) {
  const size_t value = find_seal(text);
  if (value == text.npos) return {};
  return std::string(text.substr(value, kAlgorithm.size() + kDigits));
}

}  // namespace poolbench
