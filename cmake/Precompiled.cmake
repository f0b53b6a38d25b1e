# Headers that most sources include, parsed once. Only ones from elsewhere: who changes a header of
# ours compiles what includes it. Sources still name all they need: `make check` builds without.
set(CONVOY_COMMON_HEADERS
  <algorithm> <array> <atomic> <cerrno> <chrono> <cmath> <cstdio> <cstring> <deque> <functional>
  <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <system_error> <utility>
  <vector> <fmt/format.h> <fmt/ranges.h>)
set(CONVOY_TEST_HEADERS
  <gmock/gmock.h> <gtest/gtest.h> <algorithm> <array> <atomic> <cmath> <filesystem> <fstream>
  <functional> <map> <memory> <random> <set> <string> <thread> <vector> <fmt/format.h>
  <fmt/ranges.h>)
