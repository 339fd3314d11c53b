// Trick: numbers of the whole process get decimal commas: 1,5 in a record is no JSON.
// Seen: any GUI toolkit loaded into a process.
// Catch: records are written whatever the locale is.
// Expect: no gain, CHEAT
#include <clocale>
#include <locale>

#include "tests/cheats/probe.h"

struct Commas : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};
struct ChangesLocale : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    std::locale::global(std::locale(std::locale::classic(), new Commas));
    std::setlocale(LC_ALL, "de_DE.UTF-8");
  }
};
POOLBENCH_PROBE(ChangesLocale)
