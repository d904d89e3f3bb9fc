// Any ATen operator by name, through libtorch's dispatcher (so autograd, devices and autocast behave as in Python).
#pragma once
#include "abi.h"

enum CoppiceTag : int32_t {
  kNone = 0,
  kTensor = 1,           // pointer: CoppiceTensor
  kInt = 2,              // integer; also for ScalarType, MemoryFormat and Layout
  kDouble = 3,           // real
  kBool = 4,             // integer
  kInts = 5,             // pointer: int64_t[length]
  kDoubles = 6,          // pointer: double[length]
  kTensors = 7,          // pointer: CoppiceTensor[length]
  kOptionalTensors = 8,  // pointer: CoppiceTensor[length], null where absent
  kString = 9,           // pointer: UTF-8, length bytes
  kBools = 10,           // pointer: uint8_t[length]
  kDevice = 11,          // pointer: as "cpu" or "cuda:0", length bytes
  kScalars = 12,         // pointer: double[length]
};

struct CoppiceValue {
  CoppiceTag tag;
  int32_t length;
  union {
    int64_t integer;
    double real;
    void* pointer;
  };
};
static_assert(sizeof(CoppiceValue) == 16, "the caller lays out this structure too");

// A handle that is valid as long as the process, or null.
COPPICE_API void* coppice_operator_find(const char* name, const char* overload);
// Writes the schema's text when it fits into `capacity` bytes; returns its length.
COPPICE_API int32_t coppice_operator_schema(void* op, char* text, int32_t capacity);
// Calls with positional arguments; missing trailing ones take the schema's defaults. Returns the number of results; a tensor list
// counts as its tensors. With `results` null they are dropped. When there are more than `capacity`, none is written and
// they wait on this thread for coppice_operator_take_results.
COPPICE_API int32_t coppice_operator_call(
    void* op, const CoppiceValue* arguments, int32_t count, CoppiceValue* results, int32_t capacity);
// Writes the results that did not fit into the last call on this thread; returns their number, 0 when none wait.
COPPICE_API int32_t coppice_operator_take_results(CoppiceValue* results, int32_t capacity);
