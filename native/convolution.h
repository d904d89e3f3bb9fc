// Prepared convolutions for evaluation: weights reordered once, bias, residual addition and ReLU in the pass that writes the result.
#pragma once
#include "abi.h"

// An owned coppice::PreparedConvolution, given back by coppice_convolution_free. Used by one thread at a time.
using CoppiceConvolution = void*;

// Pairs are (rows, columns). Strides, dilations and groups are positive, pads are not negative.
struct CoppiceConvolutionSettings {
  int64_t stride[2];
  int64_t pad_begin[2];
  int64_t pad_end[2];
  int64_t dilation[2];
  int64_t groups;
  int32_t relu;
};

// 1 when this build and this CPU prepare convolutions of that c10::ScalarType, else 0; then the other functions fail.
COPPICE_API int32_t coppice_convolution_supports(int32_t scalar_type);
// weight: [F,C/groups,kH,kW] on the CPU in float32 or bfloat16; bias: [F] in float32, or null. Both are copied. Null on failure.
COPPICE_API CoppiceConvolution coppice_convolution_prepare(
    CoppiceTensor weight, CoppiceTensor bias, const CoppiceConvolutionSettings* settings);
// act(conv(x) [+ residual]) for x [N,C,H,W] of the weight's type; the result [N,F,H',W'] is channels_last. No gradients are recorded.
//   residual            of the result's shape and type, or null
//   overwrite_residual  whether the result may take the residual's memory; it does where the residual is channels_last and
//                       shares no memory with x
COPPICE_API int32_t coppice_convolution_run(
    CoppiceConvolution convolution, CoppiceTensor x, CoppiceTensor residual, int32_t overwrite_residual, CoppiceTensor* result);
COPPICE_API void coppice_convolution_free(CoppiceConvolution convolution);
// How many kernels oneDNN keeps compiled for later convolutions of the same kind, in the whole process and for libtorch too; some
// hundred KiB each, and 1024 of them unless this is called. Returns how many it
// was before; 0, and does nothing, where this build has no oneDNN of its own.
COPPICE_API int32_t coppice_convolution_keep_kernels(int32_t count);
// Number of prepared convolutions not yet freed, in the whole process.
COPPICE_API int64_t coppice_live_convolutions();
