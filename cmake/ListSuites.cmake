# Run after linking: asks PROGRAM for its suites and writes LIST, a file of CTest entries.
separate_arguments(launcher UNIX_COMMAND "${LAUNCHER}")
execute_process(COMMAND ${launcher} ${PROGRAM} --gtest_list_tests
  OUTPUT_VARIABLE listing RESULT_VARIABLE status TIMEOUT 60)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} --gtest_list_tests failed (${status}): run it by hand to see why")
endif()

set(timeout 120)
if(SANITIZE)
  set(timeout 600)
endif()
string(REGEX MATCHALL "(^|\n)[^ \n]+\\.( |\n|$)" suites "${listing}")
set(entries "")
foreach(suite IN LISTS suites)
  string(REGEX REPLACE "[ .\n]" "" name "${suite}")
  string(APPEND entries
    "add_test([==[${name}]==] ${LAUNCHER} [==[${PROGRAM}]==]\n"
    "  [==[--gtest_filter=${name}.*]==] --gtest_color=no)\n"
    "set_tests_properties([==[${name}]==] PROPERTIES TIMEOUT ${timeout}\n"
    "  WORKING_DIRECTORY [==[${WORKING_DIRECTORY}]==])\n")
endforeach()
file(WRITE ${LIST} "${entries}")
