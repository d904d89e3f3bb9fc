#include "batch_norm_act.h"

#include <ATen/Parallel.h>
#include <ATen/ops/add.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/relu.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <vector>

#include "batch_norm_kernel.h"
#include "guard.h"
#include "handle.h"

using at::Tensor;
using coppice::borrow;
using coppice::borrow_optional;
using coppice::guarded;
using OptionalTensor = coppice::Optional<Tensor>;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// ---- choice of the kernel ----

bool cpu_runs(int32_t level) {
#ifdef COPPICE_X86_KERNELS
  switch (level) {
    case 2: return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    case 3: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    case 4:
      return cpu_runs(3) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    default: return false;
  }
#else
  return level == 1;
#endif
}

const CoppiceBatchNormKernel* kernel_of(int32_t level) {
#ifdef COPPICE_X86_KERNELS
  if (level == 4) return &coppice_batch_norm_kernel_v4;
  if (level == 3) return &coppice_batch_norm_kernel_v3;
  return &coppice_batch_norm_kernel_v2;
#else
  (void)level;
  return &coppice_batch_norm_kernel_v1;
#endif
}

const CoppiceBatchNormKernel* best_kernel() {
  for (int32_t level = 4; level > 2; level--) {
    if (cpu_runs(level)) return kernel_of(level);
  }
  return kernel_of(2);
}

std::atomic<const CoppiceBatchNormKernel*> selected_kernel{nullptr};

const CoppiceBatchNormKernel& kernel() {
  const auto* chosen = selected_kernel.load(std::memory_order_relaxed);
  if (chosen == nullptr) {
    chosen = best_kernel();
    selected_kernel.store(chosen, std::memory_order_relaxed);
  }
  return *chosen;
}

const CoppiceBatchNormLoops& loops_for(const Tensor& x) {
  return x.scalar_type() == at::kFloat ? kernel().float32 : kernel().bfloat16;
}

// ---- division of the work ----

// Rows of C channels cut into chunks. The cut depends on the sizes alone, so results do not depend on the number of threads.
class Rows {
 public:
  Rows(int64_t elements, int64_t channels)
      : channels(channels), count(elements / channels), period(period_of(channels)), elements_(elements),
        chunks_(std::clamp<int64_t>(elements / kElementsPerChunk, 1, kMaxChunks)) {}

  const int64_t channels;
  const int64_t count;
  const int64_t period;

  // Repeats a per-channel table to the length of the period.
  std::vector<float> repeat(const std::vector<float>& table) const {
    std::vector<float> repeated(period);
    for (int64_t j = 0; j < period; j += channels) std::copy(table.begin(), table.end(), repeated.begin() + j);
    return repeated;
  }

  // Runs body(span) for all chunks in parallel.
  template <class Body>
  void for_each(Body body) const {
    at::parallel_for(0, chunks_, 1, [&](int64_t first, int64_t last) {
      for (int64_t chunk = first; chunk < last; chunk++) body(CoppiceBatchNormSpan{edge(chunk), edge(chunk + 1), channels, period, nullptr});
    });
  }

  // Runs body(span, sums) for all chunks in parallel and adds up the sums in order: first [C], then second [C].
  template <class Body>
  std::vector<double> sum(Body body) const {
    const int64_t width = 2 * channels;
    std::vector<double> partial(chunks_ * width, 0.0);
    at::parallel_for(0, chunks_, 1, [&](int64_t first, int64_t last) {
      std::vector<float> scratch(2 * period);
      for (int64_t chunk = first; chunk < last; chunk++) {
        double* sums = partial.data() + chunk * width;
        const CoppiceBatchNormSpan span{edge(chunk), edge(chunk + 1), channels, period, scratch.data()};
        body(span, CoppiceBatchNormSums{sums, sums + channels});
      }
    });
    for (int64_t chunk = 1; chunk < chunks_; chunk++) {
      for (int64_t i = 0; i < width; i++) partial[i] += partial[chunk * width + i];
    }
    partial.resize(width);
    return partial;
  }

 private:
  static constexpr int64_t kElementsPerChunk = 16384;  // 64 KiB of float32: less is not worth another thread
  static constexpr int64_t kMaxChunks = 32;            // enough for any CPU that trains small networks, few enough to add up
  static constexpr int64_t kVector = 16;               // floats in the widest vector
  static constexpr int64_t kLongRow = 512;             // from here on a row's ragged end costs nothing
  static constexpr int64_t kMinPeriod = 256;           // shorter loops cost more to start than to run

  static int64_t period_of(int64_t channels) {
    if (channels >= kLongRow) return channels;
    const int64_t aligned = std::lcm(channels, kVector);
    return aligned * ((kMinPeriod + aligned - 1) / aligned);
  }

  int64_t edge(int64_t chunk) const { return chunk == chunks_ ? elements_ : elements_ / period * chunk / chunks_ * period; }

  const int64_t elements_;
  const int64_t chunks_;
};

// ---- forward and backward on raw memory ----

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

struct Statistics {
  std::vector<float> mean;               // [C]
  std::vector<float> inverse_deviation;  // [C], 1 / sqrt(var + epsilon)
};

void update_running(const OptionalTensor& running, int64_t channel, double momentum, double value) {
  if (!running.has_value()) return;
  float& r = running->data_ptr<float>()[channel];
  r = static_cast<float>((1 - momentum) * r + momentum * value);
}

Statistics batch_statistics(const Tensor& x, const Rows& rows, const OptionalTensor& running_mean, const OptionalTensor& running_var,
                            double momentum, double epsilon) {
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
    update_running(running_var, c, momentum, variance * n / (n - 1));
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

struct Gradients {
  Tensor x, residual, weight, bias;
};

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

// ---- autograd ----

at::MemoryFormat rows_format(const Tensor& x) { return x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous; }

Tensor from_vector(const std::vector<float>& values, const Tensor& like) {
  Tensor t = at::empty({static_cast<int64_t>(values.size())}, like.options());
  std::copy(values.begin(), values.end(), t.data_ptr<float>());
  return t;
}

struct BatchNormAct : torch::autograd::Function<BatchNormAct> {
  static Tensor forward(AutogradContext* context, const Tensor& input, const OptionalTensor& added, const Tensor& weight,
                        const Tensor& bias, const OptionalTensor& running_mean, const OptionalTensor& running_var, bool training,
                        double momentum, double epsilon, bool relu) {
    const auto format = rows_format(input);
    const Tensor x = input.contiguous(format), w = weight.contiguous(), b = bias.contiguous();
    OptionalTensor residual;
    if (added.has_value()) residual = added->to(x.scalar_type()).contiguous(format);
    const Tensor y = at::empty_like(x, x.options(), format);
    const Rows rows(x.numel(), x.size(1));
    const Statistics statistics = training ? batch_statistics(x, rows, running_mean, running_var, momentum, epsilon)
                                           : running_statistics(*running_mean, *running_var, epsilon);
    normalise(x, residual, y, rows, statistics, w, b, relu);

    context->save_for_backward({x, relu ? y : Tensor(), w, from_vector(statistics.mean, w), from_vector(statistics.inverse_deviation, w)});
    context->saved_data["training"] = training;
    context->saved_data["residual_type"] = added.has_value() ? static_cast<int64_t>(added->scalar_type()) : int64_t{-1};
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list output_gradients) {
    TORCH_CHECK(!c10::GradMode::is_enabled(), "the fused batch normalisation has no second derivative (create_graph); use BatchNorm");
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &y = saved[1];
    const Tensor g = output_gradients[0].to(x.scalar_type()).contiguous(rows_format(x));
    const int64_t residual_type = context->saved_data["residual_type"].toInt();
    const bool training = context->saved_data["training"].toBool();
    Gradients d = differentiate(g, x, y.defined() ? OptionalTensor(y) : OptionalTensor(), Rows(x.numel(), x.size(1)), saved[3], saved[4],
                                saved[2], training, residual_type >= 0);
    if (residual_type >= 0) d.residual = d.residual.to(static_cast<at::ScalarType>(residual_type));
    return {d.x, d.residual, d.weight, d.bias, Tensor(), Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

// ---- entry ----

struct Arguments {
  Tensor x;
  OptionalTensor residual;
  Tensor weight, bias;
  OptionalTensor running_mean, running_var;
  bool training;
  double momentum, epsilon;
  bool relu;
};

void check_channels(const char* name, const Tensor& t, int64_t channels) {
  TORCH_CHECK(t.dim() == 1 && t.size(0) == channels, name, " has shape ", t.sizes(), ", the input has ", channels, " channels");
}

void check(const Arguments& a) {
  TORCH_CHECK(a.x.dim() == 4 || a.x.dim() == 2, "the input must be [N,C,H,W] or [N,C], not ", a.x.sizes());
  const int64_t channels = a.x.size(1);
  TORCH_CHECK(channels > 0, "the input has no channels: ", a.x.sizes());
  check_channels("weight", a.weight, channels);
  check_channels("bias", a.bias, channels);
  if (a.running_mean.has_value()) check_channels("running mean", *a.running_mean, channels);
  if (a.running_var.has_value()) check_channels("running variance", *a.running_var, channels);
  TORCH_CHECK(a.training || (a.running_mean.has_value() && a.running_var.has_value()), "evaluation needs running statistics");
  TORCH_CHECK(!a.training || a.x.numel() / channels > 1, "training needs more than one value per channel, the input is ", a.x.sizes());
  TORCH_CHECK(!a.residual.has_value() || a.residual->sizes() == a.x.sizes(),
              "the residual has shape ", a.residual.has_value() ? a.residual->sizes() : a.x.sizes(), ", the input ", a.x.sizes());
}

bool is_plain_float(const Tensor& t) { return t.is_cpu() && t.scalar_type() == at::kFloat; }
bool is_plain_float_buffer(const OptionalTensor& t) { return !t.has_value() || (is_plain_float(*t) && t->is_contiguous()); }

bool can_fuse(const Arguments& a) {
  const auto type = a.x.scalar_type();
  return a.x.is_cpu() && (type == at::kFloat || type == at::kBFloat16) && is_plain_float(a.weight) && is_plain_float(a.bias) &&
         is_plain_float_buffer(a.running_mean) && is_plain_float_buffer(a.running_var) && (!a.residual.has_value() || a.residual->is_cpu());
}

Tensor compose(const Arguments& a) {
  Tensor y = at::batch_norm(a.x, a.weight, a.bias, a.running_mean, a.running_var, a.training, a.momentum, a.epsilon, true);
  if (a.residual.has_value()) y = at::add(y, *a.residual);
  return a.relu ? at::relu(y) : y;
}

Tensor run(const Arguments& a) {
  check(a);
  if (!can_fuse(a)) return compose(a);
  return BatchNormAct::apply(
      a.x, a.residual, a.weight, a.bias, a.running_mean, a.running_var, a.training, a.momentum, a.epsilon, a.relu);
}

}  // namespace

int32_t coppice_batch_norm_act(
    CoppiceTensor x, CoppiceTensor residual, CoppiceTensor weight, CoppiceTensor bias, CoppiceTensor running_mean,
    CoppiceTensor running_var, int32_t training, double momentum, double epsilon, int32_t relu, CoppiceTensor* result) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    *result = coppice::hand_over(run({borrow(x), borrow_optional(residual), borrow(weight), borrow(bias), borrow_optional(running_mean),
                                      borrow_optional(running_var), training != 0, momentum, epsilon, relu != 0}));
    return 0;
  });
}

int32_t coppice_batch_norm_kernel_level() { return kernel().level; }

int32_t coppice_batch_norm_select_kernel(int32_t level) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    TORCH_CHECK(level == 0 || cpu_runs(level), "this CPU cannot run the kernel of level ", level);
    selected_kernel.store(level == 0 ? best_kernel() : kernel_of(level), std::memory_order_relaxed);
    return 0;
  });
}
