# The warnings Convoy's own code compiles with; errors only where CONVOY_WERROR is set, as `make
# check` does.
add_library(convoy-warnings INTERFACE)
target_compile_options(convoy-warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual)
if(CONVOY_WERROR)
  # g++ warns of every fence under -fsanitize=thread, which is a remark about the tool and not about
  # the code.
  target_compile_options(convoy-warnings INTERFACE
    -Werror $<$<CXX_COMPILER_ID:GNU>:-Wno-error=tsan>)
endif()
