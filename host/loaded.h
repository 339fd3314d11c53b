// The files in this process's memory, and what those that are ELF objects say of themselves.
#ifndef POOLBENCH_HOST_LOADED_H_
#define POOLBENCH_HOST_LOADED_H_

#include <map>
#include <string>
#include <vector>

namespace poolbench {

// Both are empty for a file that is none of the loader's objects.
struct LoadedFile {
  std::string build_id;            // hexadecimal; empty where it was linked without
  std::vector<std::string> needs;  // libraries, by the names that it has for them (DT_NEEDED)
};
// Every file of which a part is mapped, by its path as the kernel knows it (/proc/self/maps).
std::map<std::string, LoadedFile> loaded_files();
// The file of this program.
LoadedFile own_file();

// Where a module's code comes from.
struct Origin {
  std::string file;  // as loaded_files() names it
  LoadedFile object;
  std::map<std::string, LoadedFile> brought;  // what else came into memory with it
};

// Adds the files that are mapped while it lives to what a module brought.
class OriginWatch {
 public:
  explicit OriginWatch(Origin& origin) : origin_(origin), before_(loaded_files()) {}
  ~OriginWatch();
  OriginWatch(const OriginWatch&) = delete;

 private:
  Origin& origin_;
  std::map<std::string, LoadedFile> before_;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_LOADED_H_
