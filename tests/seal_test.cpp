// The checksum that a record carries.
#include "bench/record/seal.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace poolbench {
namespace {

// FIPS 180-2 has these two.
TEST(Sha256, is_that_of_the_standard) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, of_a_file_is_that_of_its_bytes) {
  const std::string path = testing::TempDir() + "/seal_test_file";
  const std::string bytes(200'000, 'x');  // more than is read at once
  std::FILE* file = std::fopen(path.c_str(), "wb");
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
  EXPECT_EQ(sha256_of_file(path), sha256(bytes));
  EXPECT_EQ(sha256_of_file("/nowhere/at/all"), "");
}

std::string sample(const std::string& more = "") {
  return nlohmann::json{{"a", more}, {"seal", blank_seal()}, {"z", 1}}.dump() + "\n";
}

TEST(Seal, is_the_hash_of_the_text_with_zeros_in_its_place) {
  const std::string text = sample(), sealed = seal(text);
  EXPECT_EQ(seal_of(sealed), "sha256:" + sha256(text));
  EXPECT_EQ(sealed.size(), text.size());
  EXPECT_EQ(seal(sealed), sealed) << "what was filled in does not count";
  EXPECT_EQ(nlohmann::json::parse(sealed)["seal"], seal_of(sealed));
}

TEST(Seal, any_byte_breaks_it) {
  const std::string sealed = seal(sample());
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string edited = sealed;
    edited[i] ^= 1;
    EXPECT_TRUE(seal_of(edited).empty() || seal(edited) != edited) << i;
  }
  EXPECT_NE(seal(sealed + " "), sealed + " ");
}

TEST(Seal, goes_over_what_stands_before) {
  EXPECT_NE(seal(sample(), "a"), seal(sample(), "b"));
  EXPECT_EQ(seal_of(seal(sample(), "a")), "sha256:" + sha256("a" + sample()));
}

// As bench/records.py writes it.
TEST(Seal, may_have_a_blank_before_it) {
  const std::string text = "{\n \"seal\": \"" + blank_seal() + "\"\n}\n", sealed = seal(text);
  EXPECT_EQ(seal_of(sealed), "sha256:" + sha256(text));
  EXPECT_EQ(seal_of("{\"seal\":  \"" + blank_seal() + "\"}"), "") << "not two";
  EXPECT_EQ(seal_of("{\"seal\": "), "");
}

TEST(Seal, may_come_after_a_module_of_that_name) {
  const nlohmann::json json = {{"modules", {{"seal", {{"sha256", "ab"}}}}}, {"seal", blank_seal()}};
  const std::string text = json.dump(), sealed = seal(text);
  EXPECT_EQ(nlohmann::json::parse(sealed)["seal"], "sha256:" + sha256(text));
  EXPECT_EQ(seal_of(sealed), "sha256:" + sha256(text));
  const std::string version = "\"seal\":\"sha256:" + std::string(64, 'x') + "\",";
  EXPECT_EQ(seal_of("{" + version + "\"seal\":\"" + blank_seal() + "\"}"), blank_seal());
}

// A reason may quote anything.
TEST(Seal, is_not_looked_for_in_strings) {
  const std::string text = sample("\"seal\":\"" + blank_seal() + "\"");
  EXPECT_EQ(nlohmann::json::parse(seal(text))["seal"], "sha256:" + sha256(text));
  EXPECT_EQ(seal_of(R"({"a":"seal","b":"sha256:"})"), "");
  EXPECT_EQ(seal_of(R"({"seal":"sha256:00"})"), "");
}

}  // namespace
}  // namespace poolbench
