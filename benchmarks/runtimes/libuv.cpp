// Callbacks on libuv's event loop, on one thread.
// needs: header uv.h in libuv1-dev
// needs: library uv in libuv1-dev
#include <uv.h>

#include "benchmarks/runtimes/shared/pool.hpp"

namespace {

using namespace convoy::runtimes;

// What libuv returned; negative: a failure.
int expect(int result, const char* call) {
  if (result < 0)
    throw std::system_error(-result, std::generic_category(), call);  // its numbers are errno's
  return result;
}

// A timer for each worker.
class Sleep : public Job {
 public:
  explicit Sleep(const Setting& setting)
      : wait_ms_(static_cast<std::uint64_t>(setting["wait"] / 1'000'000)),
        sleepers_(static_cast<std::size_t>(setting.workers())) {
    expect(uv_loop_init(&loop_), "uv_loop_init");
    for (Sleeper& sleeper : sleepers_) {
      sleeper.job = this;
      sleeper.timer.data = &sleeper;
      expect(uv_timer_init(&loop_, &sleeper.timer), "uv_timer_init");
    }
  }
  void prepare(std::int64_t operations) override {
    done_ = 0;
    for (Sleeper& sleeper : sleepers_) sleeper.left = operations;
  }
  std::int64_t run() override {
    uv_update_time(&loop_);
    for (Sleeper& sleeper : sleepers_) sleep(sleeper);
    uv_run(&loop_, UV_RUN_DEFAULT);
    return done_;
  }

 private:
  struct Sleeper {
    Sleep* job = nullptr;
    std::int64_t left = 0;
    uv_timer_t timer{};
  };
  void sleep(Sleeper& sleeper) {
    if (sleeper.left-- > 0) uv_timer_start(&sleeper.timer, wake, wait_ms_, 0);
  }
  static void wake(uv_timer_t* timer) {
    auto& sleeper = *static_cast<Sleeper*>(timer->data);
    ++sleeper.job->done_;
    sleeper.job->sleep(sleeper);
  }

  std::uint64_t wait_ms_;
  uv_loop_t loop_{};
  std::vector<Sleeper> sleepers_;
  std::int64_t done_ = 0;
};

class Echo : public Job {
 public:
  explicit Echo(const Setting& setting)
      : bytes_(static_cast<std::size_t>(setting["bytes"])),
        buffer_(std::max(bytes_, std::size_t{65536})) {
    expect(uv_loop_init(&loop_), "uv_loop_init");
    for (const int fd : accept_clients(setting)) {
      Connection& connection = connections_.emplace_back();
      connection.job = this;
      connection.tcp.data = connection.write.data = &connection;
      expect(uv_tcp_init(&loop_, &connection.tcp), "uv_tcp_init");
      expect(uv_tcp_open(&connection.tcp, fd), "uv_tcp_open");
      listen(connection);
    }
  }
  void prepare(std::int64_t operations) override {
    left_ = ordered_ = operations * static_cast<std::int64_t>(connections_.size());
  }
  std::int64_t run() override {
    uv_run(&loop_, UV_RUN_DEFAULT);
    return ordered_;
  }

 private:
  struct Connection {
    Echo* job = nullptr;
    uv_tcp_t tcp{};
    uv_write_t write{};
    std::string unsent;
    std::size_t answered = 0;  // bytes of the request that is not complete
    uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  };
  static void listen(Connection& connection) {
    expect(uv_read_start(connection.stream(), lend, receive), "uv_read_start");
  }
  static void lend(uv_handle_t* handle, std::size_t /*suggested*/, uv_buf_t* buffer) {
    std::vector<char>& all = static_cast<Connection*>(handle->data)->job->buffer_;
    *buffer = uv_buf_init(all.data(), static_cast<unsigned>(all.size()));
  }
  static void receive(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    auto& connection = *static_cast<Connection*>(stream->data);
    try {
      if (size != 0) expect(static_cast<int>(size), "uv_read");
      connection.job->answer(connection, buffer->base, static_cast<std::size_t>(size));
    } catch (const std::exception& error) {
      give_up(error);
    }
  }
  // At once where the socket takes it, without a request that is queued.
  void answer(Connection& connection, char* message, std::size_t size) {
    uv_buf_t whole = uv_buf_init(message, static_cast<unsigned>(size));
    const int put = uv_try_write(connection.stream(), &whole, 1);
    const auto sent = static_cast<std::size_t>(put == UV_EAGAIN ? 0 : expect(put, "uv_try_write"));
    if (sent < size) {
      expect(uv_read_stop(connection.stream()), "uv_read_stop");
      connection.unsent.assign(message + sent, size - sent);
      uv_buf_t rest = uv_buf_init(connection.unsent.data(), static_cast<unsigned>(size - sent));
      expect(uv_write(&connection.write, connection.stream(), &rest, 1, flushed), "uv_write");
    }
    connection.answered += size;
    left_ -= static_cast<std::int64_t>(connection.answered / bytes_);
    connection.answered %= bytes_;
    if (left_ <= 0) uv_stop(&loop_);
  }
  static void flushed(uv_write_t* write, int status) {
    try {
      expect(status, "uv_write");
      listen(*static_cast<Connection*>(write->data));
    } catch (const std::exception& error) {
      give_up(error);
    }
  }

  std::size_t bytes_;
  uv_loop_t loop_{};
  std::vector<char> buffer_;
  std::deque<Connection> connections_;  // they stay where they are
  std::int64_t left_ = 0, ordered_ = 0;
};

// Its pool of threads, which tells the loop what was done.
class Pool : public Submitter {
 public:
  explicit Pool(const Setting& setting) : Submitter(setting), places_(places()) {
    // Read when the first task is handed in.
    ::setenv("UV_THREADPOOL_SIZE", std::to_string(servers()).c_str(), 1);
    expect(uv_loop_init(&loop_), "uv_loop_init");
    for (Place& place : places_) place.request.data = &place;
  }

 private:
  struct Place {
    uv_work_t request{};
    Task task;
    std::uint64_t mark = 0;
    bool done = false;
  };
  void submit(std::size_t which, Task task) override {
    Place& place = places_[which];
    place.task = task;
    place.done = false;
    expect(uv_queue_work(&loop_, &place.request, work, done), "uv_queue_work");
  }
  std::uint64_t result(std::size_t which) override {
    while (!places_[which].done) uv_run(&loop_, UV_RUN_ONCE);
    return places_[which].mark;
  }
  static Place& place_of(uv_work_t* request) { return *static_cast<Place*>(request->data); }
  static void work(uv_work_t* request) { place_of(request).mark = place_of(request).task.run(); }
  static void done(uv_work_t* request, int /*status*/) { place_of(request).done = true; }

  uv_loop_t loop_{};
  std::deque<Place> places_;
};

}  // namespace

int main(int count, char** words) {
  // Its timers count milliseconds: those of fanout_sleep as it is, and no other `wait`.
  return serve(count, words, std::string("libuv ") + uv_version_string(),
               "Callbacks on libuv's event loop, on one thread; its thread pool",
               {offer<Sleep>("fanout_sleep", ""), offer<Echo>("server_echo", "bytes rate arrivals"),
                offer<Pool>("pool_submit", "task ahead")});
}
