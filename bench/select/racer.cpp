#include "bench/select/racer.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "host/modules.h"

namespace poolbench {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A team size at the end of "openmp@4"; 0: none.
int threads_of(const std::string& backend) {
  const size_t at = backend.rfind('@');
  return at == std::string::npos ? 0 : std::stoi(backend.substr(at + 1));
}

// A file in memory with these bytes. It stays open: the loader takes a name that it has seen for
// the same library.
std::string memory_file(const std::string& bytes) {
  static int number = 0;
  const int file = memfd_create(fmt::format("module-{}", ++number).c_str(), MFD_CLOEXEC);
  for (size_t done = 0; file >= 0 && done < bytes.size();) {
    const ssize_t now = write(file, bytes.data() + done, bytes.size() - done);
    if (now < 0) throw std::runtime_error(std::strerror(errno));
    done += size_t(now);
  }
  if (file < 0) throw std::runtime_error(std::strerror(errno));
  return fmt::format("/proc/self/fd/{}", file);
}

std::string bytes_of(const Racer& racer) {
  std::ifstream file(racer.file, std::ios::binary);
  std::stringstream bytes;
  if (!file || !(bytes << file.rdbuf()))
    throw BackendUnavailable(fmt::format("--contender: {} ({}) cannot be read: {}", racer.name,
                                         racer.file, std::strerror(errno)));
  return bytes.str();
}

// What a message says of a file in memory, said of the racer's own.
std::string with_own_file(std::string message, const std::string& memory, const std::string& own) {
  for (size_t at; (at = message.find(memory)) != std::string::npos;)
    message.replace(at, memory.size(), own);
  return message;
}

// A racer or its copy.
struct Seat {
  const Racer* racer;
  std::string label;
  std::string module;  // the name under which it is loaded
  std::string file;
};

void check_kernel(const Racer& racer, const Backend& backend) {
  if (racer.kernel.empty()) return;
  for (const KernelInfo& kernel : backend.kernels())
    if (kernel.name == racer.kernel) return;
  throw BadInput(fmt::format("--contender: {} ({}) has no kernel '{}'", racer.name, backend.name(),
                             racer.kernel));
}

// The racer's backend in a family that was opened for it.
Backend& backend_of(const Seat& seat, const FamilyState& family) {
  const Racer& racer = *seat.racer;
  if (!family.why_unavailable.empty())
    throw BackendUnavailable(
        fmt::format("--contender: {} is not available: {}", racer.name,
                    with_own_file(family.why_unavailable, seat.file, racer.file)));
  if (!racer.file.empty() && family.backends.size() == 1) return *family.backends.front();
  std::string names;
  for (const auto& backend : family.backends) {
    const std::string_view name = backend->name();
    const bool same_number = !racer.file.empty() && racer.backend.find(':') != std::string::npos &&
                             name.substr(name.find(':')) ==
                                 std::string_view(racer.backend).substr(racer.backend.find(':'));
    if (name == racer.backend || same_number) return *backend;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  }
  if (racer.file.empty() && family.family == racer.backend) return *family.backends.front();
  throw BadInput(fmt::format("--contender: '{}' is none of {}", racer.backend, names));
}

}  // namespace

Racer parse_racer(std::string_view text) {
  Racer racer;
  std::string_view rest = text;
  if (const size_t equals = rest.find('='); equals != std::string_view::npos) {
    racer.name = rest.substr(0, equals);
    rest.remove_prefix(equals + 1);
  }
  if (const size_t at = rest.find('@');
      at != std::string_view::npos &&
      !is_number(rest.substr(at + 1, rest.find('.', at) - at - 1))) {
    racer.file = rest.substr(at + 1);
    rest = rest.substr(0, at);
  }
  const ContenderName parts(rest);
  racer.backend = parts.backend;
  racer.kernel = parts.kernel;
  const bool named = text.find('=') != std::string_view::npos;
  if (!named) racer.name = rest;
  const bool is_name = !racer.name.empty() && std::ranges::all_of(racer.name, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ||
           (!named && (c == '.' || c == ':' || c == '@'));
  });
  if (!is_name || racer.backend.empty() || text.ends_with('@') || text.ends_with('.') ||
      (!racer.file.empty() && !named))
    throw BadInput(
        fmt::format("--contender '{}': [NAME=]BACKEND[.KERNEL] or "
                    "NAME=BACKEND[.KERNEL]@FILE is right, as in openmp, openmp.rows or "
                    "head=openmp@./head.so, where letters, digits, - and _ make a name",
                    text));
  return racer;
}

std::string copy_of(const std::string& contender) { return contender + "-copy"; }

std::vector<Racer> parse_racers(const std::vector<std::string>& texts) {
  std::vector<Racer> racers;
  std::set<std::string> names;
  for (const std::string& text : texts) {
    racers.push_back(parse_racer(text));
    for (const std::string& name : {racers.back().name, copy_of(racers.back().name)})
      if (!names.insert(name).second)
        throw BadInput(fmt::format(
            "--contender '{}': another contender or its copy is called {}; NAME={} gives it a name",
            text, name, text));
  }
  return racers;
}

std::vector<std::string> modules_of(const std::vector<Racer>& racers) {
  std::vector<std::string> modules;
  for (const Racer& racer : racers)
    if (!racer.file.empty()) modules.push_back(racer.name + "=" + racer.file);
  return modules;
}

Backends open_racers(const std::vector<Racer>& racers, Planted plant, std::mt19937_64& random) {
  std::vector<Seat> seats;
  for (const Racer& racer : racers)
    for (const bool copy : {false, true})
      seats.push_back({&racer, copy ? copy_of(racer.name) : racer.name, {}, {}});
  std::ranges::shuffle(seats, random);

  BackendOptions options{{0}, {}, peers_folder(), false};
  std::vector<std::string> wanted;
  for (Seat& seat : seats) {
    const Racer& racer = *seat.racer;
    if (!racer.file.empty()) {
      seat.module = seat.label;
      seat.file = memory_file(bytes_of(racer));
      options.modules.push_back(seat.module + "=" + seat.file);
      wanted.push_back(seat.module);
      continue;
    }
    if (const int threads = threads_of(racer.backend);
        threads > 0 && std::ranges::find(options.threads, threads) == options.threads.end())
      options.threads.push_back(threads);
    wanted.push_back(racer.backend);
  }
  Backends result;
  result.families = open_backends(wanted, options);
  FamilyState made{"planted", {}, {}, false};
  for (const Seat& seat : seats) {
    const Racer& racer = *seat.racer;
    const auto family = std::ranges::find_if(result.families, [&](const FamilyState& one) {
      if (!seat.module.empty()) return one.family == seat.module;
      return one.family == racer.backend.substr(0, racer.backend.find_first_of(":@"));
    });
    if (family == result.families.end())
      throw BackendUnavailable(
          fmt::format("--contender: backend '{}' is unknown; `poolbench list backends` shows those "
                      "that are here",
                      racer.backend));
    Backend* backend = &backend_of(seat, *family);
    check_kernel(racer, *backend);
    if (racer.planted) {
      made.backends.push_back(plant(*backend, *racer.planted));
      backend = made.backends.back().get();
    }
    result.contenders.push_back({backend, racer.kernel, seat.label});
  }
  result.families.push_back(std::move(made));
  return result;
}

}  // namespace poolbench
