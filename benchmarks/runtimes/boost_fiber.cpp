// Fibers of Boost.Fiber on one thread. It has no I/O of its own.
// needs: header boost/fiber/all.hpp in libboost-fiber-dev
// needs: library boost_fiber in libboost-fiber-dev
// needs: library boost_context in libboost-context-dev
#include <array>
#include <boost/fiber/all.hpp>
#include <boost/version.hpp>
#include <mutex>

#include "benchmarks/runtimes/shared/token.hpp"
#include "benchmarks/runtimes/shared/tree.hpp"

namespace {

using namespace convoy::runtimes;
namespace fibers = boost::fibers;

constexpr std::size_t kStack = 16 * 1024;

// A fiber for each worker, made before the round begins.
class Fibers : public Job {
 public:
  explicit Fibers(int workers) : workers_(workers) {}
  void prepare(std::int64_t operations) override {
    operations_ = operations;
    fibers::fixedsize_stack stacks(kStack);
    for (int worker = 0; worker < workers_; ++worker)
      fibers_.emplace_back(fibers::launch::post, std::allocator_arg, stacks, [this, worker] {
        try {
          work(worker, operations_);
        } catch (const std::exception& error) {
          give_up(error);
        }
      });
  }
  std::int64_t run() override {
    for (fibers::fiber& each : fibers_) each.join();
    fibers_.clear();
    return operations_ * workers_;
  }

 protected:
  virtual void work(int worker, std::int64_t operations) = 0;

 private:
  int workers_;
  std::int64_t operations_ = 0;
  std::vector<fibers::fiber> fibers_;
};

class Sleep : public Fibers {
 public:
  explicit Sleep(const Setting& setting) : Fibers(setting.workers()), wait_(setting["wait"]) {}

 private:
  void work(int /*worker*/, std::int64_t operations) override {
    for (; operations > 0; --operations) boost::this_fiber::sleep_for(wait_);
  }
  std::chrono::nanoseconds wait_;
};

class Event {
 public:
  void set() {
    {
      const std::lock_guard lock(mutex_);
      set_ = true;
    }
    changed_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return set_; });
    set_ = false;
  }

 private:
  fibers::mutex mutex_;
  fibers::condition_variable changed_;
  bool set_ = false;
};

class PingPong : public Fibers {
 public:
  explicit PingPong(const Setting& setting)
      : Fibers(setting.workers()), pairs_(setting.workers()) {}

 private:
  void work(int worker, std::int64_t operations) override { pairs_.work(worker, operations); }
  Pairs<Event> pairs_;
};

// A fiber for each node; its stack comes from a pool.
class Skynet : public Fibers {
 public:
  explicit Skynet(const Setting& setting)
      : Fibers(setting.workers()), tree_(tree_of(setting)), stacks_(kStack) {}

 private:
  void work(int /*worker*/, std::int64_t operations) override {
    for (; operations > 0; --operations) expect(add(tree_), tree_);
  }
  Sum add(Part part) {
    if (part.leaves == 1) return {part.first};
    std::array<Sum, kChildren> sums;
    std::array<fibers::fiber, kChildren> children;
    for (std::size_t i = 0; i < children.size(); ++i)
      children[i] =
          fibers::fiber(fibers::launch::post, std::allocator_arg, stacks_,
                        [this, &own = sums[i], child = part.child(static_cast<std::int64_t>(i))] {
                          own = add(child);
                        });
    Sum all;
    for (std::size_t i = 0; i < children.size(); ++i) {
      children[i].join();
      all.add(sums[i]);
    }
    return all;
  }
  Part tree_;
  fibers::pooled_fixedsize_stack stacks_;
};

std::string version() {
  return "Boost.Fiber " + std::to_string(BOOST_VERSION / 100000) + "." +
         std::to_string(BOOST_VERSION / 100 % 1000) + "." + std::to_string(BOOST_VERSION % 100);
}

}  // namespace

int main(int count, char** words) {
  return serve(count, words, version(), "Fibers of Boost.Fiber, on one thread",
               {offer<Sleep>("fanout_sleep", "wait"), offer<PingPong>("switch_pingpong", ""),
                offer<Skynet>("skynet", "depth")});
}
