// Batch normalisation, optional residual addition and optional ReLU in one pass, forward and backward.
#pragma once
#include "abi.h"

// act(batch_norm(x) [+ residual]) for x [N,C,H,W] or [N,C]; the result is channels_last when x has four dimensions.
//   residual       as x, or null
//   weight, bias   [C]
//   running_mean, running_var  [C]; updated in place when training: r = (1 - momentum) * r + momentum * statistic; may be null when
//                  training
//   unbiased       whether the running variance gets sum (x - mean)^2 / (n - 1), or / n
//   overwrite      whether nobody needs x afterwards: without gradients the result may then take its memory
// Fused on the CPU for x in float32 or bfloat16 with float32 parameters; anything else (also CUDA, untested) is composed of
// ATen's batch_norm, add and relu.
COPPICE_API int32_t coppice_batch_norm_act(
    CoppiceTensor x, CoppiceTensor residual, CoppiceTensor weight, CoppiceTensor bias, CoppiceTensor running_mean,
    CoppiceTensor running_var, int32_t training, int32_t unbiased, double momentum, double epsilon, int32_t relu, int32_t overwrite,
    CoppiceTensor* result);
