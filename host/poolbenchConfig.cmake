# find_package(poolbench): poolbench_module(), and the program as poolbench::poolbench.
include(${CMAKE_CURRENT_LIST_DIR}/poolbenchTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/module.cmake)
