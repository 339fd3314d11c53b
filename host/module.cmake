# poolbench_module(name sources...): builds a module (host/module.h) as modules/<name>.so under the
# build folder. Hides every symbol but the entry, and avoids GNU-unique symbols, which would be
# shared between modules even with RTLD_LOCAL. A module that exports a C++ backend
# (host/module_export.h) also links poolbench_core, or poolbench_host for a backend of this program:
# in this tree alone. Outside it find_package(poolbench) reads this file, for modules in plain C.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-fno-gnu-unique POOLBENCH_HAS_NO_GNU_UNIQUE)
set(POOLBENCH_MODULE_MAP ${CMAKE_CURRENT_LIST_DIR}/module.map CACHE INTERNAL "")

function(poolbench_module name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE poolbench::module_interface)
  target_compile_options(${name} PRIVATE
    $<$<AND:$<BOOL:${POOLBENCH_HAS_NO_GNU_UNIQUE}>,$<COMPILE_LANGUAGE:CXX>>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE LINKER:--version-script=${POOLBENCH_MODULE_MAP})
  set_target_properties(${name} PROPERTIES
    PREFIX "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${POOLBENCH_MODULE_MAP}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/modules)
endfunction()
