// The one place where C++ exceptions end: nothing thrown by libtorch may cross into the caller's runtime.
#pragma once
#include <c10/util/Exception.h>
#include <exception>

namespace coppice {

void set_error(const char* text) noexcept;

// Runs body; any exception becomes the thread's error text and the result `failure`.
template <class Result, class Body>
Result guarded(Result failure, Body&& body) noexcept {
  try {
    return body();
  } catch (const c10::Error& error) {
    set_error(error.what_without_backtrace());
  } catch (const std::exception& error) {
    set_error(error.what());
  } catch (...) {
    set_error("an exception of an unknown type");
  }
  return failure;
}

}  // namespace coppice
