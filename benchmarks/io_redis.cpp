// Getting or setting a key of a Redis server: hiredis writes the commands and reads the replies,
// whose bytes are moved as the model moves them.
// lint: long because hiredis' memory is freed in C's ways
#include <hiredis/hiredis.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_MiB;

static const convoy::Choice op{
    "op", {"get", "put"}, "Get a key, or set it and get it, sent at once"};
static const convoy::Parameter bytes{"bytes", 64_B, "Length of the value", 1_B, 1_MiB};

namespace {

using Reply = std::unique_ptr<redisReply, decltype(&::freeReplyObject)>;
using Reader = std::unique_ptr<redisReader, decltype(&::redisReaderFree)>;

std::string command(const std::vector<std::string_view>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* text = nullptr;
  const int size =
      ::redisFormatCommandArgv(&text, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  const std::string made(text, static_cast<std::size_t>(size));
  ::redisFreeCommand(text);
  return made;
}

// One worker's connection and its key, which goes after ten minutes where nobody deletes it.
struct Connection {
  convoy::UniqueFd socket;
  std::string key, value;
  Reader reader{::redisReaderCreate(), &::redisReaderFree};

  Connection() = default;
  Connection(Connection&&) = default;
  ~Connection() {
    if (!socket) return;
    const std::string forget = command({"DEL", key});
    ::send(socket.get(), forget.data(), forget.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  std::string put() const { return command({"SET", key, value, "EX", "600"}); }
  std::string get() const { return command({"GET", key}); }
  void feed(std::string_view came) { ::redisReaderFeed(reader.get(), came.data(), came.size()); }
  // Null while more has to come.
  Reply take(const convoy::Setup& setup) const {
    void* found = nullptr;
    if (::redisReaderGetReply(reader.get(), &found) != REDIS_OK)
      throw std::runtime_error("what " + setup.target() + " answers is not Redis' (" +
                               reader->errstr + "): " + convoy::advice_on_target(setup));
    Reply reply(static_cast<redisReply*>(found), &::freeReplyObject);
    if (reply && reply->type == REDIS_REPLY_ERROR)
      throw std::runtime_error("Redis refuses: " + std::string(reply->str, reply->len));
    return reply;
  }
};

std::string first_value(const convoy::Setup& setup, int worker) {
  return std::string(static_cast<std::size_t>(setup[bytes].count),
                     static_cast<char>('a' + worker % 26));
}

}  // namespace

static const convoy::Local<Connection> connection{[](const convoy::Setup& setup, int worker) {
  Connection made;
  made.socket = convoy::connect_to_target(setup);
  made.key = "convoy:" + std::to_string(::getpid()) + ":" + std::to_string(worker);
  made.value = first_value(setup, worker);
  for (std::string question = made.put(); !made.take(setup); question.clear())
    made.feed(convoy::ask_target(setup, made.socket, question));
  return made;
}};

CONVOY_WORKLOAD(io_redis, io, "Get or set a key of a Redis server", op, bytes, connection,
                convoy::Throughput{bytes},
                convoy::NeedsTarget{"Redis", "scripts/servers/redis start"}) {
  Connection& own = worker[connection];
  const bool puts = worker[op] == 1;
  std::vector<char> buffer(std::size_t{16} << 10);
  own.value = first_value(worker.setup(), worker.index());
  for (std::size_t number = 0; worker.next(); ++number) {
    if (puts) own.value[number % own.value.size()] = static_cast<char>('A' + number % 26);
    const std::string request = puts ? own.put() + own.get() : own.get();
    for (std::size_t sent = 0; sent < request.size();) {
      const std::span<const char> rest = std::span(request).subspan(sent);
      const std::size_t count = co_await worker.send(own.socket.get(), rest);
      sent += count;
    }
    Reply reply(nullptr, &::freeReplyObject);
    for (int replies = puts ? 2 : 1; replies > 0;) {
      reply = own.take(worker.setup());
      if (reply) {
        --replies;
        continue;
      }
      const std::size_t count = co_await worker.recv(own.socket.get(), buffer);
      if (count == 0) convoy::throw_error_code(ECONNRESET, "recv", "Redis has hung up");
      own.feed({buffer.data(), count});
    }
    if (std::string_view(reply->str, reply->len) != own.value)
      throw std::runtime_error("Redis does not know the value that was set");
    worker.keep(std::span<const char>(reply->str, reply->len));
  }
}
