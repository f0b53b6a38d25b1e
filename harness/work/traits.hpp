// What a workload declares beside its parameters and fixtures in CONVOY_WORKLOAD's list. Each trait
// describes itself to the descriptor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/work/descriptor.hpp"

namespace convoy {

// The echo server its workers talk to.
struct EchoPeer {
  Transport transport;
  const ParameterBase& delay;
  // The first 8 bytes of an answer are the instant of its sending, on the clock of now(), in ns.
  bool stamps = false;
  void describe(Workload& workload) const;
};
// Its workers are a server, which a load generator calls over TCP: see harness/work/load.hpp. The
// clients check the answers, and the latency is what they saw.
struct LoadPeer {
  const ParameterBase& bytes;    // of a request, and of its answer
  const ParameterBase& clients;  // for each worker
  const ParameterBase&
      session;                // requests before a client connects anew, if several share a worker
  const ParameterBase& rate;  // requests a second, of all clients together; 0: a closed loop
  const ParameterBase& arrivals;  // in an open loop; 0: a Poisson process, 1: equal intervals
  void describe(Workload& workload) const;
};
// An HTTP server: each GET gets a page of so many bytes. --target names any other URL.
struct HttpPeer {
  const ParameterBase& bytes;
  const ParameterBase& delay;
  void describe(Workload& workload) const;
};
// Its workers talk to a server that others start and --target names: setup.target(). Without one
// suites leave it out, and whoever selects it is told to type `start`, which prints an address.
struct NeedsTarget {
  const char* server;  // "Redis"
  const char* start;   // "scripts/servers/redis start"
  void describe(Workload& workload) const { workload.target = {server, start, true, false}; }
};
// The parameter that says how many bytes one operation moves.
struct Throughput {
  const ParameterBase& bytes;
  void describe(Workload& workload) const { workload.operation_bytes = &bytes; }
};
// How long an operation computes, and how long it waits: the parameters that say so, null for none.
// A crew can do no more than these allow.
struct OperationCosts {
  const ParameterBase* cpu;
  const ParameterBase* wait;
  void describe(Workload& workload) const { workload.costs = {cpu, wait}; }
};
// The histogram holds how long operations take, as it does for workloads that wait without being
// told.
struct MeasureOperations {
  void describe(Workload& workload) const { workload.latency = Latency::operation; }
};
// The histogram holds how late sleeps wake, instead of how long operations take.
struct MeasureLateness {
  void describe(Workload& workload) const { workload.latency = Latency::lateness; }
};
// As many workers more as the parameter says run `body` beside the others until those are done:
// while (worker.running()). They count no operations and are part of no answer. Each of the workers
// needs a seat of its own then: models do not offer it that run them one after another, or several
// on one event loop.
struct Background {
  const ParameterBase& count;
  Task (*body)(Worker&);
  void describe(Workload& workload) const;
};
// How many workers the suites run it with.
struct UsualWorkers {
  std::vector<int> counts;
  void describe(Workload& workload) const { workload.usual_workers = counts; }
};
// An experiment of which the quick suite runs these values of a parameter, a benchmark each,
// without a lock: one worker under the model that runs workers one after another, or so many under
// the models that are named. Its answer in words has a sentence on them, so they are few and short.
// Several of these add up.
struct InQuick {
  const ParameterBase& parameter;
  std::vector<std::string> values;
  std::vector<std::string> models = {};
  int workers = 1;
  void describe(Workload& workload) const;
};
// Its operations compute for a while and then wait: under an interpreter lock suites also run it
// with its workers dealt over several interpreters, as servers do.
struct ComputesAndWaits {
  void describe(Workload& workload) const { workload.computes_and_waits = true; }
};
// How many workers a model can have is part of what it shows: crews for which the machine has no
// room did not finish, and have not failed. What a worker weighs is measured.
struct ClimbsUntilRefused {
  void describe(Workload& workload) const { workload.climbs = true; }
};
// What it shows is much the same under every interpreter lock that is handed over now and then:
// suites run it without one and under CPython's, or under those that are named.
struct UnderFewLocks {
  std::vector<std::string> locks = {"none", "cpython32"};
  void describe(Workload& workload) const { workload.few_locks = locks; }
};
// Workers wait for each other or meet in what they share: not under a model that runs them one
// after another.
struct WorkersNeedEachOther {
  void describe(Workload& workload) const { workload.workers_need_each_other = true; }
};
// Its seats share their CPUs with threads or processes that they start: that a seat waits for its
// CPU is no sign of other programs.
struct StartsOthers {
  void describe(Workload& workload) const { workload.starts_others = true; }
};
// Each worker needs a seat of its own: not under a model that runs several on one event loop.
struct WorkersNeedSeats {
  void describe(Workload& workload) const { workload.workers_need_seats = true; }
};
// Its workers block in calls of their own: not under a model that runs several on one event loop.
struct BlocksThreads {
  void describe(Workload& workload) const { workload.blocks_threads = true; }
};
// An operation does nothing: what it takes is the overhead of every other workload's.
struct IsOverhead {
  void describe(Workload& workload) const { workload.is_overhead = true; }
};
struct NotUnder {
  const char* model;
  void describe(Workload& workload) const { workload.excluded_models.emplace_back(model); }
};
// Nothing to check, or a check of its own: empty when right, else what is wrong.
struct NoAnswer {
  void describe(Workload& workload) const { workload.answer = Answer::none; }
};
struct OwnAnswer {
  std::string (*check)(const std::vector<std::uint64_t>& checksums);
  void describe(Workload& workload) const {
    workload.answer = Answer::own;
    workload.own_check = check;
  }
};
// An operation makes so many updates of what is shared, and those lost are told with Worker::lose.
struct CountsLost {
  int updates;
  void describe(Workload& workload) const { workload.operation_updates = updates; }
};

}  // namespace convoy
