// Payments between accounts: read a balance, see whether it suffices, think, write it, and the same
// for who is paid. Without a lock balances are overwritten, and money appears or goes.
// lint: long because the books are kept twice, to see what is lost
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "harness/sync/mutex.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Flag lock{"lock", false, "Hold the bank's lock during each payment"};
static const convoy::Parameter think{
    "think", 100ns, "How long a worker computes between reading and writing", 0ns, 1ms};
static const convoy::Flag wait{
    "wait", false, "Wait between reading and writing, so that coroutines switch there, too"};

constexpr std::size_t kAccounts = 4;
constexpr std::int64_t kOpening = 1000, kPayments = 50;  // those in an operation: 10 us

namespace {
// Relaxed: what happens between a load and a store is the subject. `truth` is what a balance would
// be if no update were lost.
struct Account {
  std::atomic<std::int64_t> balance{kOpening}, truth{kOpening};
};
struct Bank {
  std::array<Account, kAccounts> accounts;
  std::atomic<int> ended{0};  // acquire-release: the last sees what all have paid
};
}  // namespace
static const convoy::SharedState<Bank> bank;
static const convoy::Synced<convoy::Mutex> counter{"bank"};

static const convoy::Figure missing{"missing_money", "", convoy::Combine::sum,
                                    "Error of the sum of all balances at the end"};
static const convoy::Figure refused{"refused", "", convoy::Combine::per_operation,
                                    "Payments refused because the balance was too low"};

// Another account than turn % kAccounts, and each of those in turn.
static std::size_t payee(std::size_t turn) {
  return (turn + 1 + turn / kAccounts % (kAccounts - 1)) % kAccounts;
}

// Counts at least what was lost: updates of one account may make up for each other.
static void close_books(convoy::Worker& worker, Bank& books) {
  std::int64_t balance = 0;
  std::uint64_t lost = 0;
  for (const Account& account : books.accounts) {
    balance += account.balance;
    lost += static_cast<std::uint64_t>(std::abs(account.balance - account.truth));
  }
  const auto wrong = std::abs(balance - std::int64_t{kAccounts} * kOpening);
  worker.report(missing, wrong);
  worker.lose(lost);
  if (worker[lock] && lost != 0)
    throw std::runtime_error("wrong answer: " + std::to_string(lost) +
                             " payments were lost under a lock; this is a defect of the model or "
                             "of the lock");
}

CONVOY_WORKLOAD(race_account, race, "Pay from one account to another if the balance suffices", lock,
                think, wait, bank, counter, missing, refused, convoy::NoAnswer{},
                convoy::WorkersNeedEachOther{}, convoy::CountsLost{2 * kPayments},
                convoy::UsualWorkers{{2, 4}}, convoy::UsualValues{lock, {"off", "on"}},
                convoy::UnderFewLocks{}) {
  Bank& books = worker[bank];
  convoy::Mutex& guard = worker[counter];
  const bool locks = worker[lock], waits = worker[wait];
  const auto pause = worker[think];
  auto turn = static_cast<std::size_t>(worker.index());
  while (worker.next()) {
    std::int64_t unpaid = 0;
    for (int i = 0; i < kPayments; ++i, ++turn) {
      Account* const both[] = {&books.accounts[turn % kAccounts], &books.accounts[payee(turn)]};
      if (locks) co_await guard.lock(worker);
      bool suffices = true;
      for (int k = 0; k < 2 && suffices; ++k) {
        const std::int64_t seen = both[k]->balance.load(std::memory_order_relaxed);
        suffices = k == 1 || seen >= 1;
        convoy::compute_for(pause);
        worker.checkpoint();
        if (waits) co_await worker.turn();
        if (!suffices) continue;
        const std::int64_t change = k == 0 ? -1 : 1;
        both[k]->balance.store(seen + change, std::memory_order_relaxed);
        both[k]->truth.fetch_add(change, std::memory_order_relaxed);
      }
      if (!suffices) ++unpaid;
      if (locks) guard.unlock(worker);
    }
    worker.report(refused, unpaid);
  }
  if (books.ended.fetch_add(1, std::memory_order_acq_rel) + 1 == worker.count())
    close_books(worker, books);
}
