#include "convolution.h"

#include <atomic>

#include "guard.h"
#include "handle.h"
#ifdef COPPICE_ONEDNN
#include "prepared_convolution.h"
#endif

using coppice::borrow;
using coppice::borrow_optional;
using coppice::guarded;

namespace {
std::atomic<int64_t> live_convolutions{0};
}

int64_t coppice_live_convolutions() { return live_convolutions.load(std::memory_order_relaxed); }

#ifdef COPPICE_ONEDNN

using coppice::PreparedConvolution;

int32_t coppice_convolution_supports(int32_t scalar_type) {
  return guarded<int32_t>(kCoppiceFailed, [&]() -> int32_t {
    return PreparedConvolution::supports(static_cast<c10::ScalarType>(scalar_type)) ? 1 : 0;
  });
}

CoppiceConvolution coppice_convolution_prepare(
    CoppiceTensor weight, CoppiceTensor bias, const CoppiceConvolutionSettings* settings) {
  return guarded<CoppiceConvolution>(nullptr, [&]() -> CoppiceConvolution {
    auto* prepared = new PreparedConvolution(borrow(weight), borrow_optional(bias), *settings);
    live_convolutions.fetch_add(1, std::memory_order_relaxed);
    return prepared;
  });
}

int32_t coppice_convolution_run(
    CoppiceConvolution convolution, CoppiceTensor x, CoppiceTensor residual, int32_t overwrite_residual, CoppiceTensor* result) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    auto* prepared = static_cast<PreparedConvolution*>(convolution);
    *result = coppice::hand_over(prepared->run(borrow(x), borrow_optional(residual), overwrite_residual != 0));
    return 0;
  });
}

void coppice_convolution_free(CoppiceConvolution convolution) {
  if (convolution == nullptr) return;
  live_convolutions.fetch_sub(1, std::memory_order_relaxed);
  delete static_cast<PreparedConvolution*>(convolution);
}

int32_t coppice_convolution_keep_kernels(int32_t count) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    const int before = dnnl::get_primitive_cache_capacity();
    dnnl::set_primitive_cache_capacity(count);
    return before;
  });
}

#else

namespace {
constexpr const char* kUnavailable = "this build has no oneDNN of its own; install libdnnl-dev, unset COPPICE_LIBTORCH and build again";
}

int32_t coppice_convolution_supports(int32_t) { return 0; }

CoppiceConvolution coppice_convolution_prepare(CoppiceTensor, CoppiceTensor, const CoppiceConvolutionSettings*) {
  coppice::set_error(kUnavailable);
  return nullptr;
}

int32_t coppice_convolution_run(CoppiceConvolution, CoppiceTensor, CoppiceTensor, int32_t, CoppiceTensor*) {
  coppice::set_error(kUnavailable);
  return kCoppiceFailed;
}

void coppice_convolution_free(CoppiceConvolution) {}

int32_t coppice_convolution_keep_kernels(int32_t) { return 0; }

#endif
