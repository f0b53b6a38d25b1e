# Every library Convoy uses, gathered behind one interface target. All come from Debian 12;
# scripts/bootstrap installs them.
find_package(PkgConfig REQUIRED)
pkg_check_modules(hwloc REQUIRED IMPORTED_TARGET hwloc)
pkg_check_modules(liburing REQUIRED IMPORTED_TARGET liburing)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
# Only for its headers: it is loaded when a stack is read.
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(benchmark REQUIRED CONFIG)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(Boost REQUIRED COMPONENTS context)

add_library(convoy-dependencies INTERFACE)
target_link_libraries(convoy-dependencies INTERFACE
  benchmark::benchmark fmt::fmt CLI11::CLI11 nlohmann_json::nlohmann_json
  PkgConfig::hwloc PkgConfig::liburing PkgConfig::re2 PkgConfig::libdw
  OpenSSL::Crypto ZLIB::ZLIB Boost::context Threads::Threads ${CMAKE_DL_LIBS})
# A library that no object refers to is not loaded at start.
target_link_options(convoy-dependencies INTERFACE -Wl,--as-needed)

if(CONVOY_TESTS)
  find_package(GTest REQUIRED)
else()
  find_package(GTest QUIET)
endif()
