// Crossing between CoppiceTensor handles and at::Tensor.
#pragma once
#include <ATen/core/Tensor.h>
#include <torch/version.h>

#include "abi.h"

#if TORCH_VERSION_MAJOR >= 2
#include <optional>
#else
#include <c10/util/Optional.h>
#endif

namespace coppice {

#if TORCH_VERSION_MAJOR >= 2
template <class T>
using Optional = std::optional<T>;
#else
template <class T>
using Optional = c10::optional<T>;
#endif

// A tensor that shares the caller's reference; null becomes the undefined tensor.
inline at::Tensor borrow(CoppiceTensor handle) {
  if (handle == nullptr) return at::Tensor();
  using Pointer = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
  return at::Tensor(Pointer::reclaim_copy(static_cast<c10::TensorImpl*>(handle)));
}

inline Optional<at::Tensor> borrow_optional(CoppiceTensor handle) {
  return handle == nullptr ? Optional<at::Tensor>() : Optional<at::Tensor>(borrow(handle));
}

// Gives the reference to the caller and counts it; the undefined tensor becomes null.
CoppiceTensor hand_over(at::Tensor tensor) noexcept;

}  // namespace coppice
