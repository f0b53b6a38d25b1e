#include "harness/peer/arrivals.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

#include "harness/base/check.hpp"

namespace convoy {

Arrivals::Arrivals(const Plan& plan) : plan_(plan), random_(plan.seed) {
  CONVOY_CHECK(plan.clients > 0, "a load without clients");
  waiting_.resize(static_cast<std::size_t>(plan.clients));
  left_.resize(waiting_.size());
}

void Arrivals::begin_round(nanoseconds time, std::uint64_t quota) {
  ++round_;
  in_round_ = true;
  latency_.clear();
  left_.assign(left_.size(), quota == 0 ? UINT32_MAX : quota);  // more than anybody waits for
  ready_.clear();
  if (plan_.rate > 0) {
    due_ = time + gap();
    return;
  }
  for (int client = 0; client < plan_.clients; ++client)
    if (waiting_[static_cast<std::size_t>(client)].empty()) ready_.push_back(client);
}

void Arrivals::end_round() { in_round_ = false; }

std::optional<int> Arrivals::take_due(nanoseconds time) {
  if (!in_round_) return {};
  int client = next_client_;
  nanoseconds intended = due_;
  if (plan_.rate > 0) {
    if (due_ > time || all_made()) return {};
    due_ += gap();
    next_client_ = (next_client_ + 1) % plan_.clients;
  } else {
    if (ready_.empty()) return {};
    client = ready_.front();
    ready_.pop_front();
    intended = time;
  }
  --left_[static_cast<std::size_t>(client)];
  if (++outstanding_ > kMostOutstanding)
    throw std::runtime_error(
        "the server is too slow for this load: " + std::to_string(kMostOutstanding) +
        " requests wait for their answers; lower the rate");
  waiting_[static_cast<std::size_t>(client)].push_back({intended, round_});
  return client;
}

std::optional<nanoseconds> Arrivals::next_due() const {
  if (!in_round_ || plan_.rate <= 0 || all_made()) return {};
  return due_;
}

void Arrivals::answered(int client, nanoseconds time) {
  auto& waiting = waiting_[static_cast<std::size_t>(client)];
  if (waiting.empty()) throw std::runtime_error("an answer came that nobody had asked for");
  const Request request = waiting.front();
  waiting.pop_front();
  --outstanding_;
  if (request.round == round_) latency_.add((time - request.intended).count());
  const bool more = left_[static_cast<std::size_t>(client)] > 0;
  if (in_round_ && plan_.rate <= 0 && more) ready_.push_back(client);
}

void Arrivals::drop(int client, std::size_t count) {
  auto& waiting = waiting_[static_cast<std::size_t>(client)];
  CONVOY_CHECK(count <= waiting.size(), "a client drops requests that it never had");
  waiting.resize(waiting.size() - count);
  outstanding_ -= count;
}

// Rounding each to a nanosecond would change a high rate.
nanoseconds Arrivals::gap() {
  const double mean = 1e9 / static_cast<double>(plan_.rate);
  const double uniform = static_cast<double>(random_() >> 11) * 0x1p-53;  // [0, 1)
  const double exact = left_over_ + (plan_.poisson ? -mean * std::log1p(-uniform) : mean);
  const double whole = std::floor(exact);
  left_over_ = exact - whole;
  return nanoseconds(static_cast<std::int64_t>(whole));
}

}  // namespace convoy
