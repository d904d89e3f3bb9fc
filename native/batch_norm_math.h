// Batch normalisation on tensors in memory order [rows, channels]: statistics, forward pass, gradients. No autograd here.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "batch_norm_rows.h"
#include "handle.h"

namespace coppice {

struct Statistics {
  std::vector<float> mean;               // [C]
  std::vector<float> inverse_deviation;  // [C], 1 / sqrt(var + epsilon)
};

// Those of x; the running statistics, if any, move towards them by `momentum`, the variance towards the unbiased one or that of x.
Statistics batch_statistics(const at::Tensor& x, const Rows& rows, const Optional<at::Tensor>& running_mean,
                            const Optional<at::Tensor>& running_var, bool unbiased, double momentum, double epsilon);

Statistics running_statistics(const at::Tensor& running_mean, const at::Tensor& running_var, double epsilon);

// y = act((x - mean) * inverse_deviation * weight + bias [+ residual])
void normalise(const at::Tensor& x, const Optional<at::Tensor>& residual, const at::Tensor& y, const Rows& rows,
               const Statistics& statistics, const at::Tensor& weight, const at::Tensor& bias, bool relu);

struct Gradients {
  at::Tensor x, residual, weight, bias;
};

// Gradients of the loss from g, that of the output y. y is given when act is ReLU. `training`: the statistics are those of x.
Gradients differentiate(const at::Tensor& g, const at::Tensor& x, const Optional<at::Tensor>& y, const Rows& rows, const at::Tensor& mean,
                        const at::Tensor& inverse_deviation, const at::Tensor& weight, bool training, bool residual);

}  // namespace coppice
