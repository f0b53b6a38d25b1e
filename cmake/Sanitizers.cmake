# CONVOY_SANITIZE=address (ASan, LSan and UBSan) or thread (TSan): options for everything that is
# built.
if(CONVOY_SANITIZE STREQUAL "address")
  set(CONVOY_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(CONVOY_SANITIZE STREQUAL "thread")
  set(CONVOY_SANITIZE_FLAGS -fsanitize=thread)
elseif(CONVOY_SANITIZE STREQUAL "")
  set(CONVOY_SANITIZE_FLAGS)
else()
  message(FATAL_ERROR
    "CONVOY_SANITIZE=${CONVOY_SANITIZE} is unknown: use address, thread, or leave it empty")
endif()
add_compile_options(${CONVOY_SANITIZE_FLAGS})
add_link_options(${CONVOY_SANITIZE_FLAGS})
