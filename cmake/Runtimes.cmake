# Programs of other libraries and interpreters that do the jobs of workloads: a file of
# benchmarks/runtimes/ each, built into the folder `runtimes` beside convoy-bench where what it
# needs is there. In C++, lines say what that is, and which macros are to be defined:
#   // needs: header asio/awaitable.hpp in libasio-dev
#   // needs: library uv in libuv1-dev
#   // defines: ASIO_HAS_CO_AWAIT=1
add_custom_target(convoy-runtimes)
set(runtimes_folder ${CMAKE_BINARY_DIR}/runtimes)

function(convoy_add_cpp_runtime source)
  get_filename_component(name ${source} NAME_WE)
  file(STRINGS ${source} needs REGEX "^// needs: ")
  set(libraries)
  foreach(need IN LISTS needs)
    if(NOT need MATCHES "^// needs: (header|library) ([^ ]+) in ([^ ]+)$")
      message(FATAL_ERROR "${source}: '${need}' is not `// needs: header|library NAME in PACKAGE`")
    endif()
    set(kind ${CMAKE_MATCH_1})
    set(what ${CMAKE_MATCH_2})
    set(package ${CMAKE_MATCH_3})
    string(MAKE_C_IDENTIFIER "CONVOY_FOUND_${what}" found)
    if(kind STREQUAL "header")
      find_path(${found} ${what})
    else()
      find_library(${found} ${what})
      list(APPEND libraries ${${found}})
    endif()
    if(NOT ${found})
      message(STATUS "Runtime ${name} is left out: ${package} is not installed")
      return()
    endif()
  endforeach()
  add_executable(runtime-${name} EXCLUDE_FROM_ALL ${source})
  file(STRINGS ${source} defines REGEX "^// defines: ")
  string(REPLACE "// defines: " "" defines "${defines}")
  separate_arguments(defines)
  target_compile_definitions(runtime-${name} PRIVATE ${defines})
  target_link_libraries(runtime-${name} PRIVATE ${libraries} Threads::Threads convoy-warnings)
  set_target_properties(runtime-${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${runtimes_folder})
  add_dependencies(convoy-runtimes runtime-${name})
endfunction()

file(GLOB runtime_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/benchmarks/runtimes/*.cpp)
foreach(source IN LISTS runtime_sources)
  convoy_add_cpp_runtime(${source})
endforeach()

# A shell's line that runs the script by Debian's Python, which has Debian's modules. -P: a script
# may have the name of the module that it imports.
file(GLOB runtime_scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/benchmarks/runtimes/*.py)
foreach(script IN LISTS runtime_scripts)
  get_filename_component(name ${script} NAME_WE)
  add_custom_command(OUTPUT ${runtimes_folder}/${name}
    COMMAND ${CMAKE_COMMAND} -D TO=${runtimes_folder}/${name} -D SCRIPT=${script}
            -P ${PROJECT_SOURCE_DIR}/cmake/RuntimeScript.cmake
    DEPENDS ${PROJECT_SOURCE_DIR}/cmake/RuntimeScript.cmake VERBATIM)
  add_custom_target(runtime-${name} DEPENDS ${runtimes_folder}/${name})
  add_dependencies(convoy-runtimes runtime-${name})
endforeach()

find_program(CONVOY_GO go)
file(GLOB runtime_gos CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/benchmarks/runtimes/*.go)
foreach(source IN LISTS runtime_gos)
  get_filename_component(name ${source} NAME_WE)
  if(NOT CONVOY_GO)
    message(STATUS "Runtime ${name} is left out: golang-go is not installed")
    continue()
  endif()
  add_custom_command(OUTPUT ${runtimes_folder}/${name}
    COMMAND ${CMAKE_COMMAND} -E env GO111MODULE=off GOCACHE=${CMAKE_BINARY_DIR}/go-cache
            ${CONVOY_GO} build -o ${runtimes_folder}/${name} ${source}
    DEPENDS ${source} VERBATIM)
  add_custom_target(runtime-${name} DEPENDS ${runtimes_folder}/${name})
  add_dependencies(convoy-runtimes runtime-${name})
endforeach()
