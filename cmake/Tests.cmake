# CTest entries, one per GoogleTest suite: a process a suite keeps ctest quick, and a crash costs
# its suite alone.
enable_testing()

function(convoy_add_suites target)
  set(list ${PROJECT_BINARY_DIR}/${target}-suites.cmake)
  set(launcher)
  if(CONVOY_SANITIZE)
    # g++ 12's sanitizers cannot place their shadow where the kernel spreads mappings over 32 random
    # bits.
    execute_process(COMMAND setarch -R true
      RESULT_VARIABLE fixed_addresses OUTPUT_QUIET ERROR_QUIET)
    if(fixed_addresses EQUAL 0)
      set(launcher "setarch -R")
    endif()
  endif()
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} "-DPROGRAM=$<TARGET_FILE:${target}>" "-DLAUNCHER=${launcher}"
            "-DLIST=${list}" "-DWORKING_DIRECTORY=${PROJECT_SOURCE_DIR}"
            "-DSANITIZE=${CONVOY_SANITIZE}"
            -P ${PROJECT_SOURCE_DIR}/cmake/ListSuites.cmake
    COMMENT "Listing the suites of ${target}")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${list})
endfunction()

# convoy-bench with more workloads: tests/fixtures/workloads, which throw, hang and die, and what
# the guides teach to write, as the guides have it.
function(convoy_add_troubled_bench target)
  file(GLOB sources CONFIGURE_DEPENDS tests/fixtures/workloads/*.cpp)
  set(extract ${PROJECT_SOURCE_DIR}/tests/fixtures/extract-snippet)
  foreach(taught add-a-workload:benchmarks/cpu_collatz.cpp
                 add-a-sync-object:benchmarks/sync_latch.cpp
                 add-a-lock-policy:harness/gil/polite.cpp)
    string(REGEX REPLACE "(.*):(.*)" "docs/how-to/\\1.md" page ${taught})
    string(REGEX REPLACE "(.*):(.*)" "\\2" path ${taught})
    get_filename_component(file ${path} NAME)
    file(GLOB guide CONFIGURE_DEPENDS ${page})
    if(guide)
      set(snippet ${PROJECT_BINARY_DIR}/snippets/${file})
      add_custom_command(OUTPUT ${snippet} VERBATIM
        COMMAND /usr/bin/python3 ${extract} ${guide} ${path} ${snippet}
        DEPENDS ${guide} ${extract}
        COMMENT "Taking ${file} out of the guide")
      list(APPEND sources ${snippet})
    endif()
  endforeach()
  add_executable(${target} benchmarks/main.cpp ${sources})
  target_link_libraries(${target}
    PRIVATE ${CONVOY_BODIES} convoy-workloads convoy-dependencies convoy-warnings)
endfunction()

# Programs for the regression gate: one whose slowdowns are set from outside, and one of somebody
# else's kind, built twice, where one benchmark does 15 % more the second time.
function(convoy_add_gate_programs)
  file(GLOB sources CONFIGURE_DEPENDS tests/gate/known_*.cpp)
  add_executable(convoy-known-truth ${sources})
  set(ledger tests/fixtures/unrelated-gbench/ledger.cpp)
  add_executable(convoy-unrelated ${ledger})
  add_executable(convoy-unrelated-slowed ${ledger})
  target_compile_definitions(convoy-unrelated-slowed PRIVATE LEDGER_PARSES=460)
  foreach(program convoy-known-truth convoy-unrelated convoy-unrelated-slowed)
    target_link_libraries(${program} PRIVATE benchmark::benchmark Threads::Threads convoy-warnings)
  endforeach()
endfunction()
