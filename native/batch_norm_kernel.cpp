// Include nothing that defines inline functions with external linkage here: kernels.cmake says why.
#include "batch_norm_kernel.h"

#ifndef COPPICE_KERNEL_LEVEL
#error "COPPICE_KERNEL_LEVEL must be 1, 2, 3 or 4"
#endif
#define COPPICE_JOIN_(a, b) a##b
#define COPPICE_JOIN(a, b) COPPICE_JOIN_(a, b)

namespace {

using Span = CoppiceBatchNormSpan;
using Sums = CoppiceBatchNormSums;
using BFloat16 = uint16_t;  // the bits

// Periods whose terms are added in float before they go to the double sums: short enough for float's 24 bits.
constexpr int64_t kPeriodsPerBlock = 64;

inline float load(const float* p) { return *p; }
inline void store(float* p, float value) { *p = value; }

inline float load(const BFloat16* p) {
  const uint32_t bits = static_cast<uint32_t>(*p) << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

// Rounds to nearest, ties to even, as libtorch does; a NaN stays a NaN.
inline void store(BFloat16* p, float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
  *p = static_cast<BFloat16>(value != value ? 0x7fc0u : rounded);
}

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// Adds scratch[j] to sums[j mod C], then clears it.
void flush(const Span& span, float* __restrict scratch, double* __restrict sums) {
  for (int64_t row = 0; row < span.period; row += span.channels) {
    for (int64_t c = 0; c < span.channels; c++) sums[c] += scratch[row + c];
  }
  for (int64_t j = 0; j < span.period; j++) scratch[j] = 0;
}

// Sums two terms per element. term(offset, j, first, second) gives those of element offset + j, 0 <= j < P.
template <class Term>
void reduce(const Span& span, Sums sums, Term term) {
  float* __restrict first = span.scratch;
  float* __restrict second = span.scratch + span.period;
  for (int64_t j = 0; j < 2 * span.period; j++) span.scratch[j] = 0;
  const int64_t block = kPeriodsPerBlock * span.period;
  for (int64_t start = span.begin; start < span.end; start += block) {
    const int64_t stop = smaller(span.end, start + block);
    for (int64_t offset = start; offset < stop; offset += span.period) {
      const int64_t length = smaller(span.period, stop - offset);
      for (int64_t j = 0; j < length; j++) {
        float a, b;
        term(offset, j, a, b);
        first[j] += a;
        second[j] += b;
      }
    }
    flush(span, first, sums.first);
    flush(span, second, sums.second);
  }
}

// Runs body(offset, length) for every period, the last one possibly shorter.
template <class Body>
void each_period(const Span& span, Body body) {
  for (int64_t offset = span.begin; offset < span.end; offset += span.period) body(offset, smaller(span.period, span.end - offset));
}

template <class T>
void moments(const Span* span, const void* x, const float* shift, Sums sums) {
  const T* __restrict values = static_cast<const T*>(x);
  const float* __restrict shifts = shift;
  reduce(*span, sums, [=](int64_t offset, int64_t j, float& first, float& second) {
    const float d = load(values + offset + j) - shifts[j];
    first = d;
    second = d * d;
  });
}

// Over its own input, where two pointers that do not alias would be a lie.
template <class T, bool Relu, bool Residual>
void forward_in_place(const Span& span, const T* residual, T* y, const float* __restrict mean, const float* __restrict scale,
                      const float* __restrict bias) {
  each_period(span, [=](int64_t offset, int64_t length) {
    const T* __restrict add = Residual ? residual + offset : nullptr;
    T* __restrict values = y + offset;
    for (int64_t j = 0; j < length; j++) {
      float v = (load(values + j) - mean[j]) * scale[j] + bias[j];
      if (Residual) v += load(add + j);
      if (Relu) v = 0.0f > v ? 0.0f : v;
      store(values + j, v);
    }
  });
}

template <class T, bool Relu, bool Residual>
void forward_loop(const Span& span, const T* x, const T* residual, T* y, const float* __restrict mean,
                  const float* __restrict scale, const float* __restrict bias) {
  if (x == y) return forward_in_place<T, Relu, Residual>(span, residual, y, mean, scale, bias);
  each_period(span, [=](int64_t offset, int64_t length) {
    const T* __restrict in = x + offset;
    const T* __restrict add = Residual ? residual + offset : nullptr;
    T* __restrict out = y + offset;
    for (int64_t j = 0; j < length; j++) {
      float v = (load(in + j) - mean[j]) * scale[j] + bias[j];
      if (Residual) v += load(add + j);
      if (Relu) v = 0.0f > v ? 0.0f : v;  // this order lets a NaN through, so that a diverged network is seen
      store(out + j, v);
    }
  });
}

template <class T>
void forward(const Span* span, const void* x, const void* residual, void* y,
             const float* mean, const float* scale, const float* bias, int32_t relu) {
  const T* in = static_cast<const T*>(x);
  const T* add = static_cast<const T*>(residual);
  T* out = static_cast<T*>(y);
  if (relu && add) forward_loop<T, true, true>(*span, in, add, out, mean, scale, bias);
  else if (relu) forward_loop<T, true, false>(*span, in, add, out, mean, scale, bias);
  else if (add) forward_loop<T, false, true>(*span, in, add, out, mean, scale, bias);
  else forward_loop<T, false, false>(*span, in, add, out, mean, scale, bias);
}

// The gradient behind the activation; as in libtorch, it passes where the output is NaN.
template <bool Relu, class T>
inline float masked(const T* g, const T* y) {
  const float gradient = load(g);
  return Relu && load(y) <= 0.0f ? 0.0f : gradient;
}

template <class T, bool Relu>
void gradient_sums_loop(const Span& span, const T* __restrict g, const T* __restrict x, const T* __restrict y,
                        const float* __restrict mean, Sums sums) {
  reduce(span, sums, [=](int64_t offset, int64_t j, float& first, float& second) {
    const float v = masked<Relu>(g + offset + j, y + offset + j);
    first = v;
    second = v * (load(x + offset + j) - mean[j]);
  });
}

template <class T>
void gradient_sums(const Span* span, const void* g, const void* x, const void* y, const float* mean, Sums sums) {
  const T* gradient = static_cast<const T*>(g);
  const T* in = static_cast<const T*>(x);
  if (y) gradient_sums_loop<T, true>(*span, gradient, in, static_cast<const T*>(y), mean, sums);
  else gradient_sums_loop<T, false>(*span, gradient, in, gradient, mean, sums);
}

template <class T, bool Relu, bool Residual>
void backward_loop(const Span& span, const T* g, const T* x, const T* y, T* dx, T* dresidual, const float* __restrict mean,
                   const float* __restrict scale, const float* __restrict slope, const float* __restrict shift) {
  each_period(span, [=](int64_t offset, int64_t length) {
    const T* __restrict gradient = g + offset;
    const T* __restrict in = x + offset;
    const T* out = Relu ? y + offset : gradient;
    T* __restrict dx_out = dx + offset;
    T* __restrict dresidual_out = Residual ? dresidual + offset : nullptr;
    for (int64_t j = 0; j < length; j++) {
      const float v = masked<Relu>(gradient + j, out + j);
      if (Residual) store(dresidual_out + j, v);
      store(dx_out + j, v * scale[j] - (load(in + j) - mean[j]) * slope[j] - shift[j]);
    }
  });
}

template <class T>
void backward(const Span* span, const void* g, const void* x, const void* y, void* dx, void* dresidual,
              const float* mean, const float* scale, const float* slope, const float* offset) {
  const T* gradient = static_cast<const T*>(g);
  const T* in = static_cast<const T*>(x);
  const T* out = static_cast<const T*>(y);
  T* dx_out = static_cast<T*>(dx);
  T* dresidual_out = static_cast<T*>(dresidual);
  if (y && dresidual) backward_loop<T, true, true>(*span, gradient, in, out, dx_out, dresidual_out, mean, scale, slope, offset);
  else if (y) backward_loop<T, true, false>(*span, gradient, in, out, dx_out, dresidual_out, mean, scale, slope, offset);
  else if (dresidual) backward_loop<T, false, true>(*span, gradient, in, out, dx_out, dresidual_out, mean, scale, slope, offset);
  else backward_loop<T, false, false>(*span, gradient, in, out, dx_out, dresidual_out, mean, scale, slope, offset);
}

}  // namespace

extern "C" const CoppiceBatchNormKernel COPPICE_JOIN(coppice_batch_norm_kernel_v, COPPICE_KERNEL_LEVEL) = {
    COPPICE_KERNEL_LEVEL,
    {moments<float>, forward<float>, gradient_sums<float>, backward<float>},
    {moments<BFloat16>, forward<BFloat16>, gradient_sums<BFloat16>, backward<BFloat16>},
};
