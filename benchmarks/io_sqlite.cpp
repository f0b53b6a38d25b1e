// Looking rows up in a SQLite database, or changing one in a transaction of its own.
// lint: long because SQLite is told to use a file that has no name
#include <fcntl.h>
#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "harness/work/workload.hpp"

static const convoy::Choice op{"op", {"get", "put"}, "Look a row up, or change one and commit"};
static const convoy::Parameter rows{"rows", 10'000, "Rows of the table", 1'000, 1'000'000};
static const convoy::Flag flush{"flush", false, "Each commit waits for the disk (synchronous)"};

namespace {
using Database = std::unique_ptr<sqlite3, decltype(&::sqlite3_close_v2)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&::sqlite3_finalize)>;
struct Connection {
  Database database;
  Statement get, put;
};
}  // namespace

static int check(sqlite3* database, int result) {
  if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) return result;
  throw std::runtime_error(std::string("SQLite: ") + ::sqlite3_errmsg(database));
}

// SQLite opens files by their names only, and a scratch file has none: this one means its number.
constexpr std::string_view nameless = "/nameless/";

static int open_by_number(const char* name, int flags, int mode) {
  const std::string_view called = name;
  if (!called.starts_with(nameless)) return ::open(name, flags, mode);
  const std::string file = "/proc/self/fd/" + std::string(called.substr(nameless.size()));
  return ::open(file.c_str(), flags & ~(O_NOFOLLOW | O_CREAT));
}

static Database open(const convoy::Setup& setup, int fd) {
  sqlite3_vfs* const files = ::sqlite3_vfs_find("unix");
  files->xSetSystemCall(files, "open", reinterpret_cast<sqlite3_syscall_ptr>(&open_by_number));
  sqlite3* opened = nullptr;
  const std::string name = std::string(nameless) + std::to_string(fd);
  const int result =
      ::sqlite3_open_v2(name.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, "unix");
  Database database(opened, &::sqlite3_close_v2);
  check(opened, result);
  ::sqlite3_busy_timeout(opened, 60'000);
  const std::string pragmas = std::string("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=") +
                              (setup[flush] ? "FULL" : "OFF");
  check(opened, ::sqlite3_exec(opened, pragmas.c_str(), nullptr, nullptr, nullptr));
  return database;
}

static const convoy::Shared<convoy::UniqueFd> file{[](const convoy::Setup& setup) {
  if (setup[rows] < setup.workers())
    throw std::invalid_argument("each worker has rows of its own: make rows as many as workers");
  convoy::UniqueFd made = setup.scratch_file();
  const Database database = open(setup, made.get());
  const std::string fill =
      "CREATE TABLE stock (key INTEGER PRIMARY KEY, value INTEGER NOT NULL);"
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " +
      std::to_string(setup[rows]) + ") INSERT INTO stock SELECT i, 7 * i FROM n";
  check(database.get(), ::sqlite3_exec(database.get(), fill.c_str(), nullptr, nullptr, nullptr));
  return made;
}};

static const convoy::Local<Connection> connection{[](const convoy::Setup&, int) {
  return Connection{{nullptr, &::sqlite3_close_v2},
                    {nullptr, &::sqlite3_finalize},
                    {nullptr, &::sqlite3_finalize}};
}};

// On the worker's seat and after a fork, of which SQLite wants to know nothing.
static void connect(Connection& it, const convoy::Setup& setup, int fd) {
  it.database = open(setup, fd);
  const auto prepare = [&](Statement& statement, const char* text) {
    sqlite3_stmt* made = nullptr;
    const int result = ::sqlite3_prepare_v2(it.database.get(), text, -1, &made, nullptr);
    statement.reset(made);
    check(it.database.get(), result);
  };
  prepare(it.get, "SELECT value FROM stock WHERE key = ?1");
  prepare(it.put, "UPDATE stock SET value = ?2 WHERE key = ?1");
}

static std::int64_t get(const Connection& it, std::int64_t key) {
  ::sqlite3_bind_int64(it.get.get(), 1, key);
  if (check(it.database.get(), ::sqlite3_step(it.get.get())) != SQLITE_ROW)
    throw std::runtime_error("SQLite has no row " + std::to_string(key));
  const std::int64_t value = ::sqlite3_column_int64(it.get.get(), 0);
  ::sqlite3_reset(it.get.get());
  return value;
}

static std::int64_t put(const Connection& it, std::int64_t key, std::int64_t value) {
  ::sqlite3_bind_int64(it.put.get(), 1, key);
  ::sqlite3_bind_int64(it.put.get(), 2, value);
  check(it.database.get(), ::sqlite3_step(it.put.get()));
  check(it.database.get(), ::sqlite3_reset(it.put.get()));
  return ::sqlite3_changes(it.database.get());
}

CONVOY_WORKLOAD(io_sqlite, io, "Look up or change rows of a SQLite database", op, rows, flush, file,
                connection, convoy::BlocksThreads{}) {
  Connection& own = worker[connection];
  // In the first round, which is not measured.
  if (own.database == nullptr) connect(own, worker.setup(), worker[file].get());
  const bool puts = worker[op] == 1;
  const std::int64_t steps = worker[rows] / worker.count();
  std::int64_t key = worker.index();
  for (std::int64_t number = 0; worker.next(); ++number) {
    key = worker.index() + number * 7'919 % steps * worker.count();
    worker.keep(worker.native([&] { return puts ? put(own, key, number) : get(own, key); }));
  }
  if (puts) worker.keep(get(own, key));
  co_return;
}
