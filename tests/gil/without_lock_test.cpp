// Running without the lock: it is taken again whatever happens, unless there is no lock any more.
#include "harness/gil/without_lock.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace convoy {
namespace {

// Notes who has it, and can be made to end, as an interpreter does.
class EndingGil final : public Gil {
 public:
  bool held = false, ended = false;

 protected:
  void attach(Seat&) override {}
  bool take(Seat&) override {
    if (ended) throw SeatMustExit();
    held = true;
    return false;
  }
  void drop(Seat&, ReleaseReason) override { held = false; }
  void breaker_set(Seat&, std::uint32_t) override {}
};

class WithoutLock : public ::testing::Test {
 protected:
  WithoutLock() {
    seat_.gil_accounting = false;
    gil_.acquire(seat_);
  }
  EndingGil gil_;
  SeatAccount account_;
  Seat seat_{account_};
};

TEST_F(WithoutLock, ReturnsWhatWasComputedMeanwhile) {
  const std::string text = without_lock(gil_, seat_, [&] {
    EXPECT_FALSE(gil_.held);
    return std::string("done");
  });
  EXPECT_EQ(text, "done");
  EXPECT_TRUE(gil_.held);
  bool ran = false;
  without_lock(gil_, seat_, [&] { ran = !gil_.held; });
  EXPECT_TRUE(ran);
  EXPECT_TRUE(gil_.held);
}

TEST_F(WithoutLock, LetsPassWhatIsThrownWithTheLock) {
  EXPECT_THROW(without_lock(gil_, seat_, [] { throw std::runtime_error("x"); }),
               std::runtime_error);
  EXPECT_TRUE(gil_.held);
  EXPECT_THROW(without_lock(gil_, seat_, []() -> int { throw std::runtime_error("x"); }),
               std::runtime_error);
  EXPECT_TRUE(gil_.held);
}

TEST_F(WithoutLock, WhereTheInterpreterHasEndedTheSeatDoesToo) {
  const auto end = [&] { gil_.ended = true; };
  EXPECT_THROW(without_lock(gil_, seat_, end), SeatMustExit);
  gil_.ended = false;
  gil_.acquire(seat_);
  EXPECT_THROW(without_lock(gil_, seat_,
                            [&] {
                              end();
                              throw std::runtime_error("x");
                            }),
               SeatMustExit);
}

}  // namespace
}  // namespace convoy
