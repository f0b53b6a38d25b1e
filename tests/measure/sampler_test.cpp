// Samples of real crews.
// lint: long because the workloads made for it are read with their tests.
#include "harness/measure/sampler.hpp"

#include <gmock/gmock.h>
#include <linux/perf_event.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "harness/base/check.hpp"
#include "harness/base/interruption.hpp"
#include "tests/contract/crews.hpp"
#include "tests/loop/crew.hpp"
#include "tests/loopback.hpp"
#include "tests/measure/cases.hpp"
#include "tests/threads.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// What crews did, as their processes count it.
struct Tally {
  std::atomic<int> single_rounds, others_rounds;
};
const contract::SharedValue<Tally> tally;

Task honest_body(Worker& worker) {
  if (worker.index() == 0) tally->others_rounds.fetch_add(1);
  std::uint64_t state = 0;
  while (worker.next()) {
    for (int i = 0; i < 1000; ++i) state = state * 6364136223846793005U + 1;
    worker.checkpoint();
  }
  worker.keep(state);
  co_return;
}
const Workload honest = make_workload("honest", "test", "", &honest_body);

Task process_dependent_body(Worker& worker) {
  while (worker.next()) co_await worker.turn();
  worker.keep(::getpid());
}
const Workload process_dependent =
    make_workload("process_dependent", "test", "", &process_dependent_body);
const Workload alone_different =
    make_workload("alone_different", "test", "", &process_dependent_body, NotUnder{"single"});
const Workload unanswerable =
    make_workload("unanswerable", "test", "", &process_dependent_body, NoAnswer{});
std::string judge_own(const std::vector<std::uint64_t>& checksums) {
  return checksums.size() == 2 ? "there are two of us" : "";
}
const Workload own = make_workload("own", "test", "", &honest_body, OwnAnswer{&judge_own});

const Flag broken{"broken", false, "Whether it throws"};
Task breakable_body(Worker& worker) {
  while (worker.next())
    if (worker[broken]) throw std::runtime_error("broken on purpose");
  co_return;
}
const Workload breakable = make_workload("breakable", "test", "", &breakable_body, broken);

const Parameter delay{"delay", 0ns, "Of the peer", 0ns, 1s};
const Parameter bytes{"bytes", Bytes{32}, "Of a message", Bytes{1}, Bytes{4096}};
const Local<EchoChannel> channel{EchoChannel::open};
Task echo_body(Worker& worker) { return hold_conversation(worker, channel, bytes); }
Workload echo_over(Transport transport, const char* name) {
  return make_workload(name, "io", "", &echo_body, bytes, delay, channel,
                       EchoPeer{transport, delay}, Throughput{bytes});
}
const Workload echoes[] = {echo_over(Transport::tcp, "tcp"), echo_over(Transport::udp, "udp"),
                           echo_over(Transport::unix_stream, "unix_stream"),
                           echo_over(Transport::pipe, "pipe")};

// Ends every child of the controller but its own host, and sees them dead.
Task orphan_body(Worker& worker) {
  while (worker.next()) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      const pid_t pid = std::stoi(name);
      const auto process = test::state_of_thread(entry.path());
      if (pid == ::getpid() || !process || process->parent != ::getppid()) continue;
      ::kill(pid, SIGKILL);
      for (auto state = process; state && state->letter != 'Z';
           state = test::state_of_thread(entry.path()))
        ::sched_yield();
    }
    char letter = 0;
    const std::size_t got = co_await worker.read(-1, std::span(&letter, 1));
    worker.keep(got);
  }
}
const Workload orphaning = make_workload("orphaning", "io", "", &orphan_body, delay,
                                         EchoPeer{Transport::unix_stream, delay}, NoAnswer{});

class SamplerTest : public contract::LeavesNothing {
 protected:
  static void SetUpTestSuite() { Topology::live(); }
  static Case case_of(const Workload& workload, const std::string& model = "threads",
                      int workers = 2) {
    Case c;
    c.workload = &workload;
    c.arguments = workload.initial_arguments();
    c.model = &find_model(model);
    c.gil = parse_gil("none");
    c.workers = workers;
    c.placement.seats = c.seats();
    if (workload.peer != Transport::none) c.peer = PeerPlace::same;
    c.name = name_of(c);
    return c;
  }
  static SamplerOptions options(nanoseconds minimum_round = 100us) {
    SamplerOptions options;
    options.minimum_round = minimum_round;
    return options;
  }
  CaseResult take(const Case& c, int passes = 1) {
    CaseResult result;
    result.benchmark = &c;
    for (int pass = 0; pass < passes; ++pass) sampler_.take(c, result, pass);
    return result;
  }
  std::string failure_of(const Case& c, int passes = 1) {
    try {
      take(c, passes);
    } catch (const CrewFailure& failure) {
      return failure.what();
    }
    return {};
  }

  Sampler sampler_{Topology::live(), options()};
};

TEST_F(SamplerTest, TakesOneSampleAPassWithTheBudgetOfTheFirst) {
  const Case c = case_of(honest);
  CaseResult result;
  result.benchmark = &c;
  sampler_.take(c, result, 0);
  const std::uint64_t budget = result.budget;
  EXPECT_GT(budget, 0U);
  sampler_.take(c, result, 1);
  sampler_.take(c, result, 2);
  EXPECT_EQ(result.budget, budget);
  ASSERT_THAT(result.samples, SizeIs(3));
  for (int pass = 0; pass < 3; ++pass) {
    const Sample& sample = result.samples[static_cast<std::size_t>(pass)];
    EXPECT_EQ(sample.pass, pass);
    EXPECT_EQ(sample.operations, 2 * budget);
    EXPECT_THAT(sample.seats, SizeIs(2));
    EXPECT_GT(sample.wall.count(), 0);
    EXPECT_GT(sample.cpu_time_ns(), 0);
    EXPECT_GT(sample.memory.peak_rss_bytes.value(), 0);
  }
  EXPECT_TRUE(result.pinned) << result.pinned_reason;
  EXPECT_THAT(result.pinning, SizeIs(2));
  EXPECT_TRUE(result.checksum.has_value());
}

TEST_F(SamplerTest, FindsABudgetForWhatIsSlowAndWhatIsQuick) {
  Case slow = case_of(find_workload("io_sleep"), "threads", 1);
  slow.arguments.at(0) = nanoseconds(2ms).count();
  EXPECT_EQ(take(slow).budget, 1U) << "four of them outlast a round by far";
  // Kept from their CPUs on a busy machine, a few quick ones may last for as long: not every time.
  std::uint64_t quick = 0;
  for (int attempt = 0; attempt < 50 && quick <= SamplerOptions{}.verification_operations;
       ++attempt)
    quick = take(case_of(find_workload("null"))).budget;
  EXPECT_GT(quick, SamplerOptions{}.verification_operations);
}

TEST_F(SamplerTest, CalibratesNothingWhereTheOperationsAreGiven) {
  Sampler sampler(Topology::live(), {.operations = 7});
  const Case c = case_of(honest);
  CaseResult result;
  result.benchmark = &c;
  sampler.take(c, result, 0);
  EXPECT_EQ(result.samples.front().operations, 14U);
}

TEST_F(SamplerTest, MakesRoundsLastSomeIntervalsOfTheLock) {
  Sampler sampler(Topology::live(), options(1us));
  Case c = case_of(find_workload("null"), "threads", 2);
  const auto budget_with = [&](const std::string& gil) {
    c.gil = parse_gil(gil);
    CaseResult result;
    sampler.take(c, result, 0);
    return result.budget;
  };
  // On a busy machine short rounds may be kept from their CPUs for some intervals: not every time.
  std::uint64_t with_lock = 0, without = 0;
  for (int attempt = 0; attempt < 50 && with_lock <= without; ++attempt) {
    with_lock = budget_with("cpython32:interval=500us");
    without = budget_with("none");
  }
  EXPECT_GT(with_lock, without);
}

TEST_F(SamplerTest, AsksSingleOnce) {
  tally.reset();
  take(case_of(honest, "threads"));
  const int first = tally->others_rounds.load();
  CaseResult result;
  const Case again = case_of(honest, "threads");
  result.budget = 10;
  sampler_.take(again, result, 0);
  // Verification, warm-up and the sample; no reference any more.
  EXPECT_EQ(tally->others_rounds.load() - first, 3);
}

TEST_F(SamplerTest, GetsTheAnswerOfSingleFromEveryModel) {
  const std::uint64_t single = take(case_of(honest, "single", 3)).checksum.value();
  for (const Model& model : models())
    EXPECT_EQ(take(case_of(honest, model.name, 3)).checksum, single) << model.name;
}

// Sleeps for as long as nobody waits for a test, but where time is virtual.
Task sleep_long_once(Worker& worker) {
  while (worker.next()) {
    if (VirtualTime::on()) co_await worker.sleep(100h);
    worker.keep(worker.index());
  }
}
const Workload sleepy = make_workload("sleepy", "test", "", &sleep_long_once);

TEST_F(SamplerTest, TheAnswerOfSingleIsWorkedOutWithoutWaiting) {
  EXPECT_EQ(failure_of(case_of(sleepy, "threads", 3)), "");
}

Task answer_by_number(Worker& worker) {
  while (worker.next()) worker.keep(VirtualTime::on() || worker.index() != 4000);
  co_return;
}
const Workload numbered = make_workload("numbered", "test", "", &answer_by_number);

TEST_F(SamplerTest, OfManyWorkersSomeAnswersAreCompared) {
  EXPECT_EQ(compared_workers(3, 1), (std::vector{0, 1, 2}));
  const std::vector<int> some = compared_workers(5000, 1);
  EXPECT_THAT(some, SizeIs(64));
  EXPECT_TRUE(std::is_sorted(some.begin(), some.end()));
  EXPECT_EQ(some.front(), 0);
  EXPECT_EQ(some.back(), 4999);
  EXPECT_EQ(some, compared_workers(5000, 1));
  EXPECT_NE(some, compared_workers(5000, 2));
  EXPECT_THAT(failure_of(case_of(numbered, "coroutines", 4001)),
              AllOf(HasSubstr("wrong answer"), HasSubstr("of worker 4000")));
  EXPECT_EQ(failure_of(case_of(numbered, "coroutines", 4000)), "");
}

TEST_F(SamplerTest, RefusesAWrongAnswer) {
  for (const Model& model : models())
    EXPECT_THAT(failure_of(case_of(process_dependent, model.name)),
                HasSubstr("wrong answer: checksum "))
        << model.name;
  EXPECT_THAT(failure_of(case_of(alone_different), 2), HasSubstr("in an earlier pass"));
  EXPECT_EQ(failure_of(case_of(unanswerable), 2), "");
  EXPECT_EQ(failure_of(case_of(own, "threads", 1)), "");
  EXPECT_EQ(failure_of(case_of(own, "threads", 2)), "wrong answer: there are two of us");
}

TEST_F(SamplerTest, KeepsNothingOfAFailedCrew) {
  Case c = case_of(breakable);
  CaseResult result;
  result.benchmark = &c;
  sampler_.take(c, result, 0);
  c.arguments = {1};
  EXPECT_THROW(sampler_.take(c, result, 1), CrewFailure);
  EXPECT_THAT(result.samples, SizeIs(1));
  EXPECT_THAT(failure_of(c), HasSubstr("broken on purpose"));
}

TEST_F(SamplerTest, ReachesEveryPeerUnderEveryModel) {
  const bool internet = test::loopback_refusal().empty();
  for (const Workload& echo : echoes) {
    if (!internet && (echo.peer == Transport::tcp || echo.peer == Transport::udp)) continue;
    for (const Model& model : models()) {
      SCOPED_TRACE(echo.name + " " + model.name);
      for (const Engine engine : {Engine::epoll, Engine::io_uring}) {
        if (!model.looped && engine != Engine::epoll) continue;
        if (engine == Engine::io_uring && !test::io_uring_refusal().empty()) continue;
        Case c = case_of(echo, model.name, 3);
        c.engine = model.looped ? engine : Engine::automatic;
        const CaseResult result = take(c);
        EXPECT_THAT(result.samples, SizeIs(1));
        EXPECT_EQ(result.latency.count(), result.samples.front().operations);
        ASSERT_TRUE(result.peer_pinning.has_value());
        EXPECT_TRUE(result.peer_pinning->pinned) << result.peer_pinning->reason;
        ASSERT_TRUE(result.peer_cpu_share().has_value());
        EXPECT_GT(*result.peer_cpu_share(), 0) << "it has answered";
        EXPECT_LE(*result.peer_cpu_share(), 1);
        if (model.looped) {
          EXPECT_EQ(result.engine, engine == Engine::epoll ? "epoll" : "io_uring");
        }
      }
    }
  }
}

TEST_F(SamplerTest, LeavesAPeerUnboundThatIsToRunAnywhere) {
  Case c = case_of(echoes[2]);  // which needs no network
  c.peer = PeerPlace::none;
  const CaseResult result = take(c);
  ASSERT_TRUE(result.peer_pinning.has_value());
  EXPECT_FALSE(result.peer_pinning->pinned);
  EXPECT_FALSE(result.peer_pinning->reason.empty());
}

TEST_F(SamplerTest, SaysThatThePeerDied) {
  const std::string failure = failure_of(case_of(orphaning, "threads", 1));
  EXPECT_THAT(failure, HasSubstr("the peer killed by signal 9 (Killed)"));
  EXPECT_THAT(failure, HasSubstr("Bad file descriptor"));
}

TEST_F(SamplerTest, SaysThatThePeerOfTheReferenceDied) {
  Workload compared = orphaning;
  compared.answer = Answer::same_as_single;
  const std::string failure = failure_of(case_of(compared, "threads", 1));
  EXPECT_THAT(failure, HasSubstr("orphaning fails under `single`"));
  EXPECT_THAT(failure, HasSubstr("the peer killed by signal 9 (Killed)"));
}

TEST_F(SamplerTest, WaitsForThePeerAsLongAsForARoundAndNoLonger) {
  Sampler impatient(Topology::live(), {.round_limit = 1ns});
  Case c = case_of(orphaning, "threads", 1);
  CaseResult result;
  result.benchmark = &c;
  try {
    impatient.take(c, result, 0);
    ADD_FAILURE() << "it was measured";
  } catch (const CrewFailure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("the peer did not start within its limit"));
    EXPECT_THAT(failure.what(), HasSubstr("--round-limit"));
  }
}

TEST_F(SamplerTest, DoesNotStartAPeerOnceItIsInterrupted) {
  set_pending_interruption(SIGINT);
  const std::string failure = failure_of(case_of(orphaning, "threads", 1));
  set_pending_interruption(0);
  EXPECT_THAT(failure, HasSubstr("the peer's start was interrupted"));
}

TEST_F(SamplerTest, CountsWhatEverySeatDoes) {
  constexpr PerfEvent kClock{PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK};
  constexpr PerfEvents kEvents = {{kClock, kClock, kClock, kClock}};
  if (const std::string refusal = refusal_to_count(kEvents); !refusal.empty())
    GTEST_SKIP() << refusal;
  Sampler sampler(Topology::live(), {.operations = 100, .counted = kEvents});
  for (const Model& model : models()) {
    const Case c = case_of(honest, model.name);
    CaseResult result;
    sampler.take(c, result, 0);
    result.benchmark = &c;
    const Sample& sample = result.samples.front();
    std::int64_t sum = 0;
    for (const SeatCounts& seat : sample.seats) {
      EXPECT_GT(seat.instructions, 0) << model.name;
      sum += seat.instructions;
    }
    EXPECT_EQ(sample.totals().instructions, sum);
    EXPECT_EQ(sample.totals().counted_share, 1);
  }
}

TEST_F(SamplerTest, CountsNothingUnlessAsked) {
  const CaseResult result = take(case_of(honest));
  EXPECT_EQ(result.samples.front().totals().instructions, -1);
}

TEST_F(SamplerTest, SaysWhyACrewIsNotPinned) {
  Case c = case_of(honest);
  c.placement.policy.distribution = Distribution::none;
  const CaseResult result = take(c);
  EXPECT_FALSE(result.pinned);
  EXPECT_EQ(result.pinned_reason, "no place was asked for");
  EXPECT_FALSE(result.spin_at_start);
}

TEST_F(SamplerTest, BindsNobodyByAForeignTopology) {
  const Topology invented = Topology::from_synthetic("pack:2 core:2 pu:2");
  Sampler sampler(invented, options());
  const Case c = case_of(honest);
  CaseResult result;
  sampler.take(c, result, 0);
  EXPECT_TRUE(result.virtual_topology);
  EXPECT_FALSE(result.pinned);
}

TEST_F(SamplerTest, LetsSeatsSpinOnlyWhereEachHasItsOwnCpus) {
  Case c = case_of(honest, "threads", 1);
  EXPECT_TRUE(take(c).spin_at_start);
  CaseResult counted;  // where spins would count as work
  Sampler(Topology::live(), {.may_spin = false}).take(c, counted, 0);
  EXPECT_FALSE(counted.spin_at_start);
  c = case_of(honest, "threads", 64);
  if (Topology::live().allowed().size() < 64) {
    try {
      EXPECT_FALSE(take(c).spin_at_start);
    } catch (const CrewFailure& failure) {
      if (std::string(failure.what()).find(std::strerror(EAGAIN)) == std::string::npos) throw;
      GTEST_SKIP() << failure.what();  // fewer threads are allowed here
    }
  }
}

}  // namespace
}  // namespace convoy
