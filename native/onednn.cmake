# oneDNN for prepared convolutions, where it is the very library that the chosen libtorch uses: Debian's libtorch links the system's.
# A libtorch of another origin (COPPICE_LIBTORCH) has a oneDNN inside; a second one in the process would bring threads and settings of its own.
option(COPPICE_ONEDNN "prepare convolutions with the system's oneDNN where it is installed" ON)
find_path(COPPICE_ONEDNN_INCLUDE oneapi/dnnl/dnnl.hpp)
find_library(COPPICE_ONEDNN_LIBRARY dnnl)

set(onednn_version_line)
if(COPPICE_ONEDNN AND NOT COPPICE_LIBTORCH AND COPPICE_ONEDNN_INCLUDE AND COPPICE_ONEDNN_LIBRARY)
  # Version 3 describes primitives by other calls.
  file(STRINGS "${COPPICE_ONEDNN_INCLUDE}/oneapi/dnnl/dnnl_version.h" onednn_version_line REGEX "define DNNL_VERSION_MAJOR 2$")
endif()
if(onednn_version_line)
  target_sources(coppice_native PRIVATE prepared_convolution.cpp)
  target_compile_definitions(coppice_native PRIVATE COPPICE_ONEDNN)
  target_include_directories(coppice_native SYSTEM PRIVATE "${COPPICE_ONEDNN_INCLUDE}")
  target_link_libraries(coppice_native PRIVATE "${COPPICE_ONEDNN_LIBRARY}")
  message(STATUS "oneDNN: ${COPPICE_ONEDNN_LIBRARY}")
else()
  message(STATUS "oneDNN: not used, convolutions are libtorch's")
endif()
