# CTest entries, one per GoogleTest suite: a process a suite keeps ctest quick, and a crash costs
# its suite alone.
enable_testing()

function(convoy_add_suites target)
  set(list ${PROJECT_BINARY_DIR}/${target}-suites.cmake)
  set(launcher)
  if(CONVOY_SANITIZE STREQUAL "thread")
    # g++ 12's TSan cannot place its shadow where the kernel spreads mappings over 32 random bits.
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
