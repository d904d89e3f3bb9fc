#include "error.h"

#include <string>

#include "guard.h"

namespace {
thread_local std::string last_error;
}

void coppice::set_error(const char* text) noexcept {
  try {
    last_error = text;
  } catch (...) {
    last_error.clear();  // out of memory while reporting: an empty text is still a failure for the caller
  }
}

const char* coppice_error() { return last_error.c_str(); }
