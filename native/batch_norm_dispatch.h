// Choice of the batch normalisation kernel for this CPU.
#pragma once
#include "abi.h"
#include "batch_norm_kernel.h"

namespace coppice {
// The kernel in use, the best one for this CPU unless another was selected.
const CoppiceBatchNormKernel& batch_norm_kernel();
}  // namespace coppice

// Its x86-64 generation 2, 3 or 4; 1 on other processors.
COPPICE_API int32_t coppice_batch_norm_kernel_level();
// Forces a generation for the whole process; 0 chooses the best one again. Fails when this CPU cannot run it.
COPPICE_API int32_t coppice_batch_norm_select_kernel(int32_t level);
