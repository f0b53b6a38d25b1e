// Tasks of oneTBB. It has no I/O.
// needs: header tbb/task_arena.h in libtbb-dev
// needs: library tbb in libtbb-dev
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <tbb/version.h>

#include <array>

#include "benchmarks/runtimes/shared/pool.hpp"
#include "benchmarks/runtimes/shared/tree.hpp"

namespace {

using namespace convoy::runtimes;

// The arena's threads serve, and whoever hands tasks in is none of them, as in the workload. They
// are as many as were asked for, though there is but one CPU.
class Pool : public Submitter {
 public:
  explicit Pool(const Setting& setting)
      : Submitter(setting),
        threads_(tbb::global_control::max_allowed_parallelism,
                 static_cast<std::size_t>(servers()) + 1),
        arena_(servers(), 0),
        results_(places()) {}

 private:
  void submit(std::size_t place, Task task) override {
    arena_.enqueue([&own = results_[place], task] { own.set(task.run()); });
  }
  std::uint64_t result(std::size_t place) override { return results_[place].take(); }

  tbb::global_control threads_;
  tbb::task_arena arena_;
  std::deque<Result> results_;
};

// A task for each node, and whoever waits for its children does some of them. Each worker is a
// thread that has trees of its own.
class Skynet : public Job {
 public:
  explicit Skynet(const Setting& setting)
      : tree_(tree_of(setting)),
        workers_(setting.workers()),
        threads_(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(workers_)),
        arena_(workers_) {}
  void prepare(std::int64_t operations) override { operations_ = operations; }
  std::int64_t run() override {
    arena_.execute([this] {
      tbb::task_group all;
      for (int worker = 0; worker < workers_; ++worker)
        all.run([this] {
          for (std::int64_t i = 0; i < operations_; ++i) expect(add(tree_), tree_);
        });
      all.wait();
    });
    return operations_ * workers_;
  }

 private:
  static Sum add(Part part) {
    if (part.leaves == 1) return {part.first};
    std::array<Sum, kChildren> sums;
    tbb::task_group children;
    for (std::size_t i = 0; i < sums.size(); ++i)
      children.run(
          [&own = sums[i], child = part.child(static_cast<std::int64_t>(i))] { own = add(child); });
    children.wait();
    Sum all;
    for (const Sum& sum : sums) all.add(sum);
    return all;
  }

  Part tree_;
  int workers_;
  tbb::global_control threads_;
  tbb::task_arena arena_;
  std::int64_t operations_ = 0;
};

}  // namespace

int main(int count, char** words) {
  return serve(
      count, words,
      "oneTBB " + std::to_string(TBB_VERSION_MAJOR) + "." + std::to_string(TBB_VERSION_MINOR),
      "Tasks of oneTBB, in an arena on one CPU",
      {offer<Pool>("pool_submit", "task ahead"), offer<Skynet>("skynet", "depth")});
}
