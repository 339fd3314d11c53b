// GNU-unique symbols of a shared object.
#ifndef POOLBENCH_HOST_UNIQUE_SYMBOLS_H_
#define POOLBENCH_HOST_UNIQUE_SYMBOLS_H_

#include <string>
#include <vector>

namespace poolbench {

// The GNU-unique symbols (STB_GNU_UNIQUE) that the file defines for others. The loader keeps one
// copy of such a symbol in a process, whatever RTLD_LOCAL says: a constant of one module is then
// another module's too. Empty for what is no ELF file of this machine.
std::vector<std::string> unique_symbols(const std::string& file);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_UNIQUE_SYMBOLS_H_
