# One object per CPU generation from the same source; batch_norm_dispatch.cpp picks one when the library is loaded.
# -ffp-contract=off keeps the generations bit-identical: no fused multiply-add where an older CPU would round twice.
# These objects include no header of libtorch or the standard library, so no inline function compiled for a newer CPU can be
# merged by the linker into code that an older CPU runs.
function(coppice_add_kernel level)
  set(target batch_norm_kernel_v${level})
  add_library(${target} OBJECT batch_norm_kernel.cpp)
  target_compile_definitions(${target} PRIVATE COPPICE_KERNEL_LEVEL=${level})
  target_compile_options(${target} PRIVATE -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall -Wextra ${ARGN})
  target_sources(coppice_native PRIVATE $<TARGET_OBJECTS:${target}>)
endfunction()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  coppice_add_kernel(2 -march=x86-64-v2)
  coppice_add_kernel(3 -march=x86-64-v3)
  coppice_add_kernel(4 -march=x86-64-v4 -mprefer-vector-width=512)
  target_compile_definitions(coppice_native PRIVATE COPPICE_X86_KERNELS)
else()
  coppice_add_kernel(1)
endif()
