#include "autograd.h"

#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "guard.h"
#include "handle.h"

using coppice::borrow;
using coppice::guarded;

namespace {

torch::autograd::variable_list optional_list(CoppiceTensor tensor) {
  if (tensor == nullptr) return {};
  return {borrow(tensor)};
}

}  // namespace

int32_t coppice_autograd_requires_grad(CoppiceTensor tensor) {
  return guarded<int32_t>(kCoppiceFailed, [&]() -> int32_t { return borrow(tensor).requires_grad() ? 1 : 0; });
}

int32_t coppice_autograd_set_requires_grad(CoppiceTensor tensor, int32_t on) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    borrow(tensor).set_requires_grad(on != 0);
    return 0;
  });
}

int32_t coppice_autograd_gradient(CoppiceTensor tensor, CoppiceTensor* gradient) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    const at::Tensor t = borrow(tensor);
    *gradient = coppice::hand_over(t.grad());
    return 0;
  });
}

int32_t coppice_autograd_set_gradient(CoppiceTensor tensor, CoppiceTensor gradient) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    const at::Tensor t = borrow(tensor), g = borrow(gradient);
    // mutable_grad itself accepts anything and would only fail later, inside an optimiser.
    TORCH_CHECK(!g.defined() || g.sizes() == t.sizes(), "a gradient of shape ", g.sizes(), " for a tensor of shape ", t.sizes());
    t.mutable_grad() = g;
    return 0;
  });
}

int32_t coppice_autograd_backward(CoppiceTensor tensor, CoppiceTensor gradient, int32_t retain_graph) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    torch::autograd::backward({borrow(tensor)}, optional_list(gradient), retain_graph != 0);
    return 0;
  });
}

int32_t coppice_autograd_grad(
    CoppiceTensor output, CoppiceTensor output_gradient, const CoppiceTensor* inputs, int32_t count, CoppiceTensor* gradients,
    int32_t retain_graph, int32_t create_graph, int32_t allow_unused) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    torch::autograd::variable_list xs;
    for (int32_t i = 0; i < count; i++) xs.push_back(borrow(inputs[i]));
    auto result = torch::autograd::grad(
        {borrow(output)}, xs, optional_list(output_gradient), retain_graph != 0, create_graph != 0, allow_unused != 0);
    for (int32_t i = 0; i < count; i++) gradients[i] = coppice::hand_over(std::move(result[i]));
    return 0;
  });
}

int32_t coppice_autograd_set_grad_mode(int32_t on) {
  return guarded<int32_t>(kCoppiceFailed, [&]() -> int32_t {
    const bool former = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(on != 0);
    return former ? 1 : 0;
  });
}

int32_t coppice_autograd_grad_mode() { return c10::GradMode::is_enabled() ? 1 : 0; }

int32_t coppice_autograd_inference_mode() { return c10::InferenceMode::is_enabled() ? 1 : 0; }

void* coppice_autograd_enter_inference_mode() {
  return guarded<void*>(nullptr, [&]() -> void* { return new c10::InferenceMode(true); });
}

void coppice_autograd_leave_inference_mode(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }
