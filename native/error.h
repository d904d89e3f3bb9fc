// The last error of the calling thread.
#pragma once
#include "abi.h"

// UTF-8 text of the last failure on this thread; valid until the next failure on this thread.
COPPICE_API const char* coppice_error();
