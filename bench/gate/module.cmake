# Adds openmp_module, this folder's openmp_module.cpp, to the build of any commit, which need not
# have heard of it: as CMAKE_PROJECT_poolbench_INCLUDE. As poolbench_module() (host/module.cmake)
# builds it; the linker's map says which objects are in it.
set(gate ${CMAKE_CURRENT_LIST_DIR})
function(poolbench_openmp_module)
  add_library(openmp_module MODULE ${gate}/openmp_module.cpp)
  target_link_libraries(openmp_module PRIVATE poolbench_options poolbench_host)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-fno-gnu-unique POOLBENCH_HAS_NO_GNU_UNIQUE)
  if(POOLBENCH_HAS_NO_GNU_UNIQUE)
    target_compile_options(openmp_module PRIVATE -fno-gnu-unique)
  endif()
  target_link_options(openmp_module PRIVATE LINKER:--version-script=${gate}/../../host/module.map
    LINKER:-Map=${CMAKE_BINARY_DIR}/openmp_module.map)
  set_target_properties(openmp_module PROPERTIES PREFIX ""
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()
cmake_language(DEFER CALL poolbench_openmp_module)
