// Selecting a row by its key from a PostgreSQL server through libpq, which owns the socket: the
// model waits until there is something for it to read. lint: long because libpq is loaded only
// where it is used
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "harness/work/workload.hpp"

static const convoy::Parameter rows{"rows", 1'000, "Rows of the table", 1, 1'000'000};

namespace {

struct Libpq {
// NOLINTNEXTLINE(bugprone-macro-parentheses): it is the name of a member
#define CONVOY_LIBPQ(name) decltype(&::name) name = find<decltype(&::name)>(#name)
  CONVOY_LIBPQ(PQconnectdbParams);
  CONVOY_LIBPQ(PQfinish);
  CONVOY_LIBPQ(PQstatus);
  CONVOY_LIBPQ(PQsocket);
  CONVOY_LIBPQ(PQsetnonblocking);
  CONVOY_LIBPQ(PQerrorMessage);
  CONVOY_LIBPQ(PQexec);
  CONVOY_LIBPQ(PQprepare);
  CONVOY_LIBPQ(PQsendQueryPrepared);
  CONVOY_LIBPQ(PQflush);
  CONVOY_LIBPQ(PQconsumeInput);
  CONVOY_LIBPQ(PQisBusy);
  CONVOY_LIBPQ(PQgetResult);
  CONVOY_LIBPQ(PQresultStatus);
  CONVOY_LIBPQ(PQntuples);
  CONVOY_LIBPQ(PQgetvalue);
  CONVOY_LIBPQ(PQclear);
#undef CONVOY_LIBPQ

 private:
  template <class Function>
  static Function find(const char* name) {
    static const convoy::LoadedLibrary file("libpq.so.5", "libpq5");
    return file.find<Function>(name);
  }
};

const Libpq& pq() {
  static const Libpq loaded;
  return loaded;
}

using Connection = std::unique_ptr<PGconn, void (*)(PGconn*)>;
using Result = std::unique_ptr<PGresult, void (*)(PGresult*)>;

[[noreturn]] void fail(const Connection& it, const std::string& advice = {}) {
  std::string words = pq().PQerrorMessage(it.get());
  while (!words.empty() && words.back() == '\n') words.pop_back();
  throw std::runtime_error("PostgreSQL: " + words + (advice.empty() ? "" : "; " + advice));
}

void require(const Connection& it, PGresult* made, ExecStatusType wanted) {
  const Result result(made, pq().PQclear);
  if (pq().PQresultStatus(made) != wanted) fail(it);
}

const char* unless_set(const char* variable, const char* otherwise) {
  return std::getenv(variable) != nullptr ? nullptr : otherwise;
}

}  // namespace

// Its table is one of the session, which the server drops however that ends.
static const convoy::Local<Connection> connection{[](const convoy::Setup& setup, int) {
  const convoy::TargetAddress address = convoy::parse_target(setup.target(), setup.workload());
  const char* const names[] = {"host",       "port",   "connect_timeout",
                               "user",       "dbname", "client_encoding",
                               "gssencmode", nullptr};
  const char* const values[] = {address.host.c_str(),
                                address.port.c_str(),
                                "10",
                                unless_set("PGUSER", "convoy"),
                                unless_set("PGDATABASE", "postgres"),
                                "UTF8",
                                "disable",
                                nullptr};
  Connection made(pq().PQconnectdbParams(names, values, 0), pq().PQfinish);
  if (pq().PQstatus(made.get()) != CONNECTION_OK) fail(made, convoy::advice_on_target(setup));
  const std::string fill =
      "CREATE TEMPORARY TABLE stock (key integer PRIMARY KEY, value text NOT NULL);"
      "INSERT INTO stock SELECT i, 'item ' || 7 * i FROM generate_series(0, " +
      std::to_string(setup[rows] - 1) + ") i; ANALYZE stock";
  require(made, pq().PQexec(made.get(), fill.c_str()), PGRES_COMMAND_OK);
  const char* const get = "SELECT value FROM stock WHERE key = $1::text::integer";
  require(made, pq().PQprepare(made.get(), "get", get, 1, nullptr), PGRES_COMMAND_OK);
  if (pq().PQsetnonblocking(made.get(), 1) != 0) fail(made);
  return made;
}};

CONVOY_WORKLOAD(io_postgres, io, "Select a row by its key from a PostgreSQL server", rows,
                connection, convoy::NeedsTarget{"PostgreSQL", "scripts/servers/postgres start"}) {
  const Connection& own = worker[connection];
  PGconn* const link = own.get();
  const int socket = pq().PQsocket(link);
  for (std::int64_t number = worker.index(); worker.next(); number += 7'919) {
    const std::string key = std::to_string(number % worker[rows]);
    const char* const keys[] = {key.c_str()};
    if (pq().PQsendQueryPrepared(link, "get", 1, keys, nullptr, nullptr, 0) == 0) fail(own);
    while (const int left = pq().PQflush(link)) {
      if (left < 0) fail(own);
      co_await worker.writable(socket);
    }
    bool found = false;
    for (;;) {
      while (pq().PQisBusy(link) != 0) {
        co_await worker.readable(socket);
        if (pq().PQconsumeInput(link) == 0) fail(own);
      }
      const Result result(pq().PQgetResult(link), pq().PQclear);
      if (result == nullptr) break;
      if (pq().PQresultStatus(result.get()) != PGRES_TUPLES_OK) fail(own);
      found = pq().PQntuples(result.get()) == 1;
      const std::string value = found ? pq().PQgetvalue(result.get(), 0, 0) : "";
      if (value != "item " + std::to_string(7 * (number % worker[rows])))
        throw std::runtime_error("PostgreSQL has another row under key " + key);
      worker.keep(std::span<const char>(value));
    }
    if (!found) throw std::runtime_error("PostgreSQL sent no row for key " + key);
  }
}
