#include "harness/model/arena.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include <atomic>
#include <thread>
#include <vector>

namespace convoy {
namespace {

using ::testing::ElementsAre;

// The controller's wait, by hand: sleeps until the bell rings and `condition` holds.
template <class Condition>
void await_bell(Arena& arena, Condition condition) {
  while (!condition()) {
    pollfd bell{arena.bell(), POLLIN, 0};
    ASSERT_GE(::poll(&bell, 1, -1), 0);
    arena.silence_bell();
  }
}

bool rings(const Arena& arena) {
  pollfd bell{arena.bell(), POLLIN, 0};
  return ::poll(&bell, 1, 0) == 1;
}

// Seats on threads of the test: each notes when it is past the start line.
class Seats {
 public:
  explicit Seats(Arena& arena) : arena_(arena) {}
  void add(int seat) {
    threads_.emplace_back([this, seat] {
      std::uint32_t round = 0;
      while (arena_.await_round(round)) {
        Slot& slot = arena_.slot(seat);
        slot.report.begin = arena_.cross_start_line(round, slot.account).at;
        passed_.fetch_add(1);
        arena_.checksum(seat) += arena_.operations_per_worker();
        slot.report.end = now();
        arena_.finish_foreground(1);
        arena_.finish();
      }
      ended_.fetch_add(1);
    });
  }
  int passed() const { return passed_.load(); }
  int ended() const { return ended_.load(); }
  void join() { threads_.clear(); }

 private:
  Arena& arena_;
  std::atomic<int> passed_{0}, ended_{0};
  std::vector<std::jthread> threads_;
};

TEST(Arena, LetsNobodyPassBeforeAllHaveArrived) {
  Arena arena(3, 3);
  Seats seats(arena);
  seats.add(0);
  seats.add(1);
  arena.arm(5);
  EXPECT_FALSE(arena.all_arrived());
  seats.add(2);
  await_bell(arena, [&] { return arena.all_arrived(); });
  EXPECT_EQ(seats.passed(), 0);
  EXPECT_FALSE(arena.all_finished());
  arena.open_start_line(false);
  await_bell(arena, [&] { return arena.all_finished(); });
  EXPECT_EQ(seats.passed(), 3);
  arena.stop();
  seats.join();
  EXPECT_EQ(seats.ended(), 3);
}

TEST(Arena, ServesRoundAfterRoundThroughBothGates) {
  Arena arena(2, 2);
  Seats seats(arena);
  seats.add(0);
  seats.add(1);
  std::uint64_t sum = 0;
  for (std::uint64_t round = 1; round <= 200; ++round) {
    arena.arm(round);
    sum += round;
    EXPECT_EQ(arena.foreground().load(), 2U);
    await_bell(arena, [&] { return arena.all_arrived(); });
    EXPECT_EQ(seats.passed(), 2 * (static_cast<int>(round) - 1));
    arena.open_start_line(round % 10 == 0);
    await_bell(arena, [&] { return arena.all_finished(); });
    EXPECT_EQ(arena.foreground().load(), 0U);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(arena.checksum(i), sum);
      EXPECT_LE(arena.slot(i).report.begin, arena.slot(i).report.end);
    }
  }
  arena.stop();
  seats.join();
}

TEST(Arena, BeginsTogetherWhereSeatsMaySpin) {
  Arena arena(2, 2);
  Seats seats(arena);
  seats.add(0);
  seats.add(1);
  arena.arm(1);
  await_bell(arena, [&] { return arena.all_arrived(); });
  const nanoseconds before = now();
  arena.open_start_line(true);
  await_bell(arena, [&] { return arena.all_finished(); });
  for (int i = 0; i < 2; ++i) EXPECT_GT(arena.slot(i).report.begin, before);
  arena.stop();
  seats.join();
}

TEST(Arena, EndsSeatsThatNeverHadARound) {
  Arena arena(2, 2);
  Seats seats(arena);
  seats.add(0);
  EXPECT_FALSE(arena.stopped());
  arena.stop();
  EXPECT_TRUE(arena.stopped());
  seats.add(1);
  seats.join();
  EXPECT_EQ(seats.passed(), 0);
  EXPECT_EQ(seats.ended(), 2);
}

TEST(Arena, KeepsTheFirstFailureAndRings) {
  Arena arena(1, 1);
  EXPECT_EQ(arena.failure(), "");
  EXPECT_FALSE(rings(arena));
  arena.fail("the first");
  EXPECT_TRUE(rings(arena));
  arena.fail("the second");
  EXPECT_EQ(arena.failure(), "the first");
  arena.silence_bell();
  EXPECT_FALSE(rings(arena));
}

TEST(Arena, KeepsOneWholeFailureOfMany) {
  Arena arena(4, 4);
  std::vector<std::jthread> threads;
  for (const char letter : {'a', 'b', 'c', 'd'})
    threads.emplace_back([&arena, letter] { arena.fail(std::string(300, letter)); });
  threads.clear();
  const std::string failure = arena.failure();
  EXPECT_EQ(failure, std::string(300, failure.at(0)));
}

TEST(Arena, GivesEachSeatALineOfItsOwn) {
  const Arena arena(3, 5);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&arena.slot(i)) % 128, 0U);
    EXPECT_EQ(arena.slot(i).account.index, i);
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(arena.checksum(i), 0U);
}

TEST(SharedCpuSet, ReturnsWhatWasPutIn) {
  SharedCpuSet shared;
  EXPECT_TRUE(shared.get().empty());
  for (const CpuSet& cpus : {CpuSet{0}, CpuSet{3, 64, 65, 1023}, CpuSet{4095}, CpuSet{}}) {
    shared.set(cpus);
    EXPECT_EQ(shared.get(), cpus);
  }
}

TEST(SharedCpuSet, LeavesOutWhatItHasNoRoomFor) {
  SharedCpuSet shared;
  shared.set({1, 5000});
  EXPECT_THAT(shared.get().list(), ElementsAre(1));
}

TEST(SharedText, CutsWhatIsTooLong) {
  SharedText shared;
  EXPECT_EQ(shared.get(), "");
  shared.set("short");
  EXPECT_EQ(shared.get(), "short");
  const std::string longer(1000, 'x');
  shared.set(longer);
  EXPECT_EQ(shared.get(), std::string(shared.text.size() - 1, 'x'));
  shared.set("");
  EXPECT_EQ(shared.get(), "");
}

}  // namespace
}  // namespace convoy
