#include "batch_norm_math.h"

#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>

#include "batch_norm_dispatch.h"

namespace coppice {

using at::Tensor;
using OptionalTensor = Optional<Tensor>;

namespace {

const CoppiceBatchNormLoops& loops_for(const Tensor& x) {
  return x.scalar_type() == at::kFloat ? batch_norm_kernel().float32 : batch_norm_kernel().bfloat16;
}

float element(const Tensor& x, int64_t index) {
  return x.scalar_type() == at::kFloat ? x.data_ptr<float>()[index] : static_cast<float>(x.data_ptr<at::BFloat16>()[index]);
}

std::vector<float> to_vector(const Tensor& t) { return {t.data_ptr<float>(), t.data_ptr<float>() + t.numel()}; }

// The mean of up to 64 rows spread over the data. Sums of (x - shift)^2 do not cancel when shift is near the mean.
std::vector<float> sample_mean(const Tensor& x, const Rows& rows) {
  const int64_t samples = std::min<int64_t>(rows.count, 64);
  std::vector<double> sum(rows.channels, 0.0);
  for (int64_t s = 0; s < samples; s++) {
    const int64_t row = rows.count * s / samples * rows.channels;
    for (int64_t c = 0; c < rows.channels; c++) sum[c] += element(x, row + c);
  }
  std::vector<float> mean(rows.channels);
  for (int64_t c = 0; c < rows.channels; c++) mean[c] = static_cast<float>(sum[c] / samples);
  return mean;
}

void update_running(const OptionalTensor& running, int64_t channel, double momentum, double value) {
  if (!running.has_value()) return;
  float& r = running->data_ptr<float>()[channel];
  r = static_cast<float>((1 - momentum) * r + momentum * value);
}

}  // namespace

Statistics batch_statistics(const Tensor& x, const Rows& rows, const OptionalTensor& running_mean, const OptionalTensor& running_var,
                            bool unbiased, double momentum, double epsilon) {
  const std::vector<float> shift = sample_mean(x, rows), shift_table = rows.repeat(shift);
  const std::vector<double> sums = rows.sum([&](const auto& span, auto out) {
    loops_for(x).moments(&span, x.data_ptr(), shift_table.data(), out);
  });
  const int64_t C = rows.channels;
  const double n = static_cast<double>(rows.count);
  Statistics statistics{std::vector<float>(C), std::vector<float>(C)};
  for (int64_t c = 0; c < C; c++) {
    const double shifted_mean = sums[c] / n, mean = shifted_mean + shift[c];
    // Not std::max: it would turn the variance of a diverged network, NaN, into 0.
    double variance = sums[C + c] / n - shifted_mean * shifted_mean;
    if (variance < 0) variance = 0;
    statistics.mean[c] = static_cast<float>(mean);
    statistics.inverse_deviation[c] = static_cast<float>(1 / std::sqrt(variance + epsilon));
    update_running(running_mean, c, momentum, mean);
    update_running(running_var, c, momentum, unbiased ? variance * n / (n - 1) : variance);
  }
  return statistics;
}

Statistics running_statistics(const Tensor& running_mean, const Tensor& running_var, double epsilon) {
  Statistics statistics{to_vector(running_mean), to_vector(running_var)};
  for (float& v : statistics.inverse_deviation) v = static_cast<float>(1 / std::sqrt(v + epsilon));
  return statistics;
}

void normalise(const Tensor& x, const OptionalTensor& residual, const Tensor& y, const Rows& rows, const Statistics& statistics,
               const Tensor& weight, const Tensor& bias, bool relu) {
  std::vector<float> scale = to_vector(weight);
  for (int64_t c = 0; c < rows.channels; c++) scale[c] *= statistics.inverse_deviation[c];
  const auto mean_table = rows.repeat(statistics.mean), scale_table = rows.repeat(scale), bias_table = rows.repeat(to_vector(bias));
  const void* added = residual.has_value() ? residual->data_ptr() : nullptr;
  rows.for_each([&](const auto& span) {
    loops_for(x).forward(&span, x.data_ptr(), added, y.data_ptr(), mean_table.data(), scale_table.data(), bias_table.data(), relu);
  });
}

// With s1 = sum g', s2 = sum g' (x - mean) over the n rows, d = 1 / sqrt(var + epsilon) and w the weight
// (Ioffe & Szegedy, 2015, section 3):
//   dbias = s1,  dweight = d s2,  dx = w d (g' - s1 / n - (x - mean) d^2 s2 / n)
// With running statistics, mean and var are constants and dx = w d g'.
Gradients differentiate(const Tensor& g, const Tensor& x, const OptionalTensor& y, const Rows& rows, const Tensor& mean,
                        const Tensor& inverse_deviation, const Tensor& weight, bool training, bool residual) {
  const auto mean_table = rows.repeat(to_vector(mean));
  const void* output = y.has_value() ? y->data_ptr() : nullptr;
  const std::vector<double> sums = rows.sum([&](const auto& span, auto out) {
    loops_for(x).gradient_sums(&span, g.data_ptr(), x.data_ptr(), output, mean_table.data(), out);
  });

  Gradients result{at::empty_like(x), Tensor(), at::empty_like(weight), at::empty_like(weight)};
  if (residual) result.residual = y.has_value() ? at::empty_like(x) : g;
  const int64_t C = rows.channels;
  std::vector<float> scale(C), slope(C, 0.0f), offset(C, 0.0f);
  for (int64_t c = 0; c < C; c++) {
    const double s1 = sums[c], s2 = sums[C + c], d = inverse_deviation.data_ptr<float>()[c];
    const double factor = weight.data_ptr<float>()[c] * d;
    result.bias.data_ptr<float>()[c] = static_cast<float>(s1);
    result.weight.data_ptr<float>()[c] = static_cast<float>(d * s2);
    scale[c] = static_cast<float>(factor);
    if (!training) continue;
    slope[c] = static_cast<float>(factor * d * d * s2 / rows.count);
    offset[c] = static_cast<float>(factor * s1 / rows.count);
  }

  const auto scale_table = rows.repeat(scale), slope_table = rows.repeat(slope), offset_table = rows.repeat(offset);
  void* masked = residual && y.has_value() ? result.residual.data_ptr() : nullptr;
  rows.for_each([&](const auto& span) {
    loops_for(x).backward(&span, g.data_ptr(), x.data_ptr(), output, result.x.data_ptr(), masked, mean_table.data(),
                          scale_table.data(), slope_table.data(), offset_table.data());
  });
  return result;
}

}  // namespace coppice
