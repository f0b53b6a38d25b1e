#include "harness/model/arena.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <system_error>

#include "harness/base/check.hpp"
#include "harness/base/cpu_relax.hpp"

namespace convoy {
namespace {

constexpr std::size_t round_up(std::size_t size) { return (size + 127) / 128 * 128; }

}  // namespace

void SharedCpuSet::set(const CpuSet& cpus) {
  words.fill(0);
  const auto mask = cpus.kernel_mask();
  std::copy_n(mask.begin(), std::min(mask.size(), words.size()), words.begin());
}

CpuSet SharedCpuSet::get() const { return CpuSet::from_kernel_mask({words.begin(), words.end()}); }

void SharedText::set(std::string_view value) {
  const std::size_t size = std::min(value.size(), text.size() - 1);
  std::memcpy(text.data(), value.data(), size);
  text[size] = '\0';
}

std::string SharedText::get() const { return text.data(); }

Arena::Arena(int seats, int bodies, std::size_t cells)
    : seats_(seats),
      bodies_(bodies),
      foreground_workers_(bodies),
      cells_(cells),
      mapping_(round_up(sizeof(Header)) + sizeof(Slot) * static_cast<std::size_t>(seats) +
               sizeof(std::uint64_t) * static_cast<std::size_t>(bodies) + sizeof(double) * cells),
      bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!bell_) throw_errno("eventfd", "raise `ulimit -n`");
  new (mapping_.data()) Header;
  for (int i = 0; i < seats; ++i) {
    new (&slot(i)) Slot;
    slot(i).account.index = i;
  }
}

Slot& Arena::slot(int seat) const {
  auto* first = static_cast<std::byte*>(mapping_.data()) + round_up(sizeof(Header));
  return reinterpret_cast<Slot*>(first)[seat];
}

std::uint64_t& Arena::checksum(int body) const {
  return reinterpret_cast<std::uint64_t*>(&slot(seats_))[body];
}

std::span<double> Arena::matrix() const {
  return {reinterpret_cast<double*>(&checksum(bodies_)), cells_};
}

void Arena::arm(std::uint64_t operations_per_worker, RoundKind kind) {
  Header& h = header();
  h.operations = operations_per_worker;
  h.kind = kind;
  std::ranges::fill(matrix(), std::numeric_limits<double>::quiet_NaN());
  // Relaxed: the release store of `round` below publishes all of these to the seats, which acquire
  // it.
  h.arrived.store(0, std::memory_order_relaxed);
  h.finished.store(0, std::memory_order_relaxed);
  h.foreground.store(static_cast<std::uint32_t>(foreground_workers_), std::memory_order_relaxed);
  h.round.fetch_add(1, std::memory_order_release);
  futex_wake_all(h.round);
}

void Arena::open_start_line(bool spin) {
  Header& h = header();
  // Time enough for every seat to wake before the agreed instant, ten times the usual 35 us for one
  // on another CPU.
  const nanoseconds margin = std::chrono::microseconds(400 + 50 * seats_);
  // Relaxed: published by the release store of `start_line`.
  h.start_at_ns.store(spin ? (now() + margin).count() : 0, std::memory_order_relaxed);
  h.start_line.store(h.round.load(std::memory_order_relaxed), std::memory_order_release);
  futex_wake_all(h.start_line);
}

void Arena::stop() {
  // Release: pairs with the seats' acquire in await_round, as arm() does.
  header().round.store(kStop, std::memory_order_release);
  futex_wake_all(header().round);
}

// Relaxed: an answer, nothing is read through it.
bool Arena::stopped() const { return header().round.load(std::memory_order_relaxed) == kStop; }

// Acquire, here and below: the seats' reports were written before their release increments.
bool Arena::all_arrived() const {
  return header().arrived.load(std::memory_order_acquire) == static_cast<std::uint32_t>(seats_);
}

bool Arena::all_finished() const {
  return header().finished.load(std::memory_order_acquire) == static_cast<std::uint32_t>(seats_);
}

std::string Arena::failure() const {
  const Header& h = header();
  // Acquire: pairs with the release of who completed the text.
  if (h.failed.load(std::memory_order_acquire) == kComplete) return h.failure.get();
  if (h.failed_second.load(std::memory_order_acquire) == kComplete) return h.second_failure.get();
  return {};
}

void Arena::await_failure(nanoseconds patience) const {
  const nanoseconds deadline = now() + patience;
  // Relaxed: whoever then reads the text acquires it.
  while (header().failed.load(std::memory_order_relaxed) == kClaimed && now() < deadline)
    futex_wait(header().failed, kClaimed, deadline);
}

void Arena::silence_bell() {
  std::uint64_t rings = 0;
  while (::read(bell_.get(), &rings, sizeof rings) > 0) {
  }
}

void Arena::ring_bell() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(bell_.get(), &one, sizeof one);
}

bool Arena::await_round(std::uint32_t& round) {
  for (;;) {
    // Acquire: see arm().
    const std::uint32_t armed = header().round.load(std::memory_order_acquire);
    if (armed == round) {
      futex_wait(header().round, armed);
      continue;
    }
    // Acquire: what the other seats did before they finished the last round is seen here without
    // the way through the controller as well.
    (void)header().finished.load(std::memory_order_acquire);
    if (armed == kStop) return false;
    round = armed;
    return true;
  }
}

Arena::Start Arena::cross_start_line(std::uint32_t round, SeatAccount& seat,
                                     HardwareCounters* counters) {
  Header& h = header();
  const nanoseconds arrived = now();
  // Acq_rel: the last to arrive must see all others' preparations done before the controller opens
  // the start line.
  if (h.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(seats_))
    ring_bell();
  for (;;) {
    // Acquire: see open_start_line().
    const std::uint32_t open = h.start_line.load(std::memory_order_acquire);
    if (open == round) break;
    futex_wait(h.start_line, open);
  }
  // Acquire: what the other seats prepared before they arrived is seen, as above.
  (void)h.arrived.load(std::memory_order_acquire);
  const nanoseconds start_at(h.start_at_ns.load(std::memory_order_relaxed));
  thread_cpu_time();  // so that its path is warm again after the sleep
  // The CPU clock is a system call of 250 to 450 ns, as long as a short round, and no part of it:
  // read before the seats begin. What is spun after it is CPU time of the round, though no work.
  // Starting counters takes 0.5 to 2 us.
  const nanoseconds reading = std::chrono::microseconds(counters == nullptr ? 2 : 4);
  while (now() < start_at - reading) cpu_relax();
  if (counters != nullptr) counters->start();
  const nanoseconds cpu = thread_cpu_time();
  // A pause lasts up to 60 ns, and that much would be the skew: none from here on.
  nanoseconds begin = now();
  while (begin < start_at) begin = now();
  seat.waits.gate_ns += (begin - arrived).count();
  return {begin, cpu};
}

void Arena::finish_foreground(int workers) {
  // Relaxed: a flag that background workers poll; nothing is read through it.
  if (workers > 0)
    header().foreground.fetch_sub(static_cast<std::uint32_t>(workers), std::memory_order_relaxed);
}

void Arena::finish() {
  Header& h = header();
  // Acq_rel: publishes this seat's report, and whoever is last has all of them.
  if (h.finished.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(seats_))
    ring_bell();
}

void Arena::fail(const std::string& reason, nanoseconds patience) {
  if (claim_failure()) return publish_failure(reason);
  await_failure(patience);
  Header& h = header();
  std::uint32_t none = kNone;
  // Acquire, release: as for the first reason.
  if (h.failed.load(std::memory_order_acquire) != kComplete &&
      h.failed_second.compare_exchange_strong(none, kClaimed, std::memory_order_acq_rel)) {
    h.second_failure.set(reason);
    h.failed_second.store(kComplete, std::memory_order_release);
  }
  ring_bell();
}

std::string describe_exception() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

// Whether the exception being handled says that the machine has no more of something.
static bool is_refusal() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return true;
  } catch (const std::system_error& error) {
    for (const int code : {EAGAIN, EMFILE, ENFILE, ENOMEM, ENOBUFS})
      if (error.code() == std::error_code(code, std::system_category()) ||
          error.code() == std::error_code(code, std::generic_category()))
        return true;
    return false;
  } catch (...) {
    return false;
  }
}

void Arena::fail_with_exception(const std::string& where) {
  const std::string reason = where + describe_exception();
  is_refusal() ? refuse(reason) : fail(reason);
}

void Arena::hear_failed_checks() {
  static Arena* crew = nullptr;  // of this process, which has one alone
  crew = this;
  tell_failed_checks_to([](const std::string& what) { crew->fail(what); });
}

void Arena::refuse(const std::string& reason) {
  if (!claim_failure()) return fail(reason);
  header().refused.store(true, std::memory_order_relaxed);
  publish_failure(reason);
}

bool Arena::refused() const { return header().refused.load(std::memory_order_relaxed); }

bool Arena::claim_failure() {
  std::uint32_t none = kNone;
  // Acquire-release: the winner writes the text alone, and its store of kComplete publishes it.
  return header().failed.compare_exchange_strong(none, kClaimed, std::memory_order_acq_rel);
}

void Arena::publish_failure(std::string_view reason) {
  Header& h = header();
  h.failure.set(reason);
  h.failed.store(kComplete, std::memory_order_release);
  futex_wake_all(h.failed);
  ring_bell();
}

}  // namespace convoy
