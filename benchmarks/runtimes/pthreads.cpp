// A thread for each worker, and blocking calls: what threads cost without a harness around them.
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "benchmarks/runtimes/shared/pool.hpp"
#include "benchmarks/runtimes/shared/token.hpp"
#include "benchmarks/runtimes/shared/tree.hpp"

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
  explicit Sleep(const Setting& setting)
      : Threads(setting.workers()), wait_(setting["wait"]), steps_(steps_of(setting.get("cpu"))) {}

 private:
  void work(int /*worker*/, std::int64_t operations) override {
    const timespec time{wait_ / 1'000'000'000, wait_ % 1'000'000'000};
    for (; operations > 0; --operations) {
      compute_for(steps_);
      if (wait_ > 0 && ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr) != 0)
        fail("clock_nanosleep");
    }
  }
  std::int64_t wait_, steps_;
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

class Event {
 public:
  Event() { ::sem_init(&set_, 0, 0); }
  Event(const Event&) = delete;
  ~Event() { ::sem_destroy(&set_); }
  void set() { ::sem_post(&set_); }
  void wait() {
    while (::sem_wait(&set_) != 0 && errno == EINTR) continue;
  }

 private:
  sem_t set_;
};

class PingPong : public Threads {
 public:
  explicit PingPong(const Setting& setting)
      : Threads(setting.workers()), pairs_(setting.workers()) {}

 private:
  void work(int worker, std::int64_t operations) override { pairs_.work(worker, operations); }
  Pairs<Event> pairs_;
};

// A thread for each node, with a small stack, since there may be thousands.
class Skynet : public Threads {
 public:
  explicit Skynet(const Setting& setting) : Threads(setting.workers()), tree_(tree_of(setting)) {
    ::pthread_attr_init(&small_);
    ::pthread_attr_setstacksize(&small_, 64 * 1024);
  }

 private:
  struct Node {
    Skynet* job;
    Part part;
    Sum sum;
    pthread_t thread;
  };
  void work(int /*worker*/, std::int64_t operations) override {
    for (; operations > 0; --operations) expect(add(tree_), tree_);
  }
  Sum add(Part part) {
    if (part.leaves == 1) return {part.first};
    std::array<Node, kChildren> nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      nodes[i] = {this, part.child(static_cast<std::int64_t>(i)), {}, {}};
      errno = ::pthread_create(&nodes[i].thread, &small_, run_node, &nodes[i]);
      if (errno != 0) fail("pthread_create");
    }
    Sum all;
    for (const Node& node : nodes) {
      ::pthread_join(node.thread, nullptr);
      all.add(node.sum);
    }
    return all;
  }
  static void* run_node(void* argument) {
    auto& node = *static_cast<Node*>(argument);
    try {
      node.sum = node.job->add(node.part);
    } catch (const std::exception& error) {
      give_up(error);
    }
    return nullptr;
  }

  Part tree_;
  pthread_attr_t small_;
};

// A queue under a mutex, and threads that wait for what comes.
class Pool : public Submitter {
 public:
  explicit Pool(const Setting& setting) : Submitter(setting), results_(places()) {
    for (int server = 0; server < servers(); ++server) std::thread([this] { serve(); }).detach();
  }

 private:
  void submit(std::size_t place, Task task) override {
    {
      const std::lock_guard lock(mutex_);
      queue_.emplace_back(place, task);
    }
    arrived_.notify_one();
  }
  std::uint64_t result(std::size_t place) override { return results_[place].take(); }
  void serve() {
    for (;;) {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return !queue_.empty(); });
      const auto [place, task] = queue_.front();
      queue_.pop_front();
      lock.unlock();
      results_[place].set(task.run());
    }
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::pair<std::size_t, Task>> queue_;
  std::deque<Result> results_;
};

}  // namespace

int main(int count, char** words) {
  char version[64] = "POSIX threads";
  ::confstr(_CS_GNU_LIBPTHREAD_VERSION, version, sizeof version);
  return serve(
      count, words, version, "A thread for each worker, and blocking calls",
      {offer<Sleep>("fanout_sleep", "wait"), offer<Sleep>("mixed", "cpu wait"),
       offer<Echo>("server_echo", "bytes rate arrivals"), offer<PingPong>("switch_pingpong", ""),
       offer<Skynet>("skynet", "depth"), offer<Pool>("pool_submit", "task ahead")});
}
