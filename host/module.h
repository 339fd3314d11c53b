/* Bring your own pooling: the interface between poolbench and a shared object, in plain C.
 *
 * A module is a shared object that exports one function, poolbench_open_module(), which describes
 * the backends it brings. poolbench then lists, checks and times them like its own:
 *
 *     g++ -std=c++20 -O3 -shared -fPIC -fvisibility=hidden -fno-gnu-unique -I POOLBENCH_SOURCES \
 *         mine.cpp -o libmine.so
 *     poolbench check --suite edge   --module mine=./libmine.so --backend mine,naive
 *     poolbench bench --suite models --module mine=./libmine.so --backend mine,openmp
 *
 * tests/example_module.cpp is a complete one. In this project's CMake, poolbench_module(mine
 * mine.cpp) builds one (host/module.cmake). A backend that is already written in C++ against
 * host/backend.h becomes a module through host/module_export.h, in one line.
 *
 * A module's backends carry the name given on the command line: mine, or mine:0, mine:1 and so on
 * where there are several.
 *
 * What a module keeps to:
 *   - supports() says no, with the parameter's name, to what it does not compute exactly as
 *     host/spec.md says; plan() succeeds where supports() says yes, and does all that is costly.
 *   - launch() writes every element of dst (and indices), nothing else, and neither allocates nor
 *     waits nor keeps anything that a second launch could see. It reads nothing beyond its tensors
 *     either, for memory may end there, unless plan_reads_behind() says so. On the host the work is
 *     done when it returns; on a device it is enqueued on `stream`.
 *   - Nothing is thrown through this interface. Calls come from one thread at a time; the module
 *     may use threads of its own inside launch().
 *   - A module that crashes while it is loaded and described is refused with the reason. One that
 *     crashes, exits or hangs in plan() or launch() is a row that says so. It runs in one process
 *     with the others, because that is what makes times comparable; another one watches them.
 *   - Its other symbols are hidden, and it is built with -fno-gnu-unique: g++ otherwise shares
 *     inline variables and statics of templates between modules, however they are opened.
 *
 * Structs passed in begin with their size. A later poolbench may append fields: a module uses only
 * the fields that it knows. Anything else changes POOLBENCH_MODULE_VERSION.
 *
 * This is version 4. What is new in it, and in version 3, says so; all else is there since version
 * 2, whose modules still load. No module is asked for a value (of a reduction, windowing, type or
 * layout) that its version does not have: such a problem is refused by name before the module sees
 * it.
 */
#ifndef POOLBENCH_HOST_MODULE_H_
#define POOLBENCH_HOST_MODULE_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { POOLBENCH_MODULE_VERSION = 4 };

/* Values of the problem's int32 fields: those of kernels/pool_args.h. */
enum {
  POOLBENCH_MAX,
  POOLBENCH_AVG_INCLUDE_PAD,
  POOLBENCH_AVG_EXCLUDE_PAD,
  POOLBENCH_LP,
  POOLBENCH_MIN /* since version 3 */
};
enum { POOLBENCH_SLIDING, POOLBENCH_ADAPTIVE, POOLBENCH_GLOBAL, POOLBENCH_FRACTIONAL };
enum {
  POOLBENCH_F64,
  POOLBENCH_F32,
  POOLBENCH_F16,
  POOLBENCH_BF16,
  POOLBENCH_I8,
  POOLBENCH_U8,
  POOLBENCH_I32,
  POOLBENCH_I16, /* since version 4; max and min alone, as of i32 */
  POOLBENCH_I64  /* likewise */
};
enum { POOLBENCH_CHANNELS_FIRST, POOLBENCH_CHANNELS_LAST };

/* A problem, valid and with everything worked out. Arrays are d, h, w; axes a problem does not have
 * stand in front, 1 long, with windows and strides of 1 and no padding. It lives as long as the
 * call that it is passed to. */
struct poolbench_problem {
  int64_t struct_bytes;
  const char* text; /* the problem's one line, for messages */
  int32_t reduction;
  int32_t windowing;
  int32_t dtype;
  int32_t layout;
  int32_t rank; /* spatial axes: 1, 2 or 3 */
  int32_t with_indices;
  int32_t ceil_mode; /* dst tells its effect already */
  int32_t norm_mean; /* Lp: divide the sum by the number of taps */
  int64_t n;
  int64_t c;
  int64_t src[3];
  int64_t dst[3];
  /* Sliding; for global windows kernel is src and stride is 1; kernel for fractional ones too.
   * Output o's taps on an axis are o * stride - pad_begin + j * dilation, j below kernel, as far as
   * they are inside [0, src). same_upper and same_lower come as the padding that they mean. */
  int64_t kernel[3];
  int64_t stride[3];
  int64_t pad_begin[3];
  int64_t pad_end[3];
  int64_t dilation[3];
  int64_t divisor; /* averages: when not 0, instead of the number of taps */
  double norm;     /* Lp: p > 0, may be infinite */
  /* Fractional: a number in [0, 1) for each plane and axis, n * c * rank of them, planes outermost,
   * axes in d, h, w order. Null for everything else. */
  const double* samples;
};

/* Since version 3. What an operand is to the problem, and what a launch does with it: reads it,
 * writes all of it, or does as it likes. */
enum { POOLBENCH_SRC, POOLBENCH_DST, POOLBENCH_INDICES, POOLBENCH_SCRATCH };
enum { POOLBENCH_IN, POOLBENCH_OUT, POOLBENCH_ANY };

/* Since version 3. One tensor of a launch. Never extended, because launches pass arrays of it. */
struct poolbench_operand {
  int32_t role;
  int32_t access;
  int64_t bytes;
  int64_t element_bytes;
  void* address;
};

/* Addresses in the backend's kind of memory, each aligned to 256 bytes. Tensors are dense and
 * row-major: n, c, d, h, w or, channels last, n, d, h, w, c. An index is the position of a maximum
 * in its (n, c) plane. indices and scratch are null unless asked for. On Vulkan an address is a
 * VkDeviceAddress. */
struct poolbench_tensors {
  int64_t struct_bytes;
  const void* src;
  void* dst;
  int64_t* indices;
  void* scratch;
  /* Since version 3: the same, and what a later version may add. A role that the module does not
   * know belongs to a problem that it refused, or can be ignored. */
  const struct poolbench_operand* operands;
  int64_t operand_count;
};

/* An output that was judged wrong, for predict() and known_difference(). */
struct poolbench_output {
  int64_t struct_bytes;
  const void* src; /* the whole input, in the host's memory */
  int64_t n;
  int64_t c;
  int64_t at[3]; /* d, h, w */
  double expected;
  double got;             /* predict(): NaN */
  int64_t expected_index; /* -1 without indices */
  int64_t got_index;      /* predict(): -1 */
};

/* Since version 3. What a rule by which the library differs from host/spec.md on purpose says that
 * it computes for an output. Never extended, because predict() fills arrays of it. */
struct poolbench_prediction {
  char rule[256]; /* "name: reason", the same text for all outputs of the rule */
  double low;     /* the value lies in [low, high]; both NaN: it is NaN */
  double high;
  int32_t one_of_taps; /* not 0: and it is the value of one of the window's taps */
  int64_t index;       /* with indices */
};

struct poolbench_kernel {
  const char* name; /* letters, digits, - and _ */
  const char* summary;
};

/* Since version 3. The objects of the Vulkan device that poolbench opened: VkInstance,
 * VkPhysicalDevice, VkDevice and PFN_vkGetInstanceProcAddr. Vulkan 1.2 with bufferDeviceAddress,
 * scalarBlockLayout and shaderInt64 is enabled. They outlive the module's plans. */
struct poolbench_vulkan {
  int64_t struct_bytes;
  void* instance;
  void* physical_device;
  void* device;
  void* get_instance_proc_addr;
};

/* What plan() and launch() return. Beside anything but POOLBENCH_OK stands a message. */
enum { POOLBENCH_OK, POOLBENCH_REFUSED, POOLBENCH_OUT_OF_MEMORY, POOLBENCH_FAILED };

/* One backend. Messages are 0-terminated text of at most `message_bytes` bytes, the 0 included;
 * `kernel` is one of kernels[], or null for the best that takes the problem. */
struct poolbench_backend {
  int64_t struct_bytes;
  void* state;           /* the module's own */
  const char* substrate; /* whose memory it works on: "host", "cuda"; since version 3 "vulkan" */
  const char* device;    /* the device's UUID, 32 hex digits; since version 3 null: the first one.
                            host: null */
  int32_t check_only;    /* not 0: shows that results are right and is never timed */
  int32_t kernel_count;  /* 1 or more, fastest first */
  const struct poolbench_kernel* kernels;

  /* Not 0 when the problem is taken; else the message says which parameter stands in the way. */
  int32_t (*supports)(const struct poolbench_backend* self, const struct poolbench_problem* problem,
                      const char* kernel, char* message, int64_t message_bytes);
  /* Makes one problem ready and puts what launch() needs, which may be null, into *plan. Refuses
   * exactly where supports() says no. */
  int32_t (*plan)(const struct poolbench_backend* self, const struct poolbench_problem* problem,
                  const char* kernel, void** plan, char* message, int64_t message_bytes);
  /* stream: null on the host; a cudaStream_t, possibly in capture; a VkCommandBuffer that is being
   * recorded and will be submitted many times. Barriers around the launch are poolbench's. */
  int32_t (*launch)(void* plan, const struct poolbench_tensors* tensors, void* stream,
                    char* message, int64_t message_bytes);
  /* Each of these may be null. */
  void (*destroy_plan)(void* plan);          /* null: nothing to free */
  const char* (*plan_kernel)(void* plan);    /* the kernel chosen; null: as asked, or the first */
  int64_t (*plan_scratch_bytes)(void* plan); /* scratch that launch() wants; null: none */
  /* Version 2's predict(): not 0 when a rule explains the output, which is then "name: reason" in
   * the message. Nobody can check that word, so the output is wrong unless poolbench runs with
   * --trust-rules. Null since version 3. */
  int32_t (*known_difference)(const struct poolbench_backend* self,
                              const struct poolbench_problem* problem,
                              const struct poolbench_output* output, char* message,
                              int64_t message_bytes);
  /* Another contender's turn begins: threads of the plan's own that spin for work must sleep. */
  void (*rest)(void* plan);
  /* Since version 3. Vulkan: called once, before supports(), with the device to work on. Returns as
   * plan() does; anything but POOLBENCH_OK leaves the module unavailable. */
  int32_t (*use_vulkan)(const struct poolbench_backend* self, const struct poolbench_vulkan* vulkan,
                        char* message, int64_t message_bytes);
  /* Since version 3. Called for each wrong output, without the value that was computed. Writes what
   * the library's rules predict, at most `room` of them, and returns their number. An output that
   * fits one is a known difference: for peers, which poolbench brings, and with --trust-rules.
   * Without it the output is wrong, and the reason names the rule. */
  int64_t (*predict)(const struct poolbench_backend* self, const struct poolbench_problem* problem,
                     const struct poolbench_output* output,
                     struct poolbench_prediction* predictions, int64_t room);
  /* Since version 3. Bytes behind each tensor that launch() may read and ignore, at most 64, where
   * a library is documented to want them; null: none. */
  int64_t (*plan_reads_behind)(void* plan);
};

/* Version and struct_bytes stand here in every version to come. */
struct poolbench_module {
  int32_t version; /* POOLBENCH_MODULE_VERSION */
  int32_t backend_count;
  int64_t struct_bytes;
  const struct poolbench_backend* const* backends;
  const char* why_unavailable; /* with no backends: the reason (no device, library missing) */
};

/* The one symbol of a module. What it returns lives as long as the process and is the same each
 * time. Declared with the attribute that exports it. */
__attribute__((visibility("default"))) const struct poolbench_module* poolbench_open_module(void);

#ifdef __cplusplus
}
#endif

#endif /* POOLBENCH_HOST_MODULE_H_ */
