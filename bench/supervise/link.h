// The child's end of the supervisor's connection: lines of JSON both ways. Each carries a number
// that the parent draws and says first, so that words of others are known for what they are.
//
//   parent -> child   {"token": NUMBER}                   first of all
//   child -> parent   {"print": TEXT}                     for standard output
//                     {"opened": {cases, contenders, facts}}
//                     {"result": ROWS, "caught": {CONTENDER: VERDICT}, "seed": NUMBER,
//                      "unexplained": [[NUMBER, CONTENDER]], "news": FACTS}
//                                                         of the case asked for: who was wrong or
//                                                         cheated in it, by which draws, the rows
//                                                         of which more can be said, and what else
//                                                         is known since
//                     {"explained": ROW}                  the row asked for
//                     {"lost": WORDS}                     instead: a device works no more
//                     {"end": STATUS}                     and only then the child is done
//   parent -> child   {"run": INDEX, "set_aside": {CONTENDER: VERDICT}, "seed": NUMBER}
//                                                         0: the child draws for itself
//                     {"explain": INDEX, "row": ROW}
//                     {"finish": true}                    after the last case
#ifndef POOLBENCH_BENCH_SUPERVISE_LINK_H_
#define POOLBENCH_BENCH_SUPERVISE_LINK_H_

#include <fmt/format.h>

#include "bench/supervise/cases.h"

namespace poolbench {

// Lines of JSON over a socket.
class Link {
 public:
  explicit Link(int socket) : socket_(socket) {}
  Link(Link&& other) noexcept;
  Link& operator=(Link&&) = delete;
  ~Link();

  int socket() const { return socket_; }
  // What every message carries from now on.
  void set_token(std::string token) { token_ = std::move(token); }
  // Returns false if nobody is there to read.
  bool send(const Json& message) const;
  // Reads what has come; returns false once the other end is closed.
  bool receive();
  // Returns the next complete message, or nothing. Throws Json::exception for what is none, and for
  // one without the token.
  std::optional<Json> next();

 private:
  int socket_;
  std::string token_;
  std::string text_;  // received, not yet returned
  size_t searched_ = 0;
};

// What this process does in a run. At first it is nobody's child and supervises.
enum class Part {
  kParent,  // starts a child that does the work
  kChild,
  kAlone,  // does the work itself
};
Part part();
// Settles the part: kChild if a parent's descriptors are in the environment, else kAlone or
// kParent. Call it before any work.
void become(bool supervised);

// Prints to the program's standard output. Modules that print by themselves do not reach it.
void print_text(std::string_view text);
template <class... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  print_text(fmt::format(format, std::forward<Args>(args)...));
}

// In the child: answers the parent until it has no more cases.
ExitStatus serve(const OpenCases& open);
// In the child: tells the parent that the work is done.
void tell_end(ExitStatus status);

// The child's descriptors, as the parent hands them over: the connection and the shared turns.
constexpr const char* kChildVariable = "POOLBENCH_CHILD";

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SUPERVISE_LINK_H_
