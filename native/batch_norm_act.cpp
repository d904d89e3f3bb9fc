#include "batch_norm_act.h"

#include <ATen/ops/add.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/relu.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "batch_norm_math.h"
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

at::MemoryFormat rows_format(const Tensor& x) { return x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous; }

Tensor from_vector(const std::vector<float>& values, const Tensor& like) {
  Tensor t = at::empty({static_cast<int64_t>(values.size())}, like.options());
  std::copy(values.begin(), values.end(), t.data_ptr<float>());
  return t;
}

struct BatchNormAct : torch::autograd::Function<BatchNormAct> {
  static Tensor forward(AutogradContext* context, const Tensor& input, const OptionalTensor& added, const Tensor& weight,
                        const Tensor& bias, const OptionalTensor& running_mean, const OptionalTensor& running_var, bool training,
                        bool unbiased, double momentum, double epsilon, bool relu) {
    const auto format = rows_format(input);
    const Tensor x = input.contiguous(format), w = weight.contiguous(), b = bias.contiguous();
    OptionalTensor residual;
    if (added.has_value()) residual = added->to(x.scalar_type()).contiguous(format);
    const Tensor y = at::empty_like(x, x.options(), format);
    const coppice::Rows rows(x.numel(), x.size(1));
    const coppice::Statistics statistics =
        training ? coppice::batch_statistics(x, rows, running_mean, running_var, unbiased, momentum, epsilon)
                 : coppice::running_statistics(*running_mean, *running_var, epsilon);
    coppice::normalise(x, residual, y, rows, statistics, w, b, relu);

    context->save_for_backward(
        {x, relu ? y : Tensor(), w, from_vector(statistics.mean, w), from_vector(statistics.inverse_deviation, w)});
    context->saved_data["training"] = training;
    context->saved_data["residual_type"] = added.has_value() ? static_cast<int64_t>(added->scalar_type()) : int64_t{-1};
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list output_gradients) {
    TORCH_CHECK(!c10::GradMode::is_enabled(), "the fused batch normalisation has no second derivative (create_graph); use BatchNorm");
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &y = saved[1], &weight = saved[2], &mean = saved[3], &inverse_deviation = saved[4];
    const Tensor g = output_gradients[0].to(x.scalar_type()).contiguous(rows_format(x));
    const int64_t residual_type = context->saved_data["residual_type"].toInt();
    const bool training = context->saved_data["training"].toBool();
    const OptionalTensor activated = y.defined() ? OptionalTensor(y) : OptionalTensor();
    const coppice::Rows rows(x.numel(), x.size(1));
    coppice::Gradients d =
        coppice::differentiate(g, x, activated, rows, mean, inverse_deviation, weight, training, residual_type >= 0);
    if (residual_type >= 0) d.residual = d.residual.to(static_cast<at::ScalarType>(residual_type));
    return {d.x, d.residual, d.weight, d.bias, Tensor(), Tensor(), Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

struct Arguments {
  Tensor x;
  OptionalTensor residual;
  Tensor weight, bias;
  OptionalTensor running_mean, running_var;
  bool training, unbiased;
  double momentum, epsilon;
  bool relu;
  bool may_overwrite;
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

// What libtorch has added to the running variance, divided by n instead of n - 1.
void remove_bias_correction(const Arguments& a, const Tensor& before) {
  const double n = static_cast<double>(a.x.numel() / a.x.size(1));
  const Tensor kept = before.mul(1 - a.momentum);
  a.running_var->sub_(kept).mul_((n - 1) / n).add_(kept);
}

Tensor compose(const Arguments& a) {
  const bool corrects = a.training && !a.unbiased && a.running_var.has_value();
  const Tensor before = corrects ? a.running_var->clone() : Tensor();
  Tensor y = at::batch_norm(a.x, a.weight, a.bias, a.running_mean, a.running_var, a.training, a.momentum, a.epsilon, true);
  if (corrects) remove_bias_correction(a, before);
  if (a.residual.has_value()) y = at::add(y, *a.residual);
  return a.relu ? at::relu(y) : y;
}

// Over the input itself: what is written lies in the cache already, and nothing is kept for a way back.
Tensor run_in_place(const Arguments& a) {
  OptionalTensor residual;
  if (a.residual.has_value()) residual = a.residual->to(a.x.scalar_type()).contiguous(rows_format(a.x));
  const coppice::Rows rows(a.x.numel(), a.x.size(1));
  const coppice::Statistics statistics =
      a.training ? coppice::batch_statistics(a.x, rows, a.running_mean, a.running_var, a.unbiased, a.momentum, a.epsilon)
                 : coppice::running_statistics(*a.running_mean, *a.running_var, a.epsilon);
  coppice::normalise(a.x, residual, a.x, rows, statistics, a.weight.contiguous(), a.bias.contiguous(), a.relu);
  return a.x;
}

bool can_overwrite(const Arguments& a) {
  return a.may_overwrite && !at::GradMode::is_enabled() && a.x.is_contiguous(rows_format(a.x)) &&
         !(a.residual.has_value() && a.residual->is_alias_of(a.x));
}

Tensor run(const Arguments& a) {
  check(a);
  if (!can_fuse(a)) return compose(a);
  if (can_overwrite(a)) return run_in_place(a);
  return BatchNormAct::apply(
      a.x, a.residual, a.weight, a.bias, a.running_mean, a.running_var, a.training, a.unbiased, a.momentum, a.epsilon, a.relu);
}

}  // namespace

int32_t coppice_batch_norm_act(
    CoppiceTensor x, CoppiceTensor residual, CoppiceTensor weight, CoppiceTensor bias, CoppiceTensor running_mean,
    CoppiceTensor running_var, int32_t training, int32_t unbiased, double momentum, double epsilon, int32_t relu, int32_t overwrite,
    CoppiceTensor* result) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    *result = coppice::hand_over(run({borrow(x), borrow_optional(residual), borrow(weight), borrow(bias), borrow_optional(running_mean),
                                      borrow_optional(running_var), training != 0, unbiased != 0, momentum, epsilon, relu != 0, overwrite != 0}));
    return 0;
  });
}
