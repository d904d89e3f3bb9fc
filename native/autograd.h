// Gradients, and the two thread-local modes that switch their recording off.
#pragma once
#include "abi.h"

COPPICE_API int32_t coppice_autograd_requires_grad(CoppiceTensor tensor);
COPPICE_API int32_t coppice_autograd_set_requires_grad(CoppiceTensor tensor, int32_t on);
// *gradient becomes null when there is none.
COPPICE_API int32_t coppice_autograd_gradient(CoppiceTensor tensor, CoppiceTensor* gradient);
// A null gradient clears it.
COPPICE_API int32_t coppice_autograd_set_gradient(CoppiceTensor tensor, CoppiceTensor gradient);
// Accumulates into the leaves' gradients. `gradient` may be null for a one-element tensor.
COPPICE_API int32_t coppice_autograd_backward(CoppiceTensor tensor, CoppiceTensor gradient, int32_t retain_graph);
// d(output)/d(inputs[i]) into gradients[i]; null where the output does not depend on it and `allow_unused` is set.
COPPICE_API int32_t coppice_autograd_grad(
    CoppiceTensor output, CoppiceTensor output_gradient, const CoppiceTensor* inputs, int32_t count, CoppiceTensor* gradients,
    int32_t retain_graph, int32_t create_graph, int32_t allow_unused);
// Returns the former mode of this thread, 1 = gradients are recorded.
COPPICE_API int32_t coppice_autograd_set_grad_mode(int32_t on);
COPPICE_API int32_t coppice_autograd_grad_mode();
COPPICE_API int32_t coppice_autograd_inference_mode();
// A guard to be left on the same thread, in the reverse order of entering.
COPPICE_API void* coppice_autograd_enter_inference_mode();
COPPICE_API void coppice_autograd_leave_inference_mode(void* guard);
