# NVIDIA GPUs and switches: part of the module, in a list of its own.
set(nvidia_sources nvidia/chain.cc nvidia/dice.cc nvidia/report.cc nvidia/revocation.cc
  nvidia/rim.cc nvidia/rim_verify.cc
  nvidia/roots.cc nvidia/verify.cc)
set(nvidia_headers chain.h dice.h report.h revocation.h rim.h rim_verify.h verify.h)
list(TRANSFORM nvidia_headers PREPEND include/atoma/evidence/nvidia/)
target_sources(atoma_evidence PRIVATE ${nvidia_sources}
  PUBLIC FILE_SET HEADERS FILES ${nvidia_headers})
list(TRANSFORM nvidia_sources PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
list(TRANSFORM nvidia_headers PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
atoma_check_includes(evidence ${nvidia_sources} ${nvidia_headers})

atoma_test(evidence_nvidia_test
  SOURCES nvidia/dice_test.cc nvidia/report_test.cc nvidia/revocation_test.cc
    nvidia/rim_test.cc
    nvidia/rim_verify_test.cc nvidia/verify_test.cc
  LIBS atoma_evidence atoma_sample_tee)
atoma_test(evidence_nvidia_flip_test
  SOURCES nvidia/flip_test.cc LIBS atoma_evidence atoma_sample_tee LABELS slow)
if(ATOMA_TESTS)
  target_include_directories(evidence_nvidia_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_include_directories(evidence_nvidia_flip_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
endif()
