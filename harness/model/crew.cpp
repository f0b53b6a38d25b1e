#include "harness/model/crew.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "harness/base/check.hpp"
#include "harness/base/registry.hpp"
#include "harness/work/descriptor.hpp"

namespace convoy {
ModelRegistration::ModelRegistration(Model model) { register_by_name(std::move(model)); }

const std::vector<Model>& models() { return registry_of<Model>(); }

const Model& find_model(const std::string& name) {
  std::vector<std::string> names;
  for (const Model& model : models()) {
    if (model.name == name) return model;
    names.push_back(model.name);
  }
  const std::string near = nearest_name(name, names);
  throw UsageError(fmt::format("unknown model '{}': {}write --model with one or more of {}", name,
                               near.empty() ? "" : fmt::format("did you mean {}? ", near),
                               fmt::join(names, ",")));
}

bool offers(const Workload& workload, const Model& model, int interpreters) {
  if (model.runtime) return model.runtime->job_of(workload.name) != nullptr;
  // Objects that suspended workers wait for have their queues in one process.
  if (interpreters > 1 && (!model.divisible || (model.looped && needs_waits(workload))))
    return false;
  const auto& excluded = workload.excluded_models;
  if (std::find(excluded.begin(), excluded.end(), model.name) != excluded.end()) return false;
  if (model.serial) return !workload.workers_need_each_other && !workload.workers_need_seats;
  return !model.looped || !(workload.workers_need_seats || workload.blocks_threads);
}

std::string describe_hold(const CrewPlan& plan, const SeatAccount& seat) {
  const bool shared = plan.seats() > plan.interpreters() || !plan.forked();
  if (seat.hold_began == nanoseconds(0) || !shared || !plan.gil.policy->excludes) return {};
  return fmt::format("; seat {} held the lock for {}", seat.index,
                     rounded(now() - seat.hold_began));
}

Crew::Crew(const CrewPlan& plan, Arena& arena, const Recording* recording, WaitTable* waits)
    : plan_(plan),
      arena_(arena),
      recording_(recording),
      waits_(waits),
      shared_(make_shared_fixtures(plan.setup, waits)),
      seats_(static_cast<std::size_t>(plan.seats())) {}

Seat& Crew::make_seat(int index) {
  auto& seat = seats_[static_cast<std::size_t>(index)];
  seat = std::make_unique<Seat>(arena_.slot(index).account);
  return *seat;
}

int seats_on_carriers(int workers, int carriers) { return std::min(workers, carriers); }

void run_on_carriers(Crew& crew, const std::vector<int>& seats) {
  const auto gil = crew.make_interpreter_lock();
  if (seats.size() == 1) crew.run_seat(seats.front(), *gil);
  else crew.run_threads(seats, [&](int seat) { crew.run_seat(seat, *gil); });
}

std::vector<int> bodies_of(int seat, int seats, int bodies) {
  std::vector<int> dealt;
  for (int body = seat; body < bodies; body += seats) dealt.push_back(body);
  return dealt;
}

void Crew::run_threads(const std::vector<int>& seats,
                       const std::function<void(int seat)>& seat_body) {
  std::vector<std::thread> threads;
  try {
    for (const int seat : seats) threads.emplace_back(seat_body, seat);
  } catch (const std::system_error& error) {
    arena_.refuse(
        fmt::format("thread {} of {} did not start: {}; use fewer workers, or raise `ulimit -u`",
                    threads.size(), seats.size(), error.what()));
    ::_exit(1);  // the threads that did start wait for a round that will never come
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace convoy
