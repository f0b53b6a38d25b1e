// Queens that do not attack each other: branches and small integers, as a loop of bytecodes would
// do it.
#include <array>

#include "harness/work/workload.hpp"

static const convoy::Parameter n{"n", 8, "Number of queens, and width of the board", 4, 16};

constexpr int slice = 1'000;  // steps between two checkpoints: a few microseconds
namespace {
// A search that can be left and taken up again. Bits are columns; a row's entry is what is still to
// be tried there.
class Board {
 public:
  explicit Board(std::int64_t queens) : all_((1U << queens) - 1) { rows_[0].open = all_; }
  std::int64_t solutions() const { return solutions_; }

  // Takes at most so many steps; false when the search is over.
  bool search(int steps) {
    while (steps-- > 0) {
      Row& row = rows_[depth_];
      if (row.open == 0) {
        if (depth_ == 0) return false;
        --depth_;
        continue;
      }
      const std::uint32_t queen = row.open & -row.open;
      row.open ^= queen;
      Row& below = rows_[depth_ + 1];
      below.columns = row.columns | queen;
      below.left = (row.left | queen) << 1;
      below.right = (row.right | queen) >> 1;
      below.open = all_ & ~(below.columns | below.left | below.right);
      if (below.columns == all_) ++solutions_;
      else if (below.open != 0) ++depth_;
    }
    return true;
  }

 private:
  struct Row {
    std::uint32_t open = 0, columns = 0, left = 0, right = 0;
  };
  std::array<Row, 17> rows_{};
  std::uint32_t all_;
  std::size_t depth_ = 0;
  std::int64_t solutions_ = 0;
};
}  // namespace
CONVOY_WORKLOAD(cpu_nqueens, cpu, "Count the ways to place n queens", n) {
  std::int64_t solutions = 0;
  while (worker.next()) {
    Board board(worker[n]);
    while (board.search(slice)) worker.checkpoint();
    worker.checkpoint();
    solutions += board.solutions();
  }
  worker.keep(solutions);
  co_return;
}
