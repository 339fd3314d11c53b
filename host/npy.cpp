#include "host/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include "host/file.h"
#include "host/problem.h"

namespace poolbench {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they stand");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr int64_t kMaxHeader = 65535;  // of version 1.0; no array read here needs more
constexpr int64_t kAlignment = 64;     // of the data in the file

// `descr` is the type in the header; types of one byte have no byte order.
struct ElementType {
  std::string_view dtype;
  std::string_view descr;
  int64_t bytes;
};
constexpr ElementType kTypes[] = {
    {"f8", "<f8", 8}, {"f4", "<f4", 4}, {"f2", "<f2", 2}, {"u2", "<u2", 2}, {"i1", "|i1", 1},
    {"u1", "|u1", 1}, {"i2", "<i2", 2}, {"i4", "<i4", 4}, {"i8", "<i8", 8},
};
constexpr std::string_view kKnownTypes = "f8 f4 f2 u2 i1 u1 i2 i4 i8";

const ElementType* find_type(std::string_view dtype) {
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const ElementType& known) { return known.dtype == dtype; });
  return type == std::end(kTypes) ? nullptr : type;
}

template <class... Args>
[[noreturn]] void refuse(const std::string& path, fmt::format_string<Args...> format,
                         Args&&... args) {
  throw BadInput(fmt::format("{}: {}", path, fmt::format(format, std::forward<Args>(args)...)));
}

// Returns the bytes of an array, or nothing if they do not fit 63 bits.
std::optional<int64_t> array_bytes(const std::vector<int64_t>& shape, int64_t element) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  int64_t bytes = element;
  for (const int64_t extent : shape)
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return std::nullopt;
  return bytes;
}

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

// Reads the header's Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
 public:
  HeaderParser(const std::string& path, std::string_view text)
      : path_(path), text_(text), rest_(text) {}

  Header parse() {
    Header header;
    bool seen[3] = {};
    expect('{');
    while (!take('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        mark(seen[0], key);
        header.descr = string();
      } else if (key == "fortran_order") {
        mark(seen[1], key);
        header.fortran_order = boolean();
      } else if (key == "shape") {
        mark(seen[2], key);
        header.shape = tuple();
      } else {
        wrong(fmt::format("the key '{}'", key));
      }
      if (!take(',') && peek() != '}') wrong("no comma between two entries");
    }
    peek();
    if (!rest_.empty()) wrong("more behind the closing brace");
    if (!seen[0] || !seen[1] || !seen[2]) wrong("an entry missing");
    return header;
  }

 private:
  [[noreturn]] void wrong(std::string_view what) const {
    std::string shown(text_.substr(0, std::min<size_t>(text_.find_last_not_of(" \n") + 1, 120)));
    for (char& c : shown)
      if (c < ' ' || c > '~') c = '?';
    refuse(path_,
           "its header has {}; {{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }} is "
           "what it looks like; it is: {}",
           what, shown);
  }
  void mark(bool& seen, const std::string& key) const {
    if (seen) wrong(fmt::format("'{}' twice", key));
    seen = true;
  }
  char peek() {
    const size_t begin = rest_.find_first_not_of(" \t\n\r");
    rest_ = begin == std::string_view::npos ? std::string_view() : rest_.substr(begin);
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool take(char c) {
    if (peek() != c || c == '\0') return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) wrong(fmt::format("no '{}' where one belongs", c));
  }
  std::string string() {
    const char quote = peek();
    if (quote == '[') wrong("a structured type");
    if (quote != '\'' && quote != '"') wrong("no quoted text where it belongs");
    const size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) wrong("a quote that is not closed");
    std::string value(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return value;
  }
  bool boolean() {
    peek();
    for (const auto& [word, value] : {std::pair("True", true), std::pair("False", false)})
      if (rest_.substr(0, std::strlen(word)) == word) {
        rest_.remove_prefix(std::strlen(word));
        return value;
      }
    wrong("fortran_order that is neither True nor False");
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> extents;
    expect('(');
    while (!take(')')) {
      peek();
      int64_t extent = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error == std::errc::result_out_of_range) wrong("an extent that does not fit 64 bits");
      if (error != std::errc() || extent < 0) wrong("an extent that is not 0 or more");
      rest_.remove_prefix(end - rest_.data());
      take('L');  // Python 2 wrote `3L`
      extents.push_back(extent);
      if (!take(',') && peek() != ')') wrong("no comma between two extents");
    }
    return extents;
  }

  const std::string& path_;
  std::string_view text_;
  std::string_view rest_;
};

// An open file, and the bytes left to read.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found)
      refuse(path, "no such file; the path of an .npy file is wanted");
    if (status.type() != std::filesystem::file_type::regular)
      refuse(path, "is not a regular file; an .npy file is wanted");
    left_ = static_cast<int64_t>(std::filesystem::file_size(path));
    file_.open(path, std::ios::binary);
    if (!file_) refuse(path, "cannot be read: {}", std::strerror(errno));
  }

  int64_t left() const { return left_; }
  void read(void* to, int64_t bytes, std::string_view what) {
    if (left_ < bytes)
      refuse(path_, "is truncated: its {} should have {} bytes, {} are there", what, bytes, left_);
    if (!file_.read(static_cast<char*>(to), bytes)) refuse(path_, "its {} cannot be read", what);
    left_ -= bytes;
  }

 private:
  const std::string& path_;
  std::ifstream file_;
  int64_t left_ = 0;
};

std::string read_header(const std::string& path, Reader& reader) {
  unsigned char start[8] = {};
  if (reader.left() < int64_t{sizeof start})
    refuse(path, "has {} bytes; an .npy file has at least 8", reader.left());
  reader.read(start, sizeof start, "magic");
  if (std::memcmp(start, kMagic.data(), kMagic.size()) != 0)
    refuse(path, "is no .npy file: it does not begin with \\x93NUMPY; numpy.save writes one");
  const int major = start[6], minor = start[7];
  if (major < 1 || major > 3 || minor != 0)
    refuse(path, "has version {}.{} of the .npy format; 1.0, 2.0 and 3.0 are known", major, minor);
  unsigned char size[4] = {};
  reader.read(size, major == 1 ? 2 : 4, "header's length");
  const int64_t bytes = size[0] | size[1] << 8 | int64_t{size[2]} << 16 | int64_t{size[3]} << 24;
  if (bytes > kMaxHeader)
    refuse(path, "its header has {} bytes; at most {} are right", bytes, kMaxHeader);
  std::string text(bytes, '\0');
  reader.read(text.data(), bytes, "header");
  return text;
}

const ElementType& element_type(const std::string& path, const std::string& descr) {
  const std::string_view dtype = std::string_view(descr).substr(std::min<size_t>(descr.size(), 1));
  const ElementType* type = find_type(dtype);
  if (type == nullptr || std::string_view("<>|=").find(descr.front()) == std::string_view::npos)
    refuse(path, "holds elements of type '{}'; one of {} is right (bf16 as u2)", descr,
           kKnownTypes);
  if (descr.front() == '>' && type->bytes > 1)
    refuse(path, "is big-endian ('{}'); little-endian is right: array.astype('{}')", descr,
           type->descr);
  return *type;
}

}  // namespace

NpyArray read_npy(const std::string& path) {
  Reader reader(path);
  const std::string text = read_header(path, reader);
  const Header header = HeaderParser(path, text).parse();
  const ElementType& type = element_type(path, header.descr);
  if (header.fortran_order)
    refuse(path, "is in Fortran order; C order is right: numpy.ascontiguousarray(array)");
  const auto bytes = array_bytes(header.shape, type.bytes);
  if (!bytes)
    refuse(path, "its shape ({}) has more than 2^63 - 1 bytes", fmt::join(header.shape, ", "));
  if (reader.left() > *bytes)
    refuse(path, "has {} bytes behind the {} that its shape ({}) says; one array is right",
           reader.left() - *bytes, *bytes, fmt::join(header.shape, ", "));
  NpyArray array{std::string(type.dtype), header.shape, {}};
  if (reader.left() == *bytes) array.data.resize(*bytes);  // a false header allocates nothing
  reader.read(array.data.data(), *bytes,
              fmt::format("data of shape ({})", fmt::join(array.shape, ", ")));
  return array;
}

void write_npy(const std::string& path, const NpyArray& array) {
  const ElementType* type = find_type(array.dtype);
  if (type == nullptr)
    refuse(path, "cannot hold elements of type '{}'; one of {} is right", array.dtype, kKnownTypes);
  const auto bytes = array_bytes(array.shape, type->bytes);
  if (!bytes || *bytes != static_cast<int64_t>(array.data.size()))
    refuse(path, "shape ({}) of {} does not have the {} bytes that are given",
           fmt::join(array.shape, ", "), array.dtype, array.data.size());
  std::string dict =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type->descr,
                  fmt::join(array.shape, ", "), array.shape.size() == 1 ? "," : "");
  constexpr int64_t kBeforeHeader = 10;
  const auto unpadded = kBeforeHeader + static_cast<int64_t>(dict.size()) + 1;
  dict.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  dict += '\n';
  if (dict.size() > kMaxHeader) refuse(path, "cannot hold {} axes", array.shape.size());
  std::string head(kMagic);
  head +=
      {'\x01', '\x00', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8)};
  write_file(path, head + dict, array.data);
}

}  // namespace poolbench
