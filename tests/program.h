// Runs the program as a user runs it.
#ifndef POOLBENCH_TESTS_PROGRAM_H_
#define POOLBENCH_TESTS_PROGRAM_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace poolbench {

namespace fs = std::filesystem;

struct Output {
  int status;
  std::string text;  // stdout and stderr
};

inline Output run_command(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  Output output{-1, {}};
  char buffer[4096];
  while (const size_t got = std::fread(buffer, 1, sizeof(buffer), pipe))
    output.text.append(buffer, got);
  const int status = pclose(pipe);
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return output;
}

// The machine that runs the tests may be busy: times count however they were disturbed.
inline Output run(const std::string& arguments) {
  std::string more;
  if (arguments.find("--help") == arguments.npos) {
    const bool bench = arguments.starts_with("bench ");
    if (bench || arguments.starts_with("race ")) more += " --disturbed 1e9";
    if (bench) more += " --submits 100";
  }
  return run_command(std::string(POOLBENCH_PROGRAM) + " " + arguments + more);
}

// Runs the program, and expects an exit status and a piece of its output.
inline void expect(const std::string& arguments, int status, const std::string& says) {
  SCOPED_TRACE("poolbench " + arguments);
  const Output output = run(arguments);
  EXPECT_EQ(output.status, status) << output.text;
  EXPECT_NE(output.text.find(says), std::string::npos) << output.text;
}

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              ("poolbench_program_" + std::string(info->name()) + "_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  ~ProgramTest() override { fs::remove_all(folder_); }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name)) << text;
    return file(name);
  }

 private:
  fs::path folder_;
};

inline nlohmann::json read_json(const std::string& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

constexpr const char* kSmall = "max/sliding/f32/nchw/src:1x3x8x8/k:2x2";

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_PROGRAM_H_
