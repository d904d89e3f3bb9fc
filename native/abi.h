// What every exported function shares: linkage, and the value by which failure is told.
#pragma once
#include <cstdint>

#define COPPICE_API extern "C" __attribute__((visibility("default")))

// A tensor handed to the caller: an owned reference to a c10::TensorImpl, given back by coppice_tensor_free.
using CoppiceTensor = void*;

// Functions return a status of 0 or a count; this status says that coppice_error() holds the reason.
constexpr int32_t kCoppiceFailed = -1;
