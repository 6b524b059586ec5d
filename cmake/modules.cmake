# The ranked modules of src/ (docs/ARCHITECTURE.md). deps.cmake declares each module's rank and
# edges; this file refuses an edge that does not point to a lower rank, and an #include that no
# edge allows, when the build is configured.

set_property(GLOBAL PROPERTY ATOMA_MODULES "")

# atoma_declare(<name> <rank> [deps...]): used by deps.cmake alone.
function(atoma_declare name rank)
  foreach(dep ${ARGN})
    get_property(dep_rank GLOBAL PROPERTY ATOMA_RANK_${dep})
    if(dep_rank STREQUAL "")
      message(FATAL_ERROR "deps.cmake: ${name} needs ${dep}, which is not declared before it")
    endif()
    if(NOT dep_rank LESS rank)
      message(FATAL_ERROR "deps.cmake: ${name} (rank ${rank}) may not depend on ${dep} (rank ${dep_rank})")
    endif()
  endforeach()
  set_property(GLOBAL PROPERTY ATOMA_RANK_${name} ${rank})
  set_property(GLOBAL PROPERTY ATOMA_DEPS_${name} "${ARGN}")
  set_property(GLOBAL APPEND PROPERTY ATOMA_MODULES ${name})
endfunction()

function(atoma_add_modules)
  get_property(modules GLOBAL PROPERTY ATOMA_MODULES)
  foreach(module ${modules})
    if(ATOMA_ONLY AND NOT module IN_LIST ATOMA_ONLY)
      continue()
    endif()
    if(EXISTS ${CMAKE_SOURCE_DIR}/src/${module}/CMakeLists.txt)
      add_subdirectory(src/${module})
    endif()
  endforeach()
endfunction()

# Every #include "atoma/<m>/…" in a module's files must be the module itself or a declared edge.
function(atoma_check_includes name)
  get_property(deps GLOBAL PROPERTY ATOMA_DEPS_${name})
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(STRINGS ${file} lines REGEX "^#include \"atoma/")
    foreach(line ${lines})
      string(REGEX REPLACE "^#include \"atoma/([a-z0-9_]+)/.*" "\\1" used "${line}")
      if(NOT used STREQUAL name AND NOT used IN_LIST deps)
        message(FATAL_ERROR "${file}: includes atoma/${used}, but deps.cmake has no edge ${name} -> ${used}")
      endif()
    endforeach()
  endforeach()
endfunction()

# Headers of cmake/precompiled.cmake for a target of the same options, where there are any.
function(atoma_use_precompiled name precompiled)
  if(TARGET ${precompiled})
    target_precompile_headers(${name} REUSE_FROM ${precompiled})
  endif()
endfunction()

# For programs of tests: what they test is optimised; they are not, which halves the time to compile them.
function(atoma_unoptimised name)
  target_compile_options(${name} PRIVATE -O0)
  set_target_properties(${name} PROPERTIES ATOMA_UNOPTIMISED ON)
  atoma_use_precompiled(${name} atoma_precompiled_test)
endfunction()

# atoma_module(<name> SOURCES … HEADERS … [LIBS private libraries…] [PUBLIC_LIBS …])
function(atoma_module name)
  cmake_parse_arguments(M "" "" "SOURCES;HEADERS;LIBS;PUBLIC_LIBS" ${ARGN})
  get_property(deps GLOBAL PROPERTY ATOMA_DEPS_${name})
  list(TRANSFORM deps PREPEND atoma_ OUTPUT_VARIABLE dep_targets)
  list(TRANSFORM M_HEADERS PREPEND include/atoma/${name}/)
  add_library(atoma_${name} STATIC ${M_SOURCES})
  target_sources(atoma_${name} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${M_HEADERS})
  set_target_properties(atoma_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_link_libraries(atoma_${name} PUBLIC ${dep_targets} ${M_PUBLIC_LIBS}
                        PRIVATE atoma_options ${M_LIBS})
  atoma_use_precompiled(atoma_${name} atoma_precompiled)
  list(TRANSFORM M_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  list(TRANSFORM M_HEADERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE headers)
  atoma_check_includes(${name} ${files} ${headers})
endfunction()

# atoma_test(<name> SOURCES … [LIBS …] [LABELS …] [TIMEOUT s]): one GoogleTest binary, one ctest entry.
function(atoma_test name)
  if(NOT ATOMA_TESTS)
    return()
  endif()
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE ${T_LIBS} atoma_options GTest::gtest GTest::gtest_main)
  atoma_unoptimised(${name})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 900)  # hangs, not slowness: machines are shared, sanitizers are slow
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}"
    ENVIRONMENT "ATOMA_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()
