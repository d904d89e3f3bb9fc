#include "batch_norm_dispatch.h"

#include <atomic>

#include "guard.h"

namespace {

bool cpu_runs(int32_t level) {
#ifdef COPPICE_X86_KERNELS
  switch (level) {
    case 2: return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    case 3: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    case 4:
      return cpu_runs(3) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    default: return false;
  }
#else
  return level == 1;
#endif
}

const CoppiceBatchNormKernel* kernel_of(int32_t level) {
#ifdef COPPICE_X86_KERNELS
  if (level == 4) return &coppice_batch_norm_kernel_v4;
  if (level == 3) return &coppice_batch_norm_kernel_v3;
  return &coppice_batch_norm_kernel_v2;
#else
  (void)level;
  return &coppice_batch_norm_kernel_v1;
#endif
}

const CoppiceBatchNormKernel* best_kernel() {
  for (int32_t level = 4; level > 2; level--) {
    if (cpu_runs(level)) return kernel_of(level);
  }
  return kernel_of(2);
}

std::atomic<const CoppiceBatchNormKernel*> selected_kernel{nullptr};

}  // namespace

const CoppiceBatchNormKernel& coppice::batch_norm_kernel() {
  const auto* chosen = selected_kernel.load(std::memory_order_relaxed);
  if (chosen == nullptr) {
    chosen = best_kernel();
    selected_kernel.store(chosen, std::memory_order_relaxed);
  }
  return *chosen;
}

int32_t coppice_batch_norm_kernel_level() { return coppice::batch_norm_kernel().level; }

int32_t coppice_batch_norm_select_kernel(int32_t level) {
  return coppice::guarded<int32_t>(kCoppiceFailed, [&] {
    TORCH_CHECK(level == 0 || cpu_runs(level), "this CPU cannot run the kernel of level ", level);
    selected_kernel.store(level == 0 ? best_kernel() : kernel_of(level), std::memory_order_relaxed);
    return 0;
  });
}
