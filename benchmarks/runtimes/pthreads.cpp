// A thread for each worker, and blocking calls: what threads cost without a harness around them.
#include <pthread.h>
#include <time.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "benchmarks/runtimes/shared/runtime.hpp"

namespace {

using namespace convoy::runtimes;

// Threads that stay, and that begin and end each round together.
class Threads : public Job {
 public:
  explicit Threads(int workers) : workers_(workers) {}
  void prepare(std::int64_t operations) override {
    operations_ = operations;
    if (made_) return;
    made_ = true;
    for (int worker = 0; worker < workers_; ++worker)
      std::thread([this, worker] { live(worker); }).detach();
  }
  std::int64_t run() override {
    std::unique_lock lock(mutex_);
    finished_ = 0;
    ++round_;
    begun_.notify_all();
    ended_.wait(lock, [this] { return finished_ == workers_; });
    return operations_ * workers_;
  }

 protected:
  virtual void work(int worker, std::int64_t operations) = 0;

 private:
  void live(int worker) {
    for (int round = 0;;) {
      {
        std::unique_lock lock(mutex_);
        begun_.wait(lock, [&] { return round_ != round; });
        round = round_;
      }
      try {
        work(worker, operations_);
      } catch (const std::exception& error) {
        give_up(error);
      }
      const std::lock_guard lock(mutex_);
      if (++finished_ == workers_) ended_.notify_one();
    }
  }

  int workers_;
  std::int64_t operations_ = 0;
  bool made_ = false;
  std::mutex mutex_;
  std::condition_variable begun_, ended_;
  int round_ = 0, finished_ = 0;
};

class Sleep : public Threads {
 public:
  explicit Sleep(const Setting& setting) : Threads(setting.workers()), wait_(setting["wait"]) {}

 private:
  void work(int /*worker*/, std::int64_t operations) override {
    const timespec time{wait_ / 1'000'000'000, wait_ % 1'000'000'000};
    for (; operations > 0; --operations)
      if (::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr) != 0) fail("clock_nanosleep");
  }
  std::int64_t wait_;
};

class Echo : public Threads {
 public:
  explicit Echo(const Setting& setting)
      : Threads(setting.workers()),
        bytes_(static_cast<std::size_t>(setting["bytes"])),
        connections_(accept_clients(setting)) {}

 private:
  void work(int worker, std::int64_t operations) override {
    const int fd = connections_[static_cast<std::size_t>(worker)];
    std::string message(bytes_, '\0');
    for (; operations > 0; --operations) {
      for (std::size_t got = 0; got < bytes_;) {
        const ssize_t size = ::recv(fd, message.data() + got, bytes_ - got, 0);
        if (size <= 0) fail("recv");
        got += static_cast<std::size_t>(size);
      }
      for (std::size_t sent = 0; sent < bytes_;) {
        const ssize_t size = ::send(fd, message.data() + sent, bytes_ - sent, MSG_NOSIGNAL);
        if (size < 0) fail("send");
        sent += static_cast<std::size_t>(size);
      }
    }
  }
  std::size_t bytes_;
  std::vector<int> connections_;
};

}  // namespace

int main(int count, char** words) {
  char version[64] = "POSIX threads";
  ::confstr(_CS_GNU_LIBPTHREAD_VERSION, version, sizeof version);
  return serve(
      count, words, version, "A thread for each worker, and blocking calls",
      {offer<Sleep>("fanout_sleep", "wait"), offer<Echo>("server_echo", "bytes rate arrivals")});
}
