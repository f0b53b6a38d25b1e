// Coroutines of Asio on one thread.
// needs: header asio/awaitable.hpp in libasio-dev
// defines: ASIO_HAS_CO_AWAIT=1 ASIO_HAS_STD_COROUTINE=1
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/version.hpp>
#include <asio/write.hpp>

#include "benchmarks/runtimes/shared/runtime.hpp"

namespace {

using namespace convoy::runtimes;
using asio::ip::tcp;

// Whoever throws ends the program.
void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

class Sleep : public Job {
 public:
  explicit Sleep(const Setting& setting)
      : wait_(setting["wait"]), workers_(setting.workers()), context_(1) {}
  void prepare(std::int64_t operations) override {
    done_ = 0;
    context_.restart();
    for (int i = 0; i < workers_; ++i) asio::co_spawn(context_, sleep(operations), rethrow);
  }
  std::int64_t run() override {
    context_.run();
    return done_;
  }

 private:
  asio::awaitable<void> sleep(std::int64_t times) {
    asio::steady_timer timer(context_);
    for (; times > 0; --times, ++done_) {
      timer.expires_after(wait_);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  std::chrono::nanoseconds wait_;
  int workers_;
  asio::io_context context_;
  std::int64_t done_ = 0;
};

class Echo : public Job {
 public:
  explicit Echo(const Setting& setting)
      : bytes_(static_cast<std::size_t>(setting["bytes"])), context_(1) {
    for (const int fd : accept_clients(setting)) {
      sockets_.emplace_back(context_);
      sockets_.back().assign(tcp::v4(), fd);
    }
  }
  void prepare(std::int64_t operations) override {
    done_ = 0;
    context_.restart();
    for (tcp::socket& socket : sockets_)
      asio::co_spawn(context_, answer(socket, operations), rethrow);
  }
  std::int64_t run() override {
    context_.run();
    return done_;
  }

 private:
  asio::awaitable<void> answer(tcp::socket& socket, std::int64_t times) {
    std::string message(bytes_, '\0');
    for (; times > 0; --times, ++done_) {
      for (std::size_t got = 0; got < bytes_;) {
        const std::size_t size = co_await socket.async_read_some(
            asio::buffer(message.data() + got, bytes_ - got), asio::use_awaitable);
        got += size;
      }
      for (std::size_t sent = 0; sent < bytes_;) {
        const std::size_t size = co_await socket.async_write_some(
            asio::buffer(message.data() + sent, bytes_ - sent), asio::use_awaitable);
        sent += size;
      }
    }
  }

  std::size_t bytes_;
  asio::io_context context_;
  std::vector<tcp::socket> sockets_;
  std::int64_t done_ = 0;
};

std::string version() {
  return "Asio " + std::to_string(ASIO_VERSION / 100000) + "." +
         std::to_string(ASIO_VERSION / 100 % 1000) + "." + std::to_string(ASIO_VERSION % 100);
}

}  // namespace

int main(int count, char** words) {
  return serve(
      count, words, version(), "Coroutines of Asio, on one thread",
      {offer<Sleep>("fanout_sleep", "wait"), offer<Echo>("server_echo", "bytes rate arrivals")});
}
