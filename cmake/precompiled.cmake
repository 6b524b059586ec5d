# Standard headers and GoogleTest, parsed once in a preset instead of in every file: they are half
# of what it takes to compile one. With clang alone; GCC goes without, so that each file still has
# to include what it uses.
#   atoma_precompiled          for what goes into libraries
#   atoma_precompiled_program  for what goes into programs (position-independent in another way)
#   atoma_precompiled_test     for tests, which are not optimised
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  return()
endif()

function(atoma_precompile name)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cc "")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cc)
  target_link_libraries(${name} PRIVATE atoma_options)
  target_precompile_headers(${name} PRIVATE ${ARGN})
  set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "")
  # ccache reads this text instead of the precompiled header, whose bytes name this very folder: so
  # clones share what they compiled.
  execute_process(COMMAND dpkg-query -W libstdc++-14-dev libgtest-dev clang-19
    OUTPUT_VARIABLE packages COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.dir/cmake_pch.hxx.pch.sum
    "${ARGN}\n${packages}")
endfunction()

set(standard <algorithm> <array> <chrono> <condition_variable> <cstdint> <expected> <format>
  <functional> <memory> <mutex> <optional> <ostream> <ranges> <span> <string> <string_view> <thread>
  <tuple> <unordered_map> <utility> <variant> <vector>)
atoma_precompile(atoma_precompiled ${standard})
set(programs atoma_precompiled_program)
atoma_precompile(atoma_precompiled_program ${standard})
if(ATOMA_TESTS)
  list(APPEND programs atoma_precompiled_test)
  atoma_precompile(atoma_precompiled_test ${standard} <gtest/gtest.h>)
  target_link_libraries(atoma_precompiled_test PRIVATE GTest::gtest)
  target_compile_options(atoma_precompiled_test PRIVATE -O0)
  set_target_properties(atoma_precompiled_test PROPERTIES ATOMA_UNOPTIMISED ON)
endif()
foreach(name ${programs})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIE)
endforeach()
