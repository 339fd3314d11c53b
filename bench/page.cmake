# Builds the page of `poolbench report` into the program: bench/report/page/ and the charts' library.
#
# poolbench_embed_page(target) adds to `target` a source with the page's text before its data and
# behind it, rewritten whenever a part changes. This file writes that source when it is run with
# cmake -P. Without the library the texts are empty.
set(POOLBENCH_PAGE_SCRIPTS base stats data state widgets chart filters glance worst heat cell table
  strip csv case plot ceiling sweep networks races history meaning main)
if(CMAKE_SCRIPT_MODE_FILE)
  if(D3)
    file(READ ${PAGE}/page.html html)
    file(READ ${PAGE}/page.css style)
    file(READ ${D3} library)
    set(script "")
    foreach(part IN LISTS POOLBENCH_PAGE_SCRIPTS)
      file(READ ${PAGE}/${part}.js text)
      string(APPEND script "${text}\n")
    endforeach()
    string(REPLACE "@STYLE@" "${style}" html "${html}")
    string(FIND "${html}" "@DATA@" at)
    string(SUBSTRING "${html}" 0 ${at} before)
    math(EXPR at "${at} + 6")
    string(SUBSTRING "${html}" ${at} -1 behind)
    string(REPLACE "@LIBRARY@" "${library}" behind "${behind}")
    string(REPLACE "@SCRIPT@" "${script}" behind "${behind}")
  endif()
  file(WRITE ${OUTPUT} "// Written by bench/page.cmake from bench/report/page/.\n"
    "#include \"bench/report/page.h\"\n\nnamespace poolbench {\n"
    "static constexpr char kBefore[] = R\"page(${before})page\";\n"
    "static constexpr char kBehind[] = R\"page(${behind})page\";\n"
    "PageText embedded_page() {\n"
    "  return {{kBefore, sizeof(kBefore) - 1}, {kBehind, sizeof(kBehind) - 1}};\n"
    "}\n}  // namespace poolbench\n")
  return()
endif()

set(POOLBENCH_PAGE_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
set(POOLBENCH_PAGE_FOLDER ${CMAKE_CURRENT_LIST_DIR}/report/page)
# Debian's node-d3; libjs-d3 is version 3, which has not what the page needs. Its first line says so.
find_file(POOLBENCH_D3 d3.min.js PATHS /usr/share/nodejs/d3/dist NO_DEFAULT_PATH)
set(poolbench_d3_head "")
if(EXISTS "${POOLBENCH_D3}")
  file(STRINGS ${POOLBENCH_D3} poolbench_d3_head LIMIT_COUNT 1 LIMIT_INPUT 100)
endif()
string(REGEX MATCH "d3js\\.org v([5-9]|[1-9][0-9])" poolbench_d3_version "${poolbench_d3_head}")
poolbench_option(POOLBENCH_PAGE "report page" "${poolbench_d3_version}"
  "no d3.min.js of version 5 or later found (Debian: node-d3)" has_page)

function(poolbench_embed_page target)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_page.cpp)
  file(GLOB parts CONFIGURE_DEPENDS ${POOLBENCH_PAGE_FOLDER}/*)
  set(library "")
  if(has_page)
    set(library ${POOLBENCH_D3})
    poolbench_report("report page" "with ${POOLBENCH_D3}")
  endif()
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DPAGE=${POOLBENCH_PAGE_FOLDER} -DD3=${library} -DOUTPUT=${output}
      -P ${POOLBENCH_PAGE_SCRIPT}
    DEPENDS ${parts} ${library} ${POOLBENCH_PAGE_SCRIPT}
    COMMENT "Embedding the report's page" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
