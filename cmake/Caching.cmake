# Compilers' output is kept by ccache where that is installed: a fresh clone of the same commit, in
# whichever folder, compiles nothing anew. CMAKE_CXX_COMPILER_LAUNCHER, if given, is left alone, and
# -DCONVOY_CCACHE= does without.
#
# Paths below the checkout are written as relative ones into debug information and messages, so that
# they are the same in every clone.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)

find_program(CONVOY_CCACHE ccache)
if(CONVOY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Where ccache cannot write, it fails instead of compiling.
  execute_process(
    COMMAND sh -c [[dir=$("$0" --get-config cache_dir) && mkdir -p "$dir" && test -w "$dir"]]
            ${CONVOY_CCACHE}
    RESULT_VARIABLE unusable OUTPUT_QUIET ERROR_QUIET)
  if(unusable)
    message(STATUS
      "ccache is not used: its folder cannot be written (ccache --get-config cache_dir)")
  else()
    # Sloppiness as ccache's manual asks for where headers are precompiled. The rest keeps it from
    # preprocessing each source once more, and from reading each header again.
    set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_DEPEND=1 CCACHE_INODECACHE=1
      ${CONVOY_CCACHE})
    # Tells ccache to hash the header that was precompiled, not all that it includes.
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
endif()
