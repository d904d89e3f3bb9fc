#include "tensor.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "guard.h"
#include "handle.h"

using coppice::borrow;
using coppice::guarded;

namespace {
std::atomic<int64_t> live_tensors{0};
}

CoppiceTensor coppice::hand_over(at::Tensor tensor) noexcept {
  if (!tensor.defined()) return nullptr;
  live_tensors.fetch_add(1, std::memory_order_relaxed);
  return tensor.unsafeReleaseIntrusivePtr().release();
}

void coppice_tensor_free(CoppiceTensor tensor) {
  if (tensor == nullptr) return;
  live_tensors.fetch_sub(1, std::memory_order_relaxed);
  c10::raw::intrusive_ptr::decref(static_cast<c10::TensorImpl*>(tensor));
}

int64_t coppice_live_tensors() { return live_tensors.load(std::memory_order_relaxed); }

CoppiceTensor coppice_tensor_from_data(const void* data, const int64_t* sizes, int32_t rank, int32_t scalar_type) {
  return guarded<CoppiceTensor>(nullptr, [&] {
    const auto options = at::TensorOptions().dtype(static_cast<c10::ScalarType>(scalar_type));
    at::Tensor tensor = at::empty(c10::IntArrayRef(sizes, rank), options);
    if (tensor.nbytes() > 0) std::memcpy(tensor.data_ptr(), data, tensor.nbytes());
    return coppice::hand_over(std::move(tensor));
  });
}

int32_t coppice_tensor_to_data(CoppiceTensor tensor, void* destination, int64_t bytes) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    const at::Tensor source = borrow(tensor).detach().cpu().contiguous();
    TORCH_CHECK(static_cast<int64_t>(source.nbytes()) == bytes, "the tensor has ", source.nbytes(), " bytes, the destination ", bytes);
    if (bytes > 0) std::memcpy(destination, source.data_ptr(), bytes);
    return 0;
  });
}

int32_t coppice_tensor_item(CoppiceTensor tensor, double* value) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    *value = borrow(tensor).item().toDouble();
    return 0;
  });
}

int32_t coppice_tensor_info(CoppiceTensor tensor, CoppiceTensorInfo* info) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    const at::Tensor t = borrow(tensor);
    info->elements = t.numel();
    info->data = t.is_cpu() && t.has_storage() ? t.data_ptr() : nullptr;
    info->rank = static_cast<int32_t>(t.dim());
    info->scalar_type = static_cast<int32_t>(t.scalar_type());
    info->device_type = static_cast<int32_t>(t.device().type());
    info->device_index = std::max<int32_t>(0, t.device().index());
    return 0;
  });
}

int32_t coppice_tensor_sizes(CoppiceTensor tensor, int64_t* sizes, int64_t* strides) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    const at::Tensor t = borrow(tensor);
    std::copy(t.sizes().begin(), t.sizes().end(), sizes);
    if (strides != nullptr) std::copy(t.strides().begin(), t.strides().end(), strides);
    return 0;
  });
}

int32_t coppice_tensor_is_contiguous(CoppiceTensor tensor, int32_t memory_format) {
  return guarded<int32_t>(kCoppiceFailed, [&]() -> int32_t {
    return borrow(tensor).is_contiguous(static_cast<c10::MemoryFormat>(memory_format)) ? 1 : 0;
  });
}
