// Shared by tests of text files: a folder for each test, and the errors of bad files.
#ifndef POOLBENCH_TESTS_TEXT_FILES_H_
#define POOLBENCH_TESTS_TEXT_FILES_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "host/problem.h"

namespace poolbench {

inline testing::AssertionResult has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << text << "' lacks '" << part << "'";
}
inline testing::AssertionResult starts(const std::string& text, const std::string& part) {
  if (text.starts_with(part)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << text << "' does not start with '" << part << "'";
}

// Returns the message of the call's BadInput; fails the test when there is none.
template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const BadInput& error) {
    return error.what();
  }
  ADD_FAILURE() << "no BadInput was thrown";
  return {};
}

// A folder for each test, removed afterwards.
class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("poolbench_text_files_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  std::filesystem::path folder_;
};

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_TEXT_FILES_H_
