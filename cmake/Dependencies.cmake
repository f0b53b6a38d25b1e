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
# Each for one workload, which the programs go without where it is not there.
pkg_check_modules(sqlite3 QUIET IMPORTED_TARGET sqlite3)
pkg_check_modules(hiredis QUIET IMPORTED_TARGET hiredis)
pkg_check_modules(libpq QUIET IMPORTED_TARGET libpq)

add_library(convoy-dependencies INTERFACE)
target_link_libraries(convoy-dependencies INTERFACE
  benchmark::benchmark fmt::fmt CLI11::CLI11 nlohmann_json::nlohmann_json
  PkgConfig::hwloc PkgConfig::liburing PkgConfig::re2 PkgConfig::libdw
  OpenSSL::Crypto ZLIB::ZLIB Boost::context Threads::Threads ${CMAKE_DL_LIBS})
set(CONVOY_ABSENT_WORKLOADS)
set(CONVOY_NOT_BUILT "")
foreach(pair sqlite3:io_sqlite:libsqlite3-dev hiredis:io_redis:libhiredis-dev
             libpq:io_postgres:libpq-dev)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 library)
  list(GET pair 1 workload)
  list(GET pair 2 package)
  if(TARGET PkgConfig::${library})
    target_link_libraries(convoy-dependencies INTERFACE PkgConfig::${library})
  else()
    list(APPEND CONVOY_ABSENT_WORKLOADS ${workload})
    string(APPEND CONVOY_NOT_BUILT " ${workload} (${package})")
    message(STATUS "Without ${workload}: `apt-get install -y ${package}` brings its library")
  endif()
endforeach()
# A library that no object refers to is not loaded at start.
target_link_options(convoy-dependencies INTERFACE -Wl,--as-needed)

if(CONVOY_TESTS)
  find_package(GTest REQUIRED)
else()
  find_package(GTest QUIET)
endif()
