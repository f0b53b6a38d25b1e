// What is told of a crew's memory: what the crew has, whatever the controller has.
#include <gmock/gmock.h>

#include <cstring>
#include <list>
#include <memory>

#include "harness/machine/memory.hpp"
#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // which has memory of its own
#else
constexpr bool kSanitized = false;
#endif

constexpr std::int64_t kPiece = 8 << 20;
constexpr int kWorkers = 3;
using Piece = std::vector<char>;
Piece make_piece() { return Piece(kPiece, 'x'); }

Task idle_body(Worker& worker) {
  while (worker.next()) co_await worker.turn();
}
const Workload idle = make_workload("idle", "test", "", &idle_body, NoAnswer{});

const Local<Piece> own_piece{[](const Setup&, int) { return make_piece(); }};
const Workload keeping = make_workload("keeping", "test", "", &idle_body, own_piece, NoAnswer{});

// Has a piece for a moment only.
Task brief_body(Worker& worker) {
  while (worker.next()) {
    Piece piece = make_piece();
    worker.keep(std::uint64_t(piece[static_cast<std::size_t>(worker.index())]));
  }
  co_return;
}
const Workload brief = make_workload("brief", "test", "", &brief_body, NoAnswer{});

const Shared<Piece> shared_piece{[](const Setup&) { return make_piece(); }};
const Workload reading = make_workload("reading", "test", "", &idle_body, shared_piece, NoAnswer{});

// Processes get copies of what they write to.
Task copying_body(Worker& worker) {
  Piece& piece = worker[shared_piece];
  while (worker.next())
    if (worker.index() >= 0) std::memset(piece.data(), 'y', piece.size());
  co_return;
}
const Workload copying =
    make_workload("copying", "test", "", &copying_body, shared_piece, NoAnswer{});

const Shared<std::unique_ptr<Mapping>> common_piece{
    [](const Setup&) { return std::make_unique<Mapping>(kPiece); }};
Task common_body(Worker& worker) {
  while (worker.next()) std::memset(worker[common_piece]->data(), 'z', kPiece);
  co_return;
}
const Workload common = make_workload("common", "test", "", &common_body, common_piece, NoAnswer{});

struct Told {
  std::int64_t peak_rss = 0, pss = 0;
};

class Memory : public LeavesNothing, public ::testing::WithParamInterface<Model> {
 protected:
  void SetUp() override {
    LeavesNothing::SetUp();
    if (kSanitized) GTEST_SKIP() << "a sanitizer has memory of its own";
    if (!memory_shares(::getpid())) GTEST_SKIP() << "this kernel does not say";
  }
  static Told told_of(const Workload& workload, const Model& model, int workers = kWorkers) {
    const CrewPlan plan = plan_of(workload, model, "none", workers);
    Host host(plan);
    host.run_round(2, kPatience);
    const CrewMemory memory = host.memory();
    host.stop(kPatience);
    return {memory.peak_rss_bytes.value(), memory.pss_bytes.value()};
  }
  const Model& model() const { return find_model(GetParam().name); }
};

// A process uses pages in part, some of which it had used before.
constexpr std::int64_t kPage = 4096;
constexpr std::int64_t kPartly = 2 * kPage * (kWorkers + 1);
// What a crew has besides: stacks, and the harness's own.
MATCHER_P(IsAbout, bytes, "") {
  return arg >= bytes - kPartly && arg <= bytes + bytes / 20 + (1 << 19);
}
// Within 5 %, or within a page for each process that a crew may have.
MATCHER_P(IsTheSameAs, bytes, "") {
  return std::abs(arg - bytes) <= std::max(bytes / 20, kPage * (kWorkers + 1));
}

TEST_P(Memory, IsWhatTheWorkersHave) {
  const Told told = told_of(keeping, model());
  EXPECT_THAT(told.peak_rss, IsAbout(kWorkers * kPiece));
  EXPECT_THAT(told.pss, IsAbout(kWorkers * kPiece));
}

TEST_P(Memory, HasAPeak) {
  const int at_once = side_by_side(model()) && !model().looped ? kWorkers : 1;
  const Told told = told_of(brief, model());
  EXPECT_GE(told.peak_rss, kPiece - kPartly);
  EXPECT_LE(told.peak_rss, at_once * kPiece + kPiece / 8);
}

TEST_P(Memory, CountsWhatIsSharedOnce) {
  EXPECT_THAT(told_of(reading, model()).pss, IsAbout(kPiece));
  EXPECT_THAT(told_of(common, model()).pss, IsAbout(kPiece));
}

TEST_P(Memory, CountsWhatIsCopied) {
  const std::int64_t copies = model().own_locks ? kWorkers : 0;
  EXPECT_NEAR(static_cast<double>(told_of(copying, model()).pss),
              static_cast<double>((1 + copies) * kPiece), 1 << 20);
}

// The controller keeps what it measured, in pieces of all sizes, and frees some of it.
TEST_P(Memory, IsTheSameHoweverMuchTheControllerHas) {
  for (const Workload* workload : {&idle, &keeping}) {
    const Told before = told_of(*workload, model());
    std::vector<std::string> kept;
    std::list<Piece> blocks;
    for (std::size_t i = 0; i < 60'000; ++i) kept.emplace_back(20 + i * 37 % 1000, 'x');
    for (int i = 0; i < 4; ++i) blocks.push_back(make_piece());
    const Told grown = told_of(*workload, model());
    for (std::size_t i = 0; i < kept.size(); i += 2) std::string().swap(kept[i]);
    blocks.pop_front();
    const Told with_holes = told_of(*workload, model());
    kept = {};
    blocks = {};
    const Told freed = told_of(*workload, model());
    for (const Told& later : {grown, with_holes, freed}) {
      EXPECT_THAT(later.peak_rss, IsTheSameAs(before.peak_rss)) << workload->name;
      EXPECT_THAT(later.pss, IsTheSameAs(before.pss)) << workload->name;
    }
  }
}

TEST_P(Memory, OfManyProcessesIsNotThatOfTheirSharedPages) {
  constexpr int kMany = 50;
  if (model().name != "processes") GTEST_SKIP() << "one process shares with nobody";
  const Told told = told_of(common, model(), kMany);
  EXPECT_GE(told.peak_rss, kMany * kPiece);
  // The kernel rounds down to 1 KiB, for each process.
  EXPECT_THAT(told.pss + kMany * 1024, IsAbout(kPiece));
}

INSTANTIATE_TEST_SUITE_P(Models, Memory, ::testing::ValuesIn(models()),
                         [](const auto& model) { return model.param.name; });

}  // namespace
}  // namespace convoy::contract
