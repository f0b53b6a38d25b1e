// Coroutines of Asio on one thread.
// needs: header asio/awaitable.hpp in libasio-dev
// defines: ASIO_HAS_CO_AWAIT=1 ASIO_HAS_STD_COROUTINE=1
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/channel.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/version.hpp>

#include "benchmarks/runtimes/shared/pool.hpp"
#include "benchmarks/runtimes/shared/token.hpp"
#include "benchmarks/runtimes/shared/tree.hpp"

namespace {

using namespace convoy::runtimes;
using asio::ip::tcp;

// Whoever throws ends the program.
void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

// A coroutine for each worker.
class Coroutines : public Job {
 public:
  explicit Coroutines(const Setting& setting) : workers_(setting.workers()) {}
  void prepare(std::int64_t operations) override {
    done_ = 0;
    context_.restart();
    for (int worker = 0; worker < workers_; ++worker)
      asio::co_spawn(context_, work(worker, operations), rethrow);
  }
  std::int64_t run() override {
    context_.run();
    return done_;
  }

 protected:
  // Does so many operations, and counts each in done_.
  virtual asio::awaitable<void> work(int worker, std::int64_t times) = 0;

  asio::io_context context_{1};
  std::int64_t done_ = 0;

 private:
  int workers_;
};

class Sleep : public Coroutines {
 public:
  explicit Sleep(const Setting& setting)
      : Coroutines(setting), wait_(setting["wait"]), steps_(steps_of(setting.get("cpu"))) {}

 private:
  asio::awaitable<void> work(int /*worker*/, std::int64_t times) override {
    asio::steady_timer timer(context_);
    for (; times > 0; --times, ++done_) {
      compute_for(steps_);
      if (wait_.count() == 0) continue;
      timer.expires_after(wait_);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  std::chrono::nanoseconds wait_;
  std::int64_t steps_;
};

class Echo : public Coroutines {
 public:
  explicit Echo(const Setting& setting)
      : Coroutines(setting), bytes_(static_cast<std::size_t>(setting["bytes"])) {
    for (const int fd : accept_clients(setting)) {
      sockets_.emplace_back(context_);
      sockets_.back().assign(tcp::v4(), fd);
    }
  }

 private:
  asio::awaitable<void> work(int worker, std::int64_t times) override {
    tcp::socket& socket = sockets_[static_cast<std::size_t>(worker)];
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
  std::vector<tcp::socket> sockets_;
};

// A channel with room for one message is an event.
class PingPong : public Coroutines {
 public:
  explicit PingPong(const Setting& setting)
      : Coroutines(setting), pairs_(setting.workers(), context_) {}

 private:
  struct Event {
    explicit Event(asio::io_context& context) : channel(context, 1) {}
    void set() { channel.try_send(asio::error_code(), true); }
    asio::experimental::channel<void(asio::error_code, bool)> channel;
  };
  asio::awaitable<void> work(int worker, std::int64_t times) override {
    Token& token = pairs_.token_of(worker);
    Event &own = pairs_.event_of(worker), &others = pairs_.partners_event_of(worker);
    for (; times > 0; --times, ++done_)
      for (int half = 0; half < kHalves; ++half) {
        if ((half % 2 == 0) == pairs_.leads(worker)) {
          token.pass(half);
          others.set();
        } else {
          co_await own.channel.async_receive(asio::use_awaitable);
          token.expect(half);
        }
      }
  }

  Pairs<Event> pairs_;
};

// A coroutine for each node: all ten are made before the first is awaited, as in the workload.
class Skynet : public Coroutines {
 public:
  explicit Skynet(const Setting& setting) : Coroutines(setting), tree_(tree_of(setting)) {}

 private:
  asio::awaitable<void> work(int /*worker*/, std::int64_t times) override {
    for (; times > 0; --times, ++done_) {
      const Sum sum = co_await add(tree_);
      expect(sum, tree_);
    }
  }
  static asio::awaitable<Sum> add(Part part) {
    Sum all{part.first};
    if (part.leaves > 1) {
      all.sum = 0;
      std::vector<asio::awaitable<Sum>> children;
      children.reserve(kChildren);
      for (std::int64_t i = 0; i < kChildren; ++i) children.push_back(add(part.child(i)));
      for (asio::awaitable<Sum>& child : children) {
        const Sum sum = co_await std::move(child);
        all.add(sum);
      }
    }
    co_return all;
  }

  Part tree_;
};

class Pool : public Submitter {
 public:
  explicit Pool(const Setting& setting)
      : Submitter(setting), threads_(static_cast<std::size_t>(servers())), results_(places()) {}

 private:
  void submit(std::size_t place, Task task) override {
    asio::post(threads_, [&own = results_[place], task] { own.set(task.run()); });
  }
  std::uint64_t result(std::size_t place) override { return results_[place].take(); }

  asio::thread_pool threads_;
  std::deque<Result> results_;
};

std::string version() {
  return "Asio " + std::to_string(ASIO_VERSION / 100000) + "." +
         std::to_string(ASIO_VERSION / 100 % 1000) + "." + std::to_string(ASIO_VERSION % 100);
}

}  // namespace

int main(int count, char** words) {
  return serve(
      count, words, version(), "Coroutines of Asio, on one thread; its thread pool",
      {offer<Sleep>("fanout_sleep", "wait"), offer<Sleep>("mixed", "cpu wait"),
       offer<Echo>("server_echo", "bytes rate arrivals"), offer<PingPong>("switch_pingpong", ""),
       offer<Skynet>("skynet", "depth"), offer<Pool>("pool_submit", "task ahead")});
}
