// Settings and facts of the process and the calling thread.
#pragma once
#include "abi.h"

// Sets the number of threads that work started on the calling thread uses (OpenMP keeps it per thread).
COPPICE_API int32_t coppice_runtime_set_threads(int32_t threads);
COPPICE_API int32_t coppice_runtime_threads();
// Seeds libtorch's default generators (dropout, random fills) of all devices.
COPPICE_API int32_t coppice_runtime_seed(int64_t seed);
// Denormal floats count as zero on the calling thread and the worker threads it starts later. Returns 1 when the CPU can, else 0.
COPPICE_API int32_t coppice_runtime_set_flush_denormal(int32_t on);
// 1 when this libtorch has a usable CUDA device.
COPPICE_API int32_t coppice_runtime_has_cuda();
COPPICE_API const char* coppice_runtime_version();
COPPICE_API const char* coppice_runtime_configuration();
