#include "runtime.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <omp.h>
#include <torch/version.h>

#include <string>

#include "guard.h"

using coppice::guarded;

int32_t coppice_runtime_set_threads(int32_t threads) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    TORCH_CHECK(threads > 0, "the number of threads must be positive, not ", threads);
    // First, or this thread's lazy initialisation would undo the next line at its first operation, with the number that
    // whichever thread has set last. Its flag is a thread-local of an inline function: ours, then libtorch's,
    // where the linker has not made them one.
    at::internal::lazy_init_num_threads();
    at::get_num_threads();
    at::set_num_threads(threads);
    omp_set_num_threads(threads);  // a libtorch that brings its own OpenMP runtime does not set ours
    return 0;
  });
}

int32_t coppice_runtime_threads() {
  return guarded<int32_t>(kCoppiceFailed, [&]() -> int32_t { return at::get_num_threads(); });
}

int32_t coppice_runtime_seed(int64_t seed) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    at::manual_seed(static_cast<uint64_t>(seed));
    return 0;
  });
}

int32_t coppice_runtime_set_flush_denormal(int32_t on) {
  return guarded<int32_t>(kCoppiceFailed, [&]() -> int32_t { return at::globalContext().setFlushDenormal(on != 0) ? 1 : 0; });
}

int32_t coppice_runtime_has_cuda() {
  return guarded<int32_t>(kCoppiceFailed, [&]() -> int32_t { return at::globalContext().hasCUDA() ? 1 : 0; });
}

const char* coppice_runtime_version() { return TORCH_VERSION; }

const char* coppice_runtime_configuration() {
  return guarded<const char*>(nullptr, [] {
    static const std::string text = at::show_config();
    return text.c_str();
  });
}
