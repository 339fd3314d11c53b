// Proof that a timed launch computed its output from its own input.
//
// Each set has an input of its own: one element differs from what all contenders have seen, at a
// secret place, and gets another place and value after each use, or before each launch where that
// costs nothing beside it. The outputs whose windows hold it, its *sights*, are known to the oracle
// alone. So whatever a contender stored, left standing or took from another set is wrong there, and
// nobody can tell a set from another without reading all of it. A range of the outputs is spoilt
// beforehand, with values of other places, and compared; a range of the inputs is compared too.
#ifndef POOLBENCH_BENCH_TIME_PROOF_H_
#define POOLBENCH_BENCH_TIME_PROOF_H_

#include <functional>
#include <random>
#include <string>

#include "bench/time/sets.h"
#include "host/compare.h"

namespace poolbench {

class Proof {
 public:
  // `src`: the input that all sets hold, and `right` what was accepted for it; both must outlive
  // this. Gives every set a secret.
  Proof(const Problem& problem, const std::vector<std::byte>& src, const Outputs& right, Sets& sets,
        std::mt19937_64& random);

  // Gives the set another secret.
  void renew(int64_t set);
  // Spoils a range of the set's outputs, which the next check of it compares.
  void spoil(int64_t set);
  // One of these at random, rather one that was spoilt.
  int64_t pick(const std::vector<int64_t>& sets) const;

  // What stands in a set's outputs: to be read at once, so that nobody can be late.
  struct Look;
  Look look(int64_t set);

  struct Finding {
    std::string what;     // empty: all is as it must be
    bool proves = false;  // a launch that computed nothing would have been found
  };
  // Judges what a contender left in a set. `accepted`: its own outputs for `src`. `explained`:
  // whether a library differs there on purpose, for the set's own input.
  using Explained = std::function<bool(const void* src, const Point&)>;
  Finding check(const Look& look, const Outputs& accepted, const Explained& explained);

 private:
  struct Secret {
    int64_t plane = 0, element = 0;  // n * c + c, and of src
    Extents at = {};
    uint64_t value = 0;            // its bytes
    int64_t first = 0, count = 0;  // elements of dst that were spoilt
  };
  // An output whose window holds a secret, and what was found there.
  struct Sight {
    int64_t at;  // element of dst
    int64_t plane;
    Extents output;
    std::byte value[8];
    int64_t index;
  };
  void choose_range(Secret& secret);
  void write(int64_t set, const Secret& secret, const void* value);
  void put(const Secret& secret, const void* value);
  std::vector<Sight> read_sights(int64_t set, const Secret& secret);
  bool is_wrong(const Sight& sight, const Explained& explained, std::string& words) const;
  std::string check_inputs(int64_t set);
  Finding check_sights(const std::vector<Sight>& sights, const Outputs& accepted,
                       const Explained& explained);
  std::string check_outputs(const Look& look, const Outputs& accepted, const Explained& explained);
  int64_t element_at(int64_t plane, const Extents& at, const Extents& size) const;

  Problem problem_;
  const std::vector<std::byte>& src_;
  const Outputs& right_;
  Sets& sets_;
  std::mt19937_64& random_;
  int64_t bytes_;                    // of an element
  std::vector<std::byte> changed_;   // src_, with a set's secret while it is checked
  Reference reference_;              // of changed_
  std::vector<Window> windows_[3];   // of an axis, where all planes have the same
  std::vector<int64_t> covered_[3];  // positions of an axis that a window holds
  int64_t taps_ = 1;                 // of a window, about
  std::vector<Secret> secrets_;      // by set
  std::vector<std::byte> seen_;
};

struct Proof::Look {
  int64_t set = 0;
  std::vector<Sight> sights;
  int64_t first = 0, count = 0;  // elements of dst
  Outputs range;                 // what they hold
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_PROOF_H_
