// The program where nothing is as it should be: full disks, folders that cannot be written, closed
// streams, another run in the same place, decimal commas, files that are half there, drivers that
// cannot.
#include <set>

#include "bench/record/copies_file.h"
#include "tests/program.h"

namespace poolbench {
namespace {

using HostileTest = ProgramTest;

const std::string kProgram = POOLBENCH_PROGRAM;
constexpr const char* kOneProblem =
    " --backend naive --fill ties --problem max/sliding/f32/nchw/src:1x1x4x4/k:2x2";

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_root() { return geteuid() == 0; }

TEST_F(HostileTest, closed_streams_do_not_become_files) {
  struct Closed {
    const char* streams;
    int status;
  };
  for (const auto& [streams, status] :
       {Closed{"<&-", 0}, Closed{"2>&-", 0}, Closed{"<&- 2>&-", 0}, Closed{">&-", 4},
        Closed{"<&- >&-", 4}, Closed{"<&- >&- 2>&-", 4}}) {
    SCOPED_TRACE(streams);
    const std::string record = file("record.json");
    // The braces keep run_command's own redirection apart.
    const Output output = run_command("{ " + kProgram + " check" + kOneProblem + " --json " +
                                      record + " " + streams + "; }");
    EXPECT_EQ(output.status, status) << output.text;
    EXPECT_EQ(read_json(record)["checks"].size(), 1u);
    fs::remove(record);
  }
}

TEST_F(HostileTest, a_run_without_a_terminal_has_no_line_of_progress) {
  const Output output = run_command("setsid " + kProgram + " check" + kOneProblem + " < /dev/null");
  EXPECT_EQ(output.status, 0) << output.text;
  EXPECT_EQ(output.text.find('\x1b'), std::string::npos) << output.text;
}

// The limit is reached after some lines of the journal, and again by the record.
TEST_F(HostileTest, a_full_disk_ends_no_run) {
  const std::string record = file("record.json");
  const Output output = run_command(
      "sh -c \"trap '' XFSZ; ulimit -f 8; exec " + kProgram +
      " bench --hot --blocks 2 --sample-ms 0.01 --disturbed 1e9 --submits 0 --backend naive"
      " --problem 'max/sliding/f32/nchw/src:1x1x4x{4..12}/k:2x2' --json " +
      record + "\"");
  EXPECT_EQ(output.status, 4) << output.text;
  EXPECT_NE(output.text.find("the run goes on without it"), std::string::npos) << output.text;
  for (int w = 4; w <= 12; ++w)
    EXPECT_NE(output.text.find("x4x" + std::to_string(w) + "/k:2x2"), std::string::npos) << w;
  EXPECT_NE(output.text.find(record + ": cannot be written: File too large"), std::string::npos)
      << output.text;
  EXPECT_FALSE(fs::exists(record)) << "half a record is none";
}

TEST_F(HostileTest, a_folder_that_cannot_be_written_is_4_before_any_work) {
  const std::string there = write("there.xml", "old"), record = file("record.json");
  fs::create_symlink("there.xml", file("link.xml"));
  for (const fs::path& path : {fs::path(there), fs::path(there).parent_path()})
    fs::permissions(path, fs::perms::others_all, fs::perm_options::add);
  fs::permissions(fs::path(there).parent_path(), fs::perms::others_write | fs::perms::owner_write,
                  fs::perm_options::remove);
  const std::string nobody = is_root() ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
  if (run_command(nobody + kProgram + " --version").status != 0)
    GTEST_SKIP() << "root may write anywhere, and nobody may not read " << kProgram;
  for (const std::string& more :
       {" --junit " + there, " --junit " + file("link.xml"), " --json " + record}) {
    SCOPED_TRACE(more);
    const Output output = run_command(nobody + kProgram + " check" + kOneProblem + more);
    EXPECT_EQ(output.status, 4) << output.text;
    EXPECT_NE(output.text.find("cannot be written: Permission denied"), std::string::npos)
        << output.text;
    EXPECT_EQ(output.text.find("naive"), std::string::npos) << "it worked first: " << output.text;
  }
  fs::permissions(fs::path(there).parent_path(), fs::perms::owner_write, fs::perm_options::add);
  EXPECT_EQ(text_of(there), "old");
}

// The first run hangs in a launch, of which it says so through the pipe.
TEST_F(HostileTest, two_runs_cannot_keep_one_journal) {
  const std::string record = file("record.json"), here = file("here");
  const std::string m =
      " --module m=" + std::string(POOLBENCH_MODULES) + "/broken_hang_in_launch.so";
  write("run.sh", "mkfifo " + here + "\nPOOLBENCH_TEST_FILE=" + here + " " + kProgram +
                      " check --backend m --fill ties" + m +
                      " --problem max/sliding/f32/nchw/src:1x1x4x4/k:2x2 --json " + record +
                      " &\nread word < " + here + "\nfor more in '' --resume; do\n" + kProgram +
                      " check" + kOneProblem + " --json " + record +
                      " $more\necho the second ends with $?\ndone\n" + "test -s " + record +
                      ".journal && echo the journal is there\n" + "kill -TERM $!\nwait $!\n");
  const Output output = run_command("sh " + file("run.sh"));
  size_t at = 0;
  for (const char* says :
       {"another run is writing it", "the second ends with 4", "another run is writing it",
        "the second ends with 4", "the journal is there"}) {
    at = output.text.find(says, at);
    ASSERT_NE(at, std::string::npos) << says << " is missing in: " << output.text;
  }
}

TEST_F(HostileTest, decimal_commas_change_nothing) {
  const Output made = run_command("localedef -i de_DE -f UTF-8 " + file("de_DE.UTF-8"));
  ASSERT_TRUE(fs::exists(file("de_DE.UTF-8"))) << made.text << "the package `locales` has it";
  const std::string record = file("record.json");
  const std::string arguments =
      " check --backend naive --fill steady --seed 1 --json " + record +
      " --problem lp/sliding/f32/nchw/src:1x1x4x4/k:2x2/norm:2.5"
      " --problem max/fractional/f32/nchw/src:1x1x9x9/k:2x2/out:3x3/samples:0.25x0.5";
  const std::string commas = "LOCPATH=" + file("") + " LC_ALL=de_DE.UTF-8 ";
  ASSERT_EQ(run_command(commas + "locale decimal_point").text, ",\n");
  const Output here = run_command(kProgram + arguments);
  const auto right = read_json(record)["checks"];
  const Output there = run_command(commas + kProgram + arguments);
  EXPECT_EQ(there.status, 0) << there.text;
  EXPECT_EQ(there.text, here.text);
  EXPECT_EQ(read_json(record)["checks"], right);
  const Output bench = run_command(commas + kProgram + " bench --hot --blocks 2 --sample-ms 0.01" +
                                   " --submits 0 --disturbed 2.5" + kOneProblem);
  EXPECT_TRUE(bench.status == 0 || bench.status == 3) << bench.text;
}

TEST_F(HostileTest, a_suite_of_ten_thousand_lines) {
  constexpr int kLines = 10'000;
  std::string suite = "# ten thousand\n";
  for (int i = 1; i <= kLines; ++i)
    suite += "max/sliding/src:1x1x" + std::to_string(i + 1) + "x4/k:2x2\n";
  const Output output = run("list problems --suite " + write("many.txt", suite));
  EXPECT_EQ(output.status, 0);
  EXPECT_NE(output.text.find("src:1x1x10001x4/k:2x2\n"), std::string::npos);
  expect("list problems --suite " + write("bad.txt", suite + "max/sliding/src:1x1x4/k\n"), 4,
         "bad.txt:10002: ");
  // The child says them all in one message.
  expect("bench --hot --backend naive --budget 1e-9 --suite " + file("many.txt"), 3,
         "left out: 10000 of 10000 problems, for the budget");
}

// A file that names a driver, and no file.
TEST_F(HostileTest, a_driver_that_is_gone_is_named_and_in_nobodys_way) {
  write("gone.json",
        R"({"file_format_version":"1.0.0",)"
        R"("ICD":{"library_path":"/nonexistent/libdriver.so","api_version":"1.2.0"}})");
  if (run("list backends").text.find("needs glslc") != std::string::npos)
    GTEST_SKIP() << "no Vulkan backend was built";
  for (const char* name : {"gone.json", "none.json"}) {
    const std::string gone =
        "VK_DRIVER_FILES=" + file(name) + " VK_ICD_FILENAMES=" + file(name) + " " + kProgram;
    const std::string problem = " --fill ties --problem max/global/f32/nchw/src:1x1x4";
    const Output list = run_command(gone + " list backends");
    EXPECT_EQ(list.status, 0);
    EXPECT_NE(list.text.find("unavailable  no Vulkan driver"), std::string::npos) << list.text;
    const Output all = run_command(gone + " check" + problem);
    EXPECT_EQ(all.status, 0) << all.text;
    EXPECT_NE(all.text.find("naive"), std::string::npos) << all.text;
    const Output asked = run_command(gone + " check --backend naive,vulkan" + problem);
    EXPECT_EQ(asked.status, 5);
    EXPECT_NE(asked.text.find("'vulkan' is not available: no Vulkan driver"), std::string::npos)
        << asked.text;
  }
}

// A driver that cannot do something: a layer in front of the one that is here (vulkan_layer.cpp).
class LameDriver : public ProgramTest {
 protected:
  void SetUp() override {
    if (run("list backends --backend vulkan:0").text.find(" available ") == std::string::npos)
      GTEST_SKIP() << "no Vulkan device";
    write("lame.json",
          R"({"file_format_version":"1.2.0","layer":{"name":"VK_LAYER_POOLBENCH_lame",)"
          R"("type":"GLOBAL","api_version":"1.2.0","implementation_version":"1",)"
          R"("description":"lame","library_path":")" POOLBENCH_VULKAN_LAYER R"("}})");
  }
  struct Row {
    std::string contender, problem, status, reason;
  };
  // What the record of a command says, which must end with 3: a row is an error.
  std::vector<Row> rows(const std::string& cannot, const std::string& arguments) {
    const Output output =
        run_command("VK_LAYER_PATH=" + file("") + " VK_INSTANCE_LAYERS=VK_LAYER_POOLBENCH_lame " +
                    cannot + " " + kProgram + " " + arguments + " --json " + file("record.json"));
    EXPECT_EQ(output.status, 3) << output.text;
    std::vector<Row> rows;
    const auto record = read_json(file("record.json"));
    if (record.contains("checks"))
      for (const auto& row : record["checks"])
        rows.push_back({row["contender"], row["problem"], row["status"], row["reason"]});
    else
      for (const auto& row : record["benchmarks"])
        if (row.contains("poolbench"))
          rows.push_back({row["poolbench"]["contender"], row["run_name"],
                          row["poolbench"]["status"], row["poolbench"]["reason"]});
    return rows;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
  }

  static constexpr const char* kBench =
      "bench --blocks 2 --sample-ms 0.01 --submits 0 --disturbed 1e9 --backend vulkan:0,naive";
  static constexpr const char* kCase = " --problem max/sliding/f32/nchw/src:1x2x16x16/k:5x5/s:1x1";
};

TEST_F(LameDriver, a_shader_that_it_refuses_is_the_error_of_its_kernel_alone) {
  constexpr const char* kBarrier = "POOLBENCH_TEST_REFUSED=224";
  const std::string check = "check --backend vulkan:0,naive --kernel all --fill ties";
  int right = 0;
  std::set<std::string> errors;
  for (const Row& row : rows(kBarrier, check + kCase)) {
    SCOPED_TRACE(row.contender + ": " + row.reason);
    EXPECT_TRUE(row.status == "ok" || row.status == "refused" || row.status == "ERROR");
    right += row.status == "ok";
    if (row.status != "ERROR") continue;
    errors.insert(row.contender);
    const std::string kernel = row.contender.substr(row.contender.find('.') + 1);
    EXPECT_TRUE(has(row.reason, " makes no pipeline of shader " + kernel + ".f32.max: "));
    EXPECT_TRUE(has(row.reason, "ErrorUnknown"));
  }
  EXPECT_EQ(errors, (std::set<std::string>{"vulkan:0.staged", "vulkan:0.table"}));
  EXPECT_GE(right, 3);
}

// Nor are ceilings and floors compiled.
TEST_F(LameDriver, one_that_compiles_nothing_is_in_nobodys_way) {
  constexpr const char* kEntryPoint = "POOLBENCH_TEST_REFUSED=15";
  const auto rows = this->rows(kEntryPoint, kBench + std::string(kCase));
  EXPECT_GE(rows.size(), 2u);
  for (const Row& row : rows) {
    if (row.contender == "naive")
      EXPECT_NE(row.status, "ERROR") << row.reason;
    else
      EXPECT_TRUE(has(row.reason, " makes no pipeline of shader ")) << row.reason;
  }
}

TEST_F(LameDriver, without_memory_a_row_is_an_error_and_the_others_go_on) {
  constexpr const char* kMegabyte = "POOLBENCH_TEST_ROOM=1000000";
  const std::string cases = std::string(kCase) + " --problem max/global/u8/nchw/src:1x1x2000x1000";
  for (const std::string& command : {"check --backend vulkan:0,naive --fill ties" + cases,
                                     kBench + std::string(" --cold") + cases}) {
    SCOPED_TRACE(command);
    const auto rows = this->rows(kMegabyte, command);
    EXPECT_EQ(rows.size(), 4u);
    for (const Row& row : rows) {
      const bool ok = row.contender == "naive" || has(row.problem, "1x2x16x16");
      EXPECT_EQ(row.status != "ERROR", ok) << row.contender << " " << row.problem;
      EXPECT_EQ(has(row.reason, ": no memory for "), !ok) << row.reason;
    }
  }
}

// What copies have shown is worth nothing where it cannot be read, and is nobody's to throw away.
TEST_F(HostileTest, a_file_of_copies_that_is_none_is_left_as_it_is) {
  const nlohmann::json context = {{"host_name", "here"},
                                  {"poolbench", {{"comparable", {{"processor", "p"}}}}}};
  CopyCount now;
  now.pairs = 3;
  const std::string path = file("aa.json");
  EXPECT_EQ(add_to_copies_file(path, context, now).pairs, 3);
  const std::string whole = text_of(path);
  EXPECT_EQ(add_to_copies_file(path, context, now).pairs, 6);
  for (const std::string& text :
       {whole.substr(0, whole.size() / 2), std::string(), std::string("[1]"),
        std::string(R"({"aa":2,"machines":{}})"), std::string(R"({"aa":1,"machines":7})"),
        std::string(R"({"aa":1,"machines":{"here, p, 0 threads":{"pairs":"many"}}})"),
        std::string(R"({"aa":1,"machines":{"here, p, 0 threads":{"pairs":1e300}}})")}) {
    SCOPED_TRACE(text);
    write("aa.json", text);
    EXPECT_EQ(add_to_copies_file(path, context, now).pairs, 3);
    EXPECT_EQ(text_of(path), text);
  }
}

}  // namespace
}  // namespace poolbench
