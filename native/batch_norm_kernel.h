// Inner loops of the fused batch normalisation, compiled once per CPU generation (see kernels.cmake).
//
// The data is a flat array of rows of C channels. All loops run over a *period* P, a multiple of C: tables of per-channel
// numbers are repeated to length P, so that a loop over P elements needs no channel index and has full-width vectors whatever
// C is. Every call works on elements [begin, end) where begin is a multiple of P; end need not be.
#pragma once
#include <cstdint>

struct CoppiceBatchNormSpan {
  int64_t begin;
  int64_t end;
  int64_t channels;
  int64_t period;
  float* scratch;  // 2 * period floats of the calling thread
};

// Per-channel sums [channels], added to what they hold.
struct CoppiceBatchNormSums {
  double* first;
  double* second;
};

// For one element type T; pointers are to T. Tables are [period].
struct CoppiceBatchNormLoops {
  // first += sum(x - shift), second += sum((x - shift)^2)
  void (*moments)(const CoppiceBatchNormSpan* span, const void* x, const float* shift, CoppiceBatchNormSums sums);
  // y = act((x - mean) * scale + bias [+ residual]); residual may be null
  void (*forward)(const CoppiceBatchNormSpan* span, const void* x, const void* residual, void* y,
                  const float* mean, const float* scale, const float* bias, int32_t relu);
  // with g' = g where act passes it: first += sum(g'), second += sum(g' * (x - mean)); y null means no activation
  void (*gradient_sums)(const CoppiceBatchNormSpan* span, const void* g, const void* x, const void* y,
                        const float* mean, CoppiceBatchNormSums sums);
  // dx = g' * scale - (x - mean) * slope - offset; dresidual = g' when not null; y null means no activation
  void (*backward)(const CoppiceBatchNormSpan* span, const void* g, const void* x, const void* y, void* dx, void* dresidual,
                   const float* mean, const float* scale, const float* slope, const float* offset);
};

struct CoppiceBatchNormKernel {
  int32_t level;  // x86-64 generation 2, 3 or 4; 1 = the compiler's baseline on other processors
  CoppiceBatchNormLoops float32;
  CoppiceBatchNormLoops bfloat16;
};

extern "C" const CoppiceBatchNormKernel coppice_batch_norm_kernel_v1;
extern "C" const CoppiceBatchNormKernel coppice_batch_norm_kernel_v2;
extern "C" const CoppiceBatchNormKernel coppice_batch_norm_kernel_v3;
extern "C" const CoppiceBatchNormKernel coppice_batch_norm_kernel_v4;
