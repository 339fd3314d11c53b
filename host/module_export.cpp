#include "host/module_export.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "host/compare.h"
#include "host/module_problem.h"

namespace poolbench {
namespace {

// A backend, its C form and what that points at.
struct ExportedBackend {
  std::unique_ptr<Backend> backend;
  std::vector<KernelInfo> infos;
  std::vector<poolbench_kernel> kernels;
  poolbench_backend c = {};
};

struct ExportedModule {
  std::vector<std::unique_ptr<ExportedBackend>> backends;
  std::vector<const poolbench_backend*> table;
  std::string why_unavailable;
  poolbench_module c = {};
};

struct ExportedPlan {
  std::unique_ptr<Plan> plan;
  std::string kernel;
};

void report(const char* text, char* message, int64_t message_bytes) {
  if (message_bytes <= 0) return;
  const auto length = std::min<int64_t>(std::strlen(text), message_bytes - 1);
  std::memcpy(message, text, length);
  message[length] = '\0';
}

// Runs `work`; what it throws becomes a status and a message.
template <class Work>
int32_t guarded(char* message, int64_t message_bytes, Work&& work) {
  const auto failed = [&](int32_t status, const char* text) {
    report(text, message, message_bytes);
    return status;
  };
  try {
    work();
    return POOLBENCH_OK;
  } catch (const Refused& error) {
    return failed(POOLBENCH_REFUSED, error.what());
  } catch (const BadInput& error) {
    return failed(POOLBENCH_REFUSED, error.what());
  } catch (const OutOfMemory& error) {
    return failed(POOLBENCH_OUT_OF_MEMORY, error.what());
  } catch (const std::bad_alloc&) {
    return failed(POOLBENCH_OUT_OF_MEMORY, "host: no memory");
  } catch (const std::exception& error) {
    return failed(POOLBENCH_FAILED, error.what());
  } catch (...) {
    return failed(POOLBENCH_FAILED, "something was thrown that is no std::exception");
  }
}

Backend& backend_of(const poolbench_backend* self) {
  return *static_cast<ExportedBackend*>(self->state)->backend;
}

std::string_view kernel_name(const char* kernel) { return kernel == nullptr ? "" : kernel; }

int32_t supports(const poolbench_backend* self, const poolbench_problem* problem,
                 const char* kernel, char* message, int64_t message_bytes) {
  return guarded(message, message_bytes, [&] {
           const auto support =
               backend_of(self).supports(from_module_problem(*problem), kernel_name(kernel));
           if (!support) throw Refused(support.why_not);
         }) == POOLBENCH_OK;
}

int32_t plan(const poolbench_backend* self, const poolbench_problem* problem, const char* kernel,
             void** plan, char* message, int64_t message_bytes) {
  return guarded(message, message_bytes, [&] {
    auto exported = std::make_unique<ExportedPlan>();
    exported->plan = backend_of(self).plan(from_module_problem(*problem), kernel_name(kernel));
    exported->kernel = exported->plan->kernel();
    *plan = exported.release();
  });
}

int32_t launch(void* plan, const poolbench_tensors* tensors, void* stream, char* message,
               int64_t message_bytes) {
  return guarded(message, message_bytes, [&] {
    Tensors addresses;
    for (int64_t i = 0; i < tensors->operand_count; ++i)
      if (const poolbench_operand& operand = tensors->operands[i];
          operand.role <= POOLBENCH_SCRATCH)
        addresses[Role(operand.role)] = operand.address;
    static_cast<ExportedPlan*>(plan)->plan->launch(addresses, stream);
  });
}

const char* plan_kernel(void* plan) { return static_cast<ExportedPlan*>(plan)->kernel.c_str(); }

int64_t plan_scratch_bytes(void* plan) {
  return static_cast<ExportedPlan*>(plan)->plan->scratch_bytes();
}

int64_t plan_reads_behind(void* plan) {
  return static_cast<ExportedPlan*>(plan)->plan->reads_behind();
}

int64_t predict(const poolbench_backend* self, const poolbench_problem* problem,
                const poolbench_output* output, poolbench_prediction* predictions, int64_t room) {
  std::vector<Prediction> all;
  guarded(nullptr, 0, [&] {
    Point point;
    point.n = output->n;
    point.c = output->c;
    point.output = {output->at[0], output->at[1], output->at[2]};
    point.expected = output->expected;
    point.got = output->got;
    point.expected_index = output->expected_index;
    point.got_index = output->got_index;
    all = backend_of(self).predictions(from_module_problem(*problem), output->src, point);
  });
  const auto count = std::min(static_cast<int64_t>(all.size()), room);
  for (int64_t i = 0; i < count; ++i) {
    report(all[i].rule.c_str(), predictions[i].rule, sizeof predictions[i].rule);
    predictions[i].low = all[i].low;
    predictions[i].high = all[i].high;
    predictions[i].one_of_taps = all[i].one_of_taps;
    predictions[i].index = all[i].index;
  }
  return count;
}

void rest(void* plan) { static_cast<ExportedPlan*>(plan)->plan->rest(); }

void destroy_plan(void* plan) { delete static_cast<ExportedPlan*>(plan); }

std::unique_ptr<ExportedBackend> exported(std::unique_ptr<Backend> backend) {
  auto result = std::make_unique<ExportedBackend>();
  result->infos = backend->kernels();
  for (const KernelInfo& info : result->infos)
    result->kernels.push_back({info.name.c_str(), info.summary.c_str()});
  const Device& device = backend->substrate().device();
  result->c = {.struct_bytes = sizeof(poolbench_backend),
               .state = result.get(),
               .substrate = device.substrate.c_str(),
               .device = device.substrate == "host" ? nullptr : device.uuid.c_str(),
               .check_only = !backend->timeable(),
               .kernel_count = static_cast<int32_t>(result->kernels.size()),
               .kernels = result->kernels.data(),
               .supports = supports,
               .plan = plan,
               .launch = launch,
               .destroy_plan = destroy_plan,
               .plan_kernel = plan_kernel,
               .plan_scratch_bytes = plan_scratch_bytes,
               .rest = rest,
               .predict = predict,
               .plan_reads_behind = plan_reads_behind};
  result->backend = std::move(backend);
  return result;
}

}  // namespace

const poolbench_module* export_backends(
    const std::function<std::vector<std::unique_ptr<Backend>>()>& open) {
  auto* module = new ExportedModule;  // plans may outlive every static of the program
  try {
    for (auto& backend : open()) module->backends.push_back(exported(std::move(backend)));
  } catch (const std::exception& error) {
    module->backends.clear();
    module->why_unavailable = error.what();
  }
  for (const auto& backend : module->backends) module->table.push_back(&backend->c);
  module->c = {.version = POOLBENCH_MODULE_VERSION,
               .backend_count = static_cast<int32_t>(module->table.size()),
               .struct_bytes = sizeof(poolbench_module),
               .backends = module->table.data(),
               .why_unavailable = module->why_unavailable.c_str()};
  return &module->c;
}

}  // namespace poolbench
