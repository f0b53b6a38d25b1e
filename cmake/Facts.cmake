# How the program was built, told to the one source that records it: everything else compiles the
# same everywhere.
function(convoy_define_facts source)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  string(JOIN " " flags ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} -fno-omit-frame-pointer
    ${CONVOY_SANITIZE_FLAGS})
  set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS
    "CONVOY_COMPILER=\"${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}\""
    "CONVOY_FLAGS=\"${flags}\""
    "CONVOY_BUILD_TYPE=\"${CMAKE_BUILD_TYPE}\""
    "CONVOY_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\""
    "CONVOY_VERSION=\"${PROJECT_VERSION}\"")
endfunction()
