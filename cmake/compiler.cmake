# Warnings are errors; hardening is on in every preset (docs/ARCHITECTURE.md, "Build").
add_library(atoma_options INTERFACE)
target_compile_options(atoma_options INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Wimplicit-fallthrough -Wold-style-cast
  -fno-strict-overflow -fstack-protector-strong -ftrivial-auto-var-init=zero)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 14 reports maybe-uninitialized inside std::expected at -O2; clang checks the same code.
  target_compile_options(atoma_options INTERFACE -Wno-maybe-uninitialized -Wno-missing-field-initializers)
else()
  target_compile_options(atoma_options INTERFACE -Wno-missing-designated-field-initializers)
endif()
target_compile_definitions(atoma_options INTERFACE _GLIBCXX_ASSERTIONS)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT ATOMA_SANITIZE)
  # glibc fortifies optimised code alone; tests are not (atoma_test).
  target_compile_options(atoma_options INTERFACE -U_FORTIFY_SOURCE
    $<$<NOT:$<BOOL:$<TARGET_PROPERTY:ATOMA_UNOPTIMISED>>>:-D_FORTIFY_SOURCE=3>)
endif()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(atoma_options INTERFACE -fcf-protection=full -fstack-clash-protection)
endif()
target_link_options(atoma_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

if(ATOMA_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(ATOMA_TSAN)
  set(sanitizers -fsanitize=thread)
endif()
if(ATOMA_FUZZ)
  list(APPEND sanitizers -fsanitize=fuzzer-no-link)
endif()
if(sanitizers)
  target_compile_options(atoma_options INTERFACE ${sanitizers})
  target_link_options(atoma_options INTERFACE ${sanitizers})
endif()
if(ATOMA_COVERAGE)
  target_compile_options(atoma_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(atoma_options INTERFACE -fprofile-instr-generate)
endif()
