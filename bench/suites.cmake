# Builds the suites into the program, so that an installed program needs no files.
#
# poolbench_embed_suites(target) adds to `target` a source with the text of every
# bench/suites/*.txt, rewritten whenever one changes. This file writes that source when it is run
# with cmake -P.
if(CMAKE_SCRIPT_MODE_FILE)
  set(source "// Written by bench/suites.cmake from bench/suites/*.txt.\n"
    "#include \"bench/select/suite.h\"\n\nnamespace poolbench {\n"
    "std::span<const SuiteText> embedded_suites() {\n"
    "  static constexpr SuiteText kSuites[] = {\n")
  string(CONCAT source ${source})
  file(GLOB suites ${SUITES}/*.txt)
  list(SORT suites)
  foreach(suite IN LISTS suites)
    cmake_path(GET suite STEM LAST_ONLY name)
    file(READ ${suite} text)
    string(APPEND source "{\"${name}\", R\"suite(${text})suite\"},\n")
  endforeach()
  string(APPEND source "  };\n  return kSuites;\n}\n}  // namespace poolbench\n")
  file(WRITE ${OUTPUT} "${source}")
  return()
endif()

set(POOLBENCH_SUITES_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
set(POOLBENCH_SUITES_FOLDER ${CMAKE_CURRENT_LIST_DIR}/suites)

function(poolbench_embed_suites target)
  file(GLOB suites CONFIGURE_DEPENDS ${POOLBENCH_SUITES_FOLDER}/*.txt)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_suites.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DSUITES=${POOLBENCH_SUITES_FOLDER} -DOUTPUT=${output}
      -P ${POOLBENCH_SUITES_SCRIPT}
    DEPENDS ${suites} ${POOLBENCH_SUITES_SCRIPT}
    COMMENT "Embedding the suites" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
