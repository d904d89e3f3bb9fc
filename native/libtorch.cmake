# Defines the target coppice_libtorch: include folders, libraries and ABI of the chosen libtorch.
# TorchConfig.cmake is only read, not included: it asks for CUDA, MKL and protobuf development files that we do not need.
set(libtorch_hints)
if(COPPICE_LIBTORCH)
  set(libtorch_hints NO_DEFAULT_PATH PATHS "${COPPICE_LIBTORCH}")
endif()

find_path(COPPICE_TORCH_INCLUDE ATen/core/dispatch/Dispatcher.h PATH_SUFFIXES include ${libtorch_hints})
find_path(COPPICE_TORCH_API_INCLUDE torch/version.h
  PATH_SUFFIXES include/torch/csrc/api/include torch/csrc/api/include ${libtorch_hints})
find_library(COPPICE_TORCH_CPU torch_cpu PATH_SUFFIXES lib ${libtorch_hints})
find_library(COPPICE_C10 c10 PATH_SUFFIXES lib ${libtorch_hints})
find_library(COPPICE_TORCH_CUDA torch_cuda PATH_SUFFIXES lib ${libtorch_hints})
find_library(COPPICE_C10_CUDA c10_cuda PATH_SUFFIXES lib ${libtorch_hints})
foreach(part COPPICE_TORCH_INCLUDE COPPICE_TORCH_API_INCLUDE COPPICE_TORCH_CPU COPPICE_C10)
  if(NOT ${part})
    message(FATAL_ERROR "libtorch not found (${part}) in '${COPPICE_LIBTORCH}'. Install libtorch-dev, "
      "or set COPPICE_LIBTORCH to an unpacked libtorch folder that has include/ and lib/.")
  endif()
endforeach()

add_library(coppice_libtorch INTERFACE)
target_include_directories(coppice_libtorch SYSTEM INTERFACE "${COPPICE_TORCH_INCLUDE}" "${COPPICE_TORCH_API_INCLUDE}")
target_link_libraries(coppice_libtorch INTERFACE "${COPPICE_TORCH_CPU}" "${COPPICE_C10}")
if(COPPICE_TORCH_CUDA AND COPPICE_C10_CUDA)
  # Nothing of ours names a CUDA symbol: the libraries register their kernels when they are loaded.
  target_link_libraries(coppice_libtorch INTERFACE
    -Wl,--no-as-needed "${COPPICE_TORCH_CUDA}" "${COPPICE_C10_CUDA}" -Wl,--as-needed)
endif()

get_filename_component(libtorch_folder "${COPPICE_TORCH_CPU}" DIRECTORY)
if(COPPICE_LIBTORCH)
  set(CMAKE_BUILD_RPATH "${libtorch_folder}")
endif()

# std::string in libtorch's own functions: old and new ABI do not link with each other.
find_file(COPPICE_TORCH_CONFIG TorchConfig.cmake NO_DEFAULT_PATH
  PATHS "${libtorch_folder}/cmake/Torch" "${COPPICE_LIBTORCH}/share/cmake/Torch")
if(COPPICE_TORCH_CONFIG)
  file(STRINGS "${COPPICE_TORCH_CONFIG}" libtorch_abi_line REGEX "_GLIBCXX_USE_CXX11_ABI=[01]" LIMIT_COUNT 1)
  if(libtorch_abi_line MATCHES "_GLIBCXX_USE_CXX11_ABI=([01])")
    target_compile_definitions(coppice_libtorch INTERFACE _GLIBCXX_USE_CXX11_ABI=${CMAKE_MATCH_1})
  endif()
endif()
message(STATUS "libtorch: ${COPPICE_TORCH_CPU}; CUDA: ${COPPICE_TORCH_CUDA}")
