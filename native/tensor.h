// Tensors: lifetime, facts, and copies from and to the caller's memory.
#pragma once
#include "abi.h"

struct CoppiceTensorInfo {
  int64_t elements;
  void* data;  // first element; null when the tensor is not in this process's memory (CUDA)
  int32_t rank;
  int32_t scalar_type;  // c10::ScalarType
  int32_t device_type;  // c10::DeviceType: 0 = CPU, 1 = CUDA
  int32_t device_index;
};

// Copies `data` (row-major) into a new CPU tensor.
COPPICE_API CoppiceTensor coppice_tensor_from_data(const void* data, const int64_t* sizes, int32_t rank, int32_t scalar_type);
// Copies the elements in row-major order, from any device and memory format, into `destination` of exactly `bytes` bytes.
COPPICE_API int32_t coppice_tensor_to_data(CoppiceTensor tensor, void* destination, int64_t bytes);
// The value of a one-element tensor of any type.
COPPICE_API int32_t coppice_tensor_item(CoppiceTensor tensor, double* value);
COPPICE_API void coppice_tensor_free(CoppiceTensor tensor);
COPPICE_API int32_t coppice_tensor_info(CoppiceTensor tensor, CoppiceTensorInfo* info);
// `sizes` and `strides` have room for the rank; strides may be null.
COPPICE_API int32_t coppice_tensor_sizes(CoppiceTensor tensor, int64_t* sizes, int64_t* strides);
// 1 or 0. `memory_format` is a c10::MemoryFormat.
COPPICE_API int32_t coppice_tensor_is_contiguous(CoppiceTensor tensor, int32_t memory_format);
// Number of handles given out and not yet freed, in the whole process.
COPPICE_API int64_t coppice_live_tensors();
