#include "host/npy.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "host/file.h"
#include "host/problem.h"

namespace poolbench {
namespace {

using namespace std::string_literals;

#define EXPECT_SAYS(text, part) EXPECT_PRED_FORMAT2(testing::IsSubstring, part, text)

// A folder for each test, removed afterwards.
class Npy : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "poolbench_npy_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name = "x.npy") const { return folder_ + "/" + name; }
  std::string content(const std::string& name = "x.npy") const {
    std::ostringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  size_t files() const { return std::distance(std::filesystem::directory_iterator(folder_), {}); }
  void put(const std::string& bytes) const { std::ofstream(path(), std::ios::binary) << bytes; }

  // Returns the error of read_npy for a file of these bytes; it must name the path.
  std::string why_not(const std::string& bytes) const {
    put(bytes);
    try {
      read_npy(path());
    } catch (const BadInput& error) {
      EXPECT_EQ(std::string(error.what()).find(path() + ": "), 0u);
      return error.what();
    }
    return "it was read";
  }

 private:
  std::string folder_;
};

// Builds a file: a header of this text and version, then data.
std::string file(const std::string& header, const std::string& data = {}, char major = 1) {
  std::string bytes = "\x93NUMPY"s + major + '\0';
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i) bytes += static_cast<char>(header.size() >> 8 * i);
  return bytes + header + data;
}

std::string dict(const std::string& descr, const std::string& shape,
                 const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

NpyArray counted(const std::string& dtype, std::vector<int64_t> shape, int64_t bytes) {
  NpyArray array{dtype, std::move(shape), std::vector<std::byte>(bytes)};
  for (int64_t i = 0; i < bytes; ++i) array.data[i] = std::byte(i * 7);
  return array;
}

TEST_F(Npy, round_trips) {
  for (const auto& array :
       {counted("f8", {2, 3}, 48), counted("f4", {}, 4), counted("f2", {5}, 10),
        counted("u2", {1, 2, 3, 4, 5}, 240), counted("i1", {7, 1}, 7), counted("u1", {0, 4}, 0),
        counted("i4", {0}, 0), counted("i8", {3, 1, 2}, 48)}) {
    write_npy(path(), array);
    const NpyArray back = read_npy(path());
    EXPECT_EQ(back.dtype, array.dtype);
    EXPECT_EQ(back.shape, array.shape);
    EXPECT_TRUE(back.data == array.data);
    EXPECT_EQ(files(), 1u);
  }
}

// Byte for byte what numpy.save (2.x) writes for numpy.arange(3, dtype='<i4').
TEST_F(Npy, writes_what_numpy_writes) {
  NpyArray array{"i4", {3}, std::vector<std::byte>(12)};
  array.data[4] = std::byte{1}, array.data[8] = std::byte{2};
  write_npy(path(), array);
  const std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }";
  EXPECT_EQ(content(), "\x93NUMPY\x01\x00\x76\x00"s + header +
                           std::string(117 - header.size(), ' ') + "\n" +
                           "\0\0\0\0\1\0\0\0\2\0\0\0"s);
}

TEST_F(Npy, reads_all_versions_and_spellings) {
  for (const char version : {'\1', '\2', '\3'}) {
    put(file(dict("<f4", "(2, 1)"), "abcdefgh", version));
    const NpyArray array = read_npy(path());
    EXPECT_EQ(array.dtype, "f4");
    EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 1}));
    EXPECT_EQ(std::memcmp(array.data.data(), "abcdefgh", 8), 0);
  }
  put(file("{\"shape\":(2L,),'descr':'|u1','fortran_order':False}", "ab"));
  EXPECT_EQ(read_npy(path()).shape, std::vector<int64_t>{2});
  put(file(dict("<i1", "()"), "a"));
  EXPECT_EQ(read_npy(path()).dtype, "i1");
}

TEST_F(Npy, refuses_other_files) {
  EXPECT_SAYS(why_not(""), "has 0 bytes");
  EXPECT_SAYS(why_not("n,c,h,w\n1,2,3,4\n"), "is no .npy file");
  EXPECT_SAYS(why_not("\x93NUMPY\x04\x00"s), "has version 4.0");
  EXPECT_SAYS(why_not("\x93NUMPY\x01\x00\x10"s), "is truncated: its header's length");
  EXPECT_SAYS(why_not("\x93NUMPY\x01\x00\x10\x00{'descr'"s), "is truncated: its header");
  EXPECT_SAYS(why_not("\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'"s),
              "its header has 4294967295 bytes; at most 65535 are right");
  EXPECT_THROW(read_npy(path("none.npy")), BadInput);
  EXPECT_THROW(read_npy(std::filesystem::path(path()).parent_path()), BadInput);
}

TEST_F(Npy, refuses_other_arrays) {
  EXPECT_SAYS(why_not(file(dict(">f4", "(1,)"), "abcd")),
              "is big-endian ('>f4'); little-endian is right: array.astype('<f4')");
  EXPECT_SAYS(why_not(file(dict("<f4", "(1, 1)", "True"), "abcd")), "Fortran order; C order");
  for (const char* descr : {"<c8", "|b1", "|V2", "<f16", "", "<", "f4", "?f4", "<f4 "})
    EXPECT_SAYS(why_not(file(dict(descr, "(1,)"), "abcd")), "holds elements of type");
  EXPECT_SAYS(why_not(file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}")),
              "a structured type");
}

TEST_F(Npy, refuses_wrong_sizes) {
  EXPECT_SAYS(why_not(file(dict("<f4", "(2, 2)"), "abcd")),
              "is truncated: its data of shape (2, 2) should have 16 bytes, 4 are there");
  EXPECT_SAYS(why_not(file(dict("<f4", "(1,)"), "abcdef")), "has 2 bytes behind");
  EXPECT_SAYS(why_not(file(dict("<f4", "(4611686018427387904,)"))), "more than 2^63 - 1 bytes");
  EXPECT_SAYS(why_not(file(dict("<f4", "(4294967296, 4294967296)"))), "more than 2^63 - 1 bytes");
  // Memory is allocated only after the file is known to be that large.
  EXPECT_SAYS(why_not(file(dict("|u1", "(1152921504606846976,)"), "abc")), "is truncated");
}

TEST_F(Npy, refuses_headers_that_are_none) {
  const std::string descr = "'descr': '<f4', ", order = "'fortran_order': False, ";
  const std::vector<std::string> headers = {
      "",
      "{",
      "{}",
      "garbage",
      std::string(64, '\xff'),
      std::string(64, '\0'),
      "{" + descr + order + "}",
      "{" + descr + "'shape': (1,)}",
      "{" + order + "'shape': (1,)}",
      "{" + descr + descr + order + "'shape': (1,)}",
      "{" + descr + order + "'shape': (1,), 'more': 1}",
      "{" + descr + order + "'shape': (1,)} more",
      "{" + descr + order + "'shape': (1,)" + "}\0"s,
      "{" + descr + order + "'shape': (1,)",
      "{" + descr + order + "'shape': (1",
      "{" + descr + order + "'shape': 1}",
      "{" + descr + order + "'shape': (-1,)}",
      "{" + descr + order + "'shape': (1.5,)}",
      "{" + descr + order + "'shape': (1 2)}",
      "{" + descr + order + "'shape': (,)}",
      "{" + descr + order + "'shape': (99999999999999999999,)}",
      "{" + descr + "'fortran_order': 0, 'shape': (1,)}",
      "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
      "{'descr: 1",
  };
  for (const std::string& header : headers)
    EXPECT_SAYS(why_not(file(header, "abcd")), "its header has ");
}

// Every prefix of a good file, and every changed byte of its header, is read or throws BadInput.
TEST_F(Npy, survives_damage) {
  const std::string good = file(dict("<f4", "(2, 3)"), std::string(24, 'x'));
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_NE(why_not(good.substr(0, length)), "it was read");
  for (size_t at = 0; at < good.size() - 24; ++at)
    for (const char wrong : {'\0', ' ', '9', '\'', '(', '\xff'}) {
      std::string bad = good;
      bad[at] = wrong;
      why_not(bad);
    }
}

TEST_F(Npy, writer_refuses_what_does_not_fit) {
  EXPECT_THROW(write_npy(path(), {"f4", {2}, std::vector<std::byte>(7)}), BadInput);
  EXPECT_THROW(write_npy(path(), {"c8", {1}, std::vector<std::byte>(8)}), BadInput);
  EXPECT_EQ(files(), 0u);
}

TEST_F(Npy, file_is_replaced_as_a_whole) {
  write_file(path(), "old and longer");
  write_file(path(), "new");
  EXPECT_EQ(content(), "new");
  std::filesystem::create_symlink("x.npy", path("link"));
  write_file(path("link"), "through");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_EQ(content(), "through");
  EXPECT_EQ(files(), 2u);
}

TEST_F(Npy, failed_write_keeps_the_old_content) {
  write_file(path(), "old");
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {1000, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(write_file(path(), std::string(5000, 'x')), BadInput);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(content(), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(Npy, file_that_cannot_be_written_is_named) {
  const std::string folder = std::filesystem::path(path()).parent_path();
  for (const auto& [where, why] :
       {std::pair(path("none/x.npy"), "No such file or directory"),
        std::pair(folder, "Is a directory"), std::pair("/dev/full"s, "No space left on device")})
    try {
      write_file(where, "text");
      FAIL() << where;
    } catch (const BadInput& error) {
      EXPECT_EQ(error.what(), where + ": cannot be written: " + why);
    }
  write_file("/dev/null", "text");
  struct stat null;
  ASSERT_EQ(stat("/dev/null", &null), 0);
  EXPECT_TRUE(S_ISCHR(null.st_mode));
  EXPECT_EQ(files(), 0u);
}

}  // namespace
}  // namespace poolbench
