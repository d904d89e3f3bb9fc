#include "operator.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "guard.h"
#include "handle.h"

using coppice::borrow;
using coppice::guarded;

namespace {

using Stack = std::vector<c10::IValue>;

template <class Element, class Source, class Convert>
c10::IValue to_list(const CoppiceValue& value, Convert convert) {
  const auto* source = static_cast<const Source*>(value.pointer);
  c10::List<Element> list;
  list.reserve(value.length);
  for (int32_t i = 0; i < value.length; i++) list.push_back(convert(source[i]));
  return list;
}

std::string to_string(const CoppiceValue& value) { return std::string(static_cast<const char*>(value.pointer), value.length); }

c10::IValue to_ivalue(const CoppiceValue& value) {
  switch (value.tag) {
    case kNone: return {};
    case kTensor: return borrow(value.pointer);
    case kInt: return value.integer;
    case kDouble: return value.real;
    case kBool: return value.integer != 0;
    case kInts: return to_list<int64_t, int64_t>(value, [](int64_t x) { return x; });
    case kDoubles: return to_list<double, double>(value, [](double x) { return x; });
    case kBools: return to_list<bool, uint8_t>(value, [](uint8_t x) { return x != 0; });
    case kScalars: return to_list<c10::Scalar, double>(value, [](double x) { return c10::Scalar(x); });
    case kTensors: return to_list<at::Tensor, CoppiceTensor>(value, borrow);
    case kOptionalTensors: return to_list<coppice::Optional<at::Tensor>, CoppiceTensor>(value, coppice::borrow_optional);
    case kString: return to_string(value);
    case kDevice: return c10::Device(to_string(value));
  }
  TORCH_CHECK(false, "argument tag ", static_cast<int32_t>(value.tag), " is unknown");
}

// An integer where the schema wants a float is exact intent, but the boxed call would fail on an internal assertion.
c10::IValue to_argument(const CoppiceValue& value, const c10::Argument& argument) {
  auto kind = argument.type()->kind();
  if (kind == c10::TypeKind::OptionalType) kind = argument.type()->containedTypes()[0]->kind();
  if (value.tag == kInt && kind == c10::TypeKind::FloatType) return static_cast<double>(value.integer);
  return to_ivalue(value);
}

void fill_arguments(Stack& stack, const c10::FunctionSchema& schema, const CoppiceValue* arguments, int32_t count) {
  const auto& expected = schema.arguments();
  TORCH_CHECK(static_cast<size_t>(count) <= expected.size(), count, " arguments given to ", schema);
  stack.reserve(expected.size());
  for (int32_t i = 0; i < count; i++) stack.push_back(to_argument(arguments[i], expected[i]));
  for (size_t i = count; i < expected.size(); i++) {
    TORCH_CHECK(expected[i].default_value().has_value(), "argument '", expected[i].name(), "' is missing and has no default in ", schema);
    stack.push_back(*expected[i].default_value());
  }
}

int32_t count_results(const Stack& stack) {
  size_t count = 0;
  for (const auto& value : stack) count += value.isTensorList() ? value.toTensorList().size() : 1;
  return static_cast<int32_t>(count);
}

CoppiceValue tensor_result(at::Tensor tensor) noexcept {
  CoppiceValue value{kTensor, 1, {0}};
  value.pointer = coppice::hand_over(std::move(tensor));
  return value;
}

CoppiceValue scalar_result(const c10::IValue& value) noexcept {
  CoppiceValue result{kNone, 0, {0}};
  if (value.isInt()) result = {kInt, 1, {value.toInt()}};
  if (value.isBool()) result = {kBool, 1, {value.toBool() ? 1 : 0}};
  if (value.isDouble()) {
    result.tag = kDouble;
    result.real = value.toDouble();
  }
  return result;
}

// `results` has room for all of count_results; types are checked before the first handle is given out, so none can leak.
void write_results(Stack& stack, CoppiceValue* results) {
  for (const auto& value : stack) {
    const bool supported = value.isTensor() || value.isTensorList() || value.isInt() || value.isBool() || value.isDouble() || value.isNone();
    TORCH_CHECK(supported, "a result of type ", value.tagKind(), " is not supported");
  }
  for (auto& value : stack) {
    if (value.isTensorList()) {
      for (at::Tensor& tensor : value.toTensorVector()) *results++ = tensor_result(std::move(tensor));
    } else if (value.isTensor()) {
      *results++ = tensor_result(std::move(value).toTensor());
    } else {
      *results++ = scalar_result(value);
    }
  }
}

thread_local Stack waiting_results;

c10::OperatorHandle& as_operator(void* op) { return *static_cast<c10::OperatorHandle*>(op); }

}  // namespace

void* coppice_operator_find(const char* name, const char* overload) {
  return guarded<void*>(nullptr, [&]() -> void* {
    return new c10::OperatorHandle(c10::Dispatcher::singleton().findSchemaOrThrow(name, overload));
  });
}

int32_t coppice_operator_schema(void* op, char* text, int32_t capacity) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    std::ostringstream stream;
    stream << as_operator(op).schema();
    const std::string schema = stream.str();
    const auto length = static_cast<int32_t>(schema.size());
    if (length <= capacity) std::memcpy(text, schema.data(), schema.size());
    return length;
  });
}

int32_t coppice_operator_call(void* op, const CoppiceValue* arguments, int32_t count, CoppiceValue* results, int32_t capacity) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    auto& handle = as_operator(op);
    Stack stack;
    fill_arguments(stack, handle.schema(), arguments, count);
    handle.callBoxed(&stack);
    const int32_t produced = count_results(stack);
    if (results == nullptr) return produced;
    if (produced > capacity) {
      waiting_results = std::move(stack);
    } else {
      write_results(stack, results);
    }
    return produced;
  });
}

int32_t coppice_operator_take_results(CoppiceValue* results, int32_t capacity) {
  return guarded<int32_t>(kCoppiceFailed, [&] {
    const int32_t waiting = count_results(waiting_results);
    TORCH_CHECK(waiting <= capacity, waiting, " results wait, but there is room for ", capacity);
    Stack stack = std::move(waiting_results);
    waiting_results.clear();
    write_results(stack, results);
    return waiting;
  });
}
