#include "bench/supervise/link.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "host/turn.h"

namespace poolbench {
namespace {

Part own_part = Part::kAlone;
std::optional<Link> parent;

// Waits for the parent's next word. Without a parent there is nothing left to do.
Json next_word() {
  for (;;) {
    if (auto message = parent->next()) return std::move(*message);
    if (!parent->receive()) _exit(kNotRun);
  }
}

// Takes the descriptors from the environment, so that no process started from here has them.
bool join_parent() {
  const char* text = std::getenv(kChildVariable);
  int socket = -1, turns = -1;
  if (text == nullptr || std::sscanf(text, "%d,%d", &socket, &turns) != 2) return false;
  unsetenv(kChildVariable);
  if (fcntl(socket, F_SETFD, FD_CLOEXEC) != 0 || !join_turns(turns)) return false;
  parent.emplace(socket);
  parent->set_token(next_word().at("token"));
  // The parent decides when to stop; at the terminal both would get the signal.
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_IGN);
  return true;
}

Json opened_json(const Opened& opened) {
  Json cases = Json::array();
  for (const Opened::Case& one : opened.cases) cases.push_back({one.name, one.work});
  return {{"cases", cases}, {"contenders", opened.contenders}, {"facts", opened.facts}};
}

Json run_case(Cases& cases, const Json& word) {
  if (const uint64_t seed = word.at("seed"); seed != 0) cases.draw_from(seed);
  Json rows = cases.run(word.at("run"), from_exact<SetAside>(word.at("set_aside")));
  return {{"result", std::move(rows)},
          {"caught", to_exact(cases.caught())},
          {"seed", cases.seed()},
          {"unexplained", cases.unexplained()},
          {"news", cases.news()}};
}

Json explain(Cases& cases, const Json& word) {
  return {{"explained", cases.explain(word.at("explain"), word.at("row"))}};
}

}  // namespace

Link::Link(Link&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      token_(std::move(other.token_)),
      text_(std::move(other.text_)) {}

Link::~Link() {
  if (socket_ >= 0) close(socket_);
}

bool Link::send(const Json& message) const {
  Json signed_message = message;
  if (!token_.empty()) signed_message["token"] = token_;
  const std::string line = line_of(signed_message);
  for (size_t sent = 0; sent < line.size();) {
    const ssize_t now = ::send(socket_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) return false;
    sent += now;
  }
  return true;
}

bool Link::receive() {
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(socket_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got > 0) text_.append(buffer, got);
    return got > 0;
  }
}

std::optional<Json> Link::next() {
  const size_t end = text_.find('\n', searched_);
  searched_ = text_.size();
  if (end == std::string::npos) return std::nullopt;
  const std::string line = text_.substr(0, end);
  text_.erase(0, end + 1);
  searched_ = 0;
  Json message = Json::parse(line);
  if (!token_.empty() && message.at("token") != token_)
    throw Json::other_error::create(501, "a message of somebody else", &message);
  return message;
}

Part part() { return own_part; }

void become(bool supervised) {
  own_part = join_parent() ? Part::kChild : supervised ? Part::kParent : Part::kAlone;
}

void print_text(std::string_view text) {
  if (own_part == Part::kChild)
    parent->send({{"print", text}});
  else
    std::fwrite(text.data(), 1, text.size(), stdout);
}

ExitStatus serve(const OpenCases& open) {
  const Opening opening = open();
  if (opening.cases == nullptr) return opening.status;
  say_turn("", "");
  parent->send({{"opened", opened_json(opening.cases->opened())}});
  for (;;) {
    const Json word = next_word();
    if (word.contains("finish")) return kAsExpected;
    Json answer =
        word.contains("explain") ? explain(*opening.cases, word) : run_case(*opening.cases, word);
    say_turn("", "");
    const std::string lost = opening.cases->lost_device();
    parent->send(lost.empty() ? answer : Json{{"lost", lost}});
  }
}

void tell_end(ExitStatus status) { parent->send({{"end", int(status)}}); }

}  // namespace poolbench
