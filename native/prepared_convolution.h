// A convolution through oneDNN itself: the library that libtorch convolves with, but with post-operations and weights reordered once.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "convolution.h"
#include "handle.h"

namespace coppice {

// See convolution.h for the arithmetic. Not thread-safe.
class PreparedConvolution {
 public:
  static bool supports(at::ScalarType type);

  PreparedConvolution(const at::Tensor& weight, const Optional<at::Tensor>& bias, const CoppiceConvolutionSettings& settings);
  at::Tensor run(const at::Tensor& x, const Optional<at::Tensor>& residual, bool may_overwrite);

 private:
  // What a oneDNN primitive is specific to. The number of threads is built into its code.
  struct Key {
    std::array<int64_t, 4> input;
    bool adds;
    int threads;
    bool operator==(const Key& other) const { return input == other.input && adds == other.adds && threads == other.threads; }
  };

  // A primitive with its memory objects, whose addresses are set before each execution.
  struct Plan {
    Key key;
    dnnl::convolution_forward primitive;
    dnnl::memory source, destination, scratchpad;
    std::unordered_map<int, dnnl::memory> arguments;
  };

  void check_input(const at::Tensor& x) const;
  std::array<int64_t, 4> output_sizes(const at::Tensor& x) const;
  at::Tensor destination(const at::Tensor& x, const std::array<int64_t, 4>& sizes, const Optional<at::Tensor>& residual, bool may_overwrite) const;
  Plan& plan_for(const Key& key, const std::array<int64_t, 4>& output);
  std::unique_ptr<Plan> make_plan(const Key& key, const std::array<int64_t, 4>& output);
  dnnl::convolution_forward::primitive_desc describe(const Key& key, const std::array<int64_t, 4>& output) const;
  dnnl::memory weights_as(const dnnl::memory::desc& wanted);
  void execute(Plan& plan, const at::Tensor& x, const at::Tensor& y);

  at::Tensor weight_, bias_;  // row-major copies; the bias may be undefined
  CoppiceConvolutionSettings settings_;
  dnnl::stream stream_;
  std::vector<dnnl::memory> reordered_weights_;  // one for each layout that a plan asked for
  std::vector<std::unique_ptr<Plan>> plans_;     // the latest first
  at::Tensor scratchpad_;                        // as large as the greediest plan so far wants it
};

}  // namespace coppice
