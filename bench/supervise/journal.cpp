#include "bench/supervise/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "bench/processes.h"
#include "bench/record/context.h"
#include "bench/record/seal.h"
#include "host/modules.h"

namespace poolbench {
namespace {

namespace fs = std::filesystem;

// The words that started this process, without those that may differ when a run is resumed.
std::vector<std::string> own_arguments() {
  std::vector<std::string> words = arguments();
  std::erase_if(words, [](const std::string& word) {
    return word == "--resume" || word == "--no-supervisor";
  });
  return words;
}

Json head(const std::vector<std::string>& modules) {
  const BuildInfo build = build_info();
  Json files = Json::object();
  for (const std::string& module : modules)
    files[module] = sha256_of_file(parse_module(module).file);
  return {{"journal", 2},           {"version", build.version},
          {"commit", build.commit}, {"program", sha256_of_file("/proc/self/exe")},
          {"modules", files},       {"arguments", own_arguments()}};
}

// Throws BadInput if another process has locked the file. Where files cannot be locked, none has.
void lock(int file, const std::string& path) {
  if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw BadInput(fmt::format(
        "{}: another run is writing it; each run needs a file of its own for --json", path));
}

void require_unlocked(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  struct Closed {
    int file;
    ~Closed() { close(file); }
  } closed{file};
  lock(file, path);
}

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

Journal::Journal(const std::string& record, bool resume, const std::vector<std::string>& modules) {
  if (record.empty() || (fs::exists(record) && !fs::is_regular_file(record))) {
    if (resume) throw BadInput("--resume: continues the journal of --json FILE; name that file");
    return;
  }
  path_ = record + ".journal";
  require_unlocked(path_);
  head_ = head(modules);
  if (resume && !fs::exists(path_))
    throw BadInput(fmt::format("--resume: {} is not there: nothing is to be continued", path_));
  if (resume) read();
  if (resume || !fs::exists(path_)) return;
  fs::rename(path_, path_ + "~");
  fmt::print(stderr,
             "poolbench: {} is of a run that was not finished (--resume would continue it); it is "
             "{}~ now\n",
             path_, path_);
}

Journal::~Journal() {
  if (file_ >= 0) close(file_);
}

// Throws BadInput unless the line is as it was written, and follows the one that it followed then.
void Journal::check_seal(const std::string& line, size_t number) {
  const std::string found = seal_of(line);
  if (found.empty())
    throw BadInput(fmt::format(
        "--resume: {} is no journal, or was changed after it was written: line {} has no seal",
        path_, number));
  const std::string right = seal_of(seal(line, std::exchange(last_seal_, found)));
  if (found != right)
    throw BadInput(fmt::format(
        "--resume: {} was changed after it was written: the seal of line {} is {}, its content and "
        "the line before give {}",
        path_, number, found, right));
}

// Takes whole lines; what a kill tore off at the end is cut off the file too.
void Journal::read() {
  const std::string text = text_of(path_);
  std::map<size_t, Json> finished;
  Json first;
  size_t good = 0;
  for (size_t end; (end = text.find('\n', good)) != std::string::npos; good = end + 1) {
    const std::string line = text.substr(good, end + 1 - good);
    check_seal(line, good == 0 ? 1 : finished.size() + 2);
    const Json json = Json::parse(line);
    if (good == 0) {
      first = json;
    } else {
      finished[json.at("case")] = json.at("rows");
      news_.merge_patch(json.at("news"));
    }
  }
  if (!first.is_object()) throw BadInput(fmt::format("--resume: {} is no journal", path_));
  for (const auto& [name, value] : head_.items())
    if (first.value(name, Json()) != value)
      throw BadInput(fmt::format("--resume: {} has {} {}, this run has {}", path_, name,
                                 first.value(name, Json()).dump(), value.dump()));
  head_ = first;
  finished_ = std::move(finished);
  fs::resize_file(path_, good);
}

void Journal::begin(const std::vector<Opened::Case>& cases) {
  if (path_.empty()) return;
  const bool resumed = head_.contains("cases");
  Json names = Json::array();
  for (const Opened::Case& one : cases) names.push_back(one.name);
  if (resumed && head_["cases"] != names)
    throw BadInput(fmt::format("--resume: {} has other cases than this run", path_));
  file_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw BadInput(fmt::format("{}: {}", path_, std::strerror(errno)));
  lock(file_, path_);
  begun_ = true;
  head_["cases"] = std::move(names);
  if (!resumed) write(head_);
}

const Json* Journal::rows(size_t index) const {
  const auto found = finished_.find(index);
  return found == finished_.end() ? nullptr : &found->second;
}

void Journal::append(size_t index, const Json& rows, const Json& news) {
  if (file_ >= 0) write({{"case", index}, {"rows", rows}, {"news", news}});
}

// One call for the whole line, so that a kill tears at most the last one. What is measured is worth
// more than its journal, so that a full disk does not end the run.
void Journal::write(Json json) {
  json["seal"] = blank_seal();
  const std::string line = seal(line_of(json), last_seal_);
  last_seal_ = seal_of(line);
  for (size_t done = 0; done < line.size();) {
    const ssize_t now = ::write(file_, line.data() + done, line.size() - done);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) {
      fmt::print(stderr, "poolbench: {}: cannot be written: {}; the run goes on without it\n",
                 path_, std::strerror(errno));
      close(std::exchange(file_, -1));
      return;
    }
    done += now;
  }
}

void Journal::remove() {
  if (begun_) unlink(path_.c_str());
}

}  // namespace poolbench
