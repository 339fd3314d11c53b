# Writes bench/build_info.h: compiler, flags and commit. Run with cmake -P at every build; rewrites
# the header only when it changes. Without a repository, POOLBENCH_COMMIT in the environment names
# the commit, and POOLBENCH_COMMIT_DATE its date.
find_package(Git QUIET)
set(commit "unknown")
if(DEFINED ENV{POOLBENCH_COMMIT})
  set(commit $ENV{POOLBENCH_COMMIT})
endif()
set(commit_date "$ENV{POOLBENCH_COMMIT_DATE}")
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --abbrev=12 --exclude=*
    WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit "${described}")
    execute_process(COMMAND ${GIT_EXECUTABLE} log -1 --format=%cI WORKING_DIRECTORY ${SOURCE}
      OUTPUT_VARIABLE commit_date OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
endif()
set(text "// Written by bench/build_info.cmake.
#define POOLBENCH_VERSION \"${VERSION}\"
#define POOLBENCH_COMMIT \"${commit}\"
#define POOLBENCH_COMMIT_DATE \"${commit_date}\"
#define POOLBENCH_PEER_VERSIONS ${PEERS}
#define POOLBENCH_COMPILER \"${COMPILER}\"
#define POOLBENCH_FLAGS \"${FLAGS}\"
#define POOLBENCH_BUILD_TYPE \"${BUILD_TYPE}\"
")
set(old "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT old STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
