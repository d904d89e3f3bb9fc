#include "prepared_convolution.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <omp.h>

#include <algorithm>
#include <mutex>

using at::Tensor;
using dnnl::convolution_forward;
using dnnl::memory;
using Sizes = std::array<int64_t, 4>;

namespace {

// Whole batches, last batches and a few resolutions; more shapes than these in turn are prepared anew each time.
constexpr size_t kMostPlans = 8;

// Never destroyed: a convolution may outlive the library's static objects when the process ends.
dnnl::engine& cpu() {
  static auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

memory::data_type type_of(const Tensor& t) {
  return t.scalar_type() == at::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc rows_of_channels(const Sizes& sizes, memory::data_type type) {
  return memory::desc(memory::dims(sizes.begin(), sizes.end()), type, memory::format_tag::nhwc);
}

memory::dims pair(const int64_t (&values)[2]) { return {values[0], values[1]}; }

// oneDNN sees the groups as an axis of their own, and 0 as the dilation that PyTorch and ONNX call 1.
memory::dims grouped(const Tensor& weight, int64_t groups) {
  return {groups, weight.size(0) / groups, weight.size(1), weight.size(2), weight.size(3)};
}

void check_pairs(const char* name, const int64_t (&values)[2], int64_t least) {
  TORCH_CHECK(values[0] >= least && values[1] >= least, name, " must be at least ", least, ", not [", values[0], ", ", values[1], "]");
}

void check_weight(const Tensor& weight, const coppice::Optional<Tensor>& bias, int64_t groups) {
  TORCH_CHECK(weight.dim() == 4 && weight.numel() > 0, "the weight must be [F,C/groups,kH,kW] with no empty axis, not ", weight.sizes());
  TORCH_CHECK(weight.is_cpu() && coppice::PreparedConvolution::supports(weight.scalar_type()),
              "the weight must be float32 (with AVX2) or bfloat16 (with AVX-512) on the CPU, not ", weight.scalar_type(), " on ", weight.device());
  TORCH_CHECK(groups >= 1 && weight.size(0) % groups == 0, "the groups must divide the ", weight.size(0), " filters, ", groups, " do not");
  if (!bias.has_value()) return;
  TORCH_CHECK(bias->is_cpu() && bias->scalar_type() == at::kFloat && bias->dim() == 1 && bias->size(0) == weight.size(0),
              "the bias must be float32 [", weight.size(0), "] on the CPU, not ", bias->scalar_type(), " ", bias->sizes());
}

}  // namespace

namespace coppice {

// Kernels for the CPUs below are not tested, and those for SSE4.1 crash.
bool PreparedConvolution::supports(at::ScalarType type) {
  if (type != at::kFloat && type != at::kBFloat16) return false;
  const auto least = static_cast<unsigned>(type == at::kFloat ? dnnl::cpu_isa::avx2 : dnnl::cpu_isa::avx512_core);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & least) == least;
}

PreparedConvolution::PreparedConvolution(
    const Tensor& weight, const Optional<Tensor>& bias, const CoppiceConvolutionSettings& settings)
    : settings_(settings), stream_(cpu()) {
  check_weight(weight, bias, settings.groups);
  check_pairs("the strides", settings.stride, 1);
  check_pairs("the dilations", settings.dilation, 1);
  check_pairs("the pads at the beginning", settings.pad_begin, 0);
  check_pairs("the pads at the end", settings.pad_end, 0);
  weight_ = weight.detach().clone(at::MemoryFormat::Contiguous);
  if (bias.has_value()) bias_ = bias->detach().clone(at::MemoryFormat::Contiguous);
}

Tensor PreparedConvolution::run(const Tensor& input, const Optional<Tensor>& residual, bool may_overwrite) {
  check_input(input);
  const Sizes sizes = output_sizes(input);
  const Tensor x = input.contiguous(at::MemoryFormat::ChannelsLast);
  const Tensor y = destination(x, sizes, residual, may_overwrite);
  if (y.numel() > 0) execute(plan_for({{x.size(0), x.size(1), x.size(2), x.size(3)}, residual.has_value(), omp_get_max_threads()}, sizes), x, y);
  return y;
}

// Memory for the result, filled with the residual: oneDNN adds to what is there. Its other way of adding, a binary post-operation that reads
// the residual elsewhere, gives wrong sums in version 2.6.3 where a pad is as wide as the window: it turns to a kernel that misplaces the operand
// (PackedConvolutionTests: four different pads).
Tensor PreparedConvolution::destination(const Tensor& x, const Sizes& sizes, const Optional<Tensor>& residual, bool may_overwrite) const {
  if (!residual.has_value()) return at::empty(sizes, x.options(), at::MemoryFormat::ChannelsLast);
  TORCH_CHECK(residual->sizes() == at::IntArrayRef(sizes) && residual->scalar_type() == x.scalar_type() && residual->is_cpu(),
              "the residual must be ", x.scalar_type(), " ", at::IntArrayRef(sizes), ", not ", residual->scalar_type(), " ", residual->sizes());
  const bool is_free = may_overwrite && residual->is_contiguous(at::MemoryFormat::ChannelsLast) && !residual->is_alias_of(x);
  return is_free ? *residual : residual->clone(at::MemoryFormat::ChannelsLast);
}

void PreparedConvolution::check_input(const Tensor& x) const {
  const int64_t channels = weight_.size(1) * settings_.groups;
  TORCH_CHECK(x.dim() == 4 && x.size(1) == channels, "the input must be [N,", channels, ",H,W], not ", x.sizes());
  TORCH_CHECK(x.is_cpu() && x.scalar_type() == weight_.scalar_type(),
              "the input must be ", weight_.scalar_type(), " on the CPU as the weight is, not ", x.scalar_type(), " on ", x.device());
  TORCH_CHECK(!(at::GradMode::is_enabled() && x.requires_grad()), "a prepared convolution records no gradients; disable them, or use Conv2d");
}

Sizes PreparedConvolution::output_sizes(const Tensor& x) const {
  Sizes sizes{x.size(0), weight_.size(0), 0, 0};
  for (int axis = 0; axis < 2; axis++) {
    const int64_t window = settings_.dilation[axis] * (weight_.size(2 + axis) - 1) + 1;
    const int64_t padded = x.size(2 + axis) + settings_.pad_begin[axis] + settings_.pad_end[axis];
    TORCH_CHECK(padded >= window, "a window of ", window, " does not fit the padded extent ", padded, " of the input ", x.sizes());
    sizes[2 + axis] = (padded - window) / settings_.stride[axis] + 1;
  }
  return sizes;
}

PreparedConvolution::Plan& PreparedConvolution::plan_for(const Key& key, const Sizes& output) {
  auto found = std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) { return plan->key == key; });
  if (found == plans_.end()) {
    auto plan = make_plan(key, output);
    if (plans_.size() == kMostPlans) plans_.pop_back();
    found = plans_.insert(plans_.end(), std::move(plan));
  }
  std::rotate(plans_.begin(), found, found + 1);
  return *plans_.front();
}

std::unique_ptr<PreparedConvolution::Plan> PreparedConvolution::make_plan(const Key& key, const Sizes& output) {
  // One at a time: while oneDNN 2.6 describes a convolution, a static variable holds a block size that depends on the data type (its
  // developers made it thread_local later), so one of float32 beside one of bfloat16 comes out wrong (TwoTypesAtOnceTests).
  static std::mutex describing;
  const std::lock_guard<std::mutex> lock(describing);
  const auto description = describe(key, output);
  auto plan = std::make_unique<Plan>(Plan{
      key, convolution_forward(description), memory(description.src_desc(), cpu(), nullptr), memory(description.dst_desc(), cpu(), nullptr),
      memory(description.scratchpad_desc(), cpu(), nullptr), {}});
  plan->arguments = {{DNNL_ARG_SRC, plan->source},
                     {DNNL_ARG_WEIGHTS, weights_as(description.weights_desc())},
                     {DNNL_ARG_DST, plan->destination},
                     {DNNL_ARG_SCRATCHPAD, plan->scratchpad}};
  if (bias_.defined()) plan->arguments.insert({DNNL_ARG_BIAS, memory(description.bias_desc(), cpu(), bias_.data_ptr())});
  return plan;
}

convolution_forward::primitive_desc PreparedConvolution::describe(const Key& key, const Sizes& output) const {
  const auto type = type_of(weight_);
  const memory::desc source = rows_of_channels(key.input, type), destination = rows_of_channels(output, type);
  const memory::desc weights(grouped(weight_, settings_.groups), type, memory::format_tag::any);
  const memory::desc bias = bias_.defined() ? memory::desc({weight_.size(0)}, memory::data_type::f32, memory::format_tag::x) : memory::desc();
  const convolution_forward::desc description(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source, weights, bias, destination, pair(settings_.stride),
      {settings_.dilation[0] - 1, settings_.dilation[1] - 1}, pair(settings_.pad_begin), pair(settings_.pad_end));

  dnnl::post_ops after;
  if (key.adds) after.append_sum();
  if (settings_.relu != 0) after.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(after);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // the library's own belongs to the thread that made the primitive
  return convolution_forward::primitive_desc(description, attributes, cpu());
}

memory PreparedConvolution::weights_as(const memory::desc& wanted) {
  for (const auto& known : reordered_weights_) {
    if (known.get_desc() == wanted) return known;
  }
  const memory::desc given(grouped(weight_, settings_.groups), type_of(weight_), memory::format_tag::goihw);
  memory from(given, cpu(), weight_.data_ptr()), to(wanted, cpu());
  dnnl::reorder(from, to).execute(stream_, from, to);
  stream_.wait();
  reordered_weights_.push_back(to);
  return to;
}

void PreparedConvolution::execute(Plan& plan, const Tensor& x, const Tensor& y) {
  const auto bytes = static_cast<int64_t>(plan.scratchpad.get_desc().get_size());
  if (!scratchpad_.defined() || scratchpad_.numel() < bytes) scratchpad_ = at::empty({bytes}, at::kByte);
  plan.source.set_data_handle(x.data_ptr());
  plan.destination.set_data_handle(y.data_ptr());
  plan.scratchpad.set_data_handle(scratchpad_.data_ptr());
  plan.primitive.execute(stream_, plan.arguments);
  stream_.wait();
}

}  // namespace coppice
