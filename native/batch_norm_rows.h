// How the rows of a batch normalisation are divided among threads.
#pragma once
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "batch_norm_kernel.h"

namespace coppice {

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
      for (int64_t chunk = first; chunk < last; chunk++) {
        body(CoppiceBatchNormSpan{edge(chunk), edge(chunk + 1), channels, period, nullptr});
      }
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

}  // namespace coppice
