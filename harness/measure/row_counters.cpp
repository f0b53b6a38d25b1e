#include "harness/measure/row_counters.hpp"

#include <algorithm>

namespace convoy {
namespace {

constexpr bool kRowWide = true, kPerSample = false;
constexpr const char *kTime = "Time", *kAmount = "Amount", *kTrust = "Trust",
                     *kLatency = "Latency of single operations", *kGil = "The interpreter lock",
                     *kMemory = "Memory", *kProcessor = "What the processor counted";

const char* section_of(Part part) {
  switch (part) {
    case Part::time: return kTime;
    case Part::waits: return "Waits";
    case Part::kernel: return "What the kernel counted";
    case Part::gil: return kGil;
    case Part::hardware: break;
  }
  return kProcessor;
}

// A counter of seats, as a row tells it.

bool has_meaning(const SeatCounter& counter, const RowSource& row) {
  if (counter.part == Part::gil && !row.locked) return false;
  if ((counter.told & kRare) == 0) return row.totals.*counter.member >= 0;
  return std::ranges::any_of(seat_counters(), [&](const SeatCounter& other) {
    return other.part == counter.part && (other.told & kRare) != 0 && row.totals.*other.member != 0;
  });
}

double in_row(const SeatCounter& counter, const RowSource& row) {
  const auto total = static_cast<double>(row.totals.*counter.member);
  if (counter.combine == Combine::per_operation) return total / row.operations;
  return counter.combine == Combine::per_second ? total / row.seconds : total;
}

std::string describe(const SeatCounter& counter) {
  std::string text = counter.sentence;
  const auto continued = [&](const char* with) { text.replace(text.size() - 1, 1, with); };
  if (counter.combine == Combine::per_operation) continued(", per operation.");
  if (counter.combine == Combine::per_second) continued(", over the wall time.");
  if (counter.combine == Combine::max) text += " The most of any seat.";
  if ((counter.told & kUntold) != 0) text += " Absent where the kernel does not say.";
  if ((counter.told & kRare) != 0) text += " Absent where it and its like are 0.";
  return text;
}

RowCounter of_seats(const SeatCounter& counter) {
  const bool rate = counter.combine == Combine::per_second;
  return {counter.full_name() + (rate ? "_per_second" : ""),
          rate                                        ? "1/s"
          : counter.combine == Combine::per_operation ? "1/operation"
                                                      : counter.unit,
          kPerSample,
          section_of(counter.part),
          describe(counter),
          [&counter](const RowSource& row) -> std::optional<double> {
            if (!has_meaning(counter, row)) return std::nullopt;
            return in_row(counter, row);
          }};
}

// Other counters.

std::optional<double> optional_of(const std::optional<std::int64_t>& value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

std::optional<double> bytes_per_second(const RowSource& row) {
  const Case& c = *row.result.benchmark;
  if (c.workload->operation_bytes == nullptr) return std::nullopt;
  const auto index = c.workload->parameter_index(c.workload->operation_bytes->name());
  return static_cast<double>(c.arguments[index]) * row.operations / row.seconds;
}

RowCounter latency(const char* name, const char* description, double (*of)(const Histogram&)) {
  return {name, "ns", kRowWide, kLatency, description, [of](const RowSource& row) {
            const Histogram& latency = row.result.latency;
            return latency.count() > 0 ? std::optional(of(latency)) : std::nullopt;
          }};
}

using Value = std::optional<double>;

std::vector<RowCounter> before_seats() {
  return {
      {"real_time", "ns", kPerSample, kTime,
       "Wall time of one operation: the last seat's end minus the first seat's begin, over the "
       "operations of all workers. Two workers that each need 10 µs for an operation, at once, "
       "have a `real_time` of 5 µs.",
       nullptr},
      {"cpu_time", "ns", kPerSample, kTime,
       "CPU time of all seats over the operations of all workers.", nullptr},
      {"workers", "", kRowWide, kAmount, "Concurrent bodies.",
       [](const RowSource& row) -> Value { return row.result.benchmark->workers; }},
      {"operations", "", kPerSample, kAmount,
       "Operations of all workers in the round: the calibrated budget, the same in every sample of "
       "a row.",
       [](const RowSource& row) -> Value { return row.operations; }},
      {"ops_per_second", "1/s", kPerSample, kAmount,
       "`operations` over the wall time of the round.",
       [](const RowSource& row) -> Value { return row.operations / row.seconds; }},
      {"bytes_per_second", "B/s", kPerSample, kAmount,
       "Bytes one operation moves × `ops_per_second`, for workloads that declare it.",
       bytes_per_second},
      {"lost_per_million", "", kPerSample, "Races",
       "Lost updates per million: updates of shared data that another worker overwrote. Only for "
       "workloads that count them, such as `gil_race`.",
       [](const RowSource& row) {
         return lost_per_million(*row.result.benchmark->workload, row.sample);
       }},
      {"overhead_ns", "ns", kRowWide, kTime,
       "Median time of one operation of the `null` workload under the same model, lock, placement "
       "and numbers of workers and carriers. Reported, never subtracted. Absent if not measured.",
       [](const RowSource& row) { return row.overhead_ns; }},
      {"pinned", "0, 1", kRowWide, kTrust,
       "1 if, in every sample, every seat was bound to the planned CPUs and read back there, "
       "before the first round and after each.",
       [](const RowSource& row) -> Value { return row.result.pinned; }},
      {"converged", "0, 1", kRowWide, kTrust,
       "1 if the 95 % interval of the median became as narrow as `--precision`. Always 0 with "
       "fewer than six samples, and for disturbed rows.",
       [](const RowSource& row) -> Value { return row.result.converged; }},
      {"disturbed", "0, 1", kPerSample, kTrust,
       "1 if there is a reason not to trust this sample: other programs, the host, or a CPU slower "
       "than usual. `convoy.rows` says which.",
       [](const RowSource& row) -> Value { return !row.sample.disturbed.empty(); }},
      {"yardstick_min", "ratio", kPerSample, kTrust,
       "The lowest speed of a fixed loop of about 0.4 ms on the crew's CPUs, before and after the "
       "round, over the CPU's median speed in this run. Absent if no seat was bound, and until a "
       "CPU has seven readings.",
       [](const RowSource& row) { return row.sample.yardstick; }},
      {"peer_cpu_share", "ratio", kPerSample, kTrust,
       "CPU time of the peer, which answers the requests of I/O workloads, over the wall time of "
       "the round. Near 1, the row measures the speed of the peer, not of the workers. Absent "
       "without a peer.",
       [](const RowSource& row) { return row.sample.peer_cpu_share; }},
      latency("latency_mean_ns", "The mean.", [](const Histogram& all) { return all.mean(); }),
      latency("latency_p50_ns", "Half of the operations took no longer.",
              [](const Histogram& all) { return all.quantile(0.5); }),
      latency("latency_p90_ns", "Nine in ten took no longer.",
              [](const Histogram& all) { return all.quantile(0.9); }),
      latency("latency_p99_ns", "99 in 100 took no longer.",
              [](const Histogram& all) { return all.quantile(0.99); }),
      latency("latency_p999_ns", "999 in 1000 took no longer.",
              [](const Histogram& all) { return all.quantile(0.999); }),
      latency("latency_max_ns", "The longest.",
              [](const Histogram& all) { return static_cast<double>(all.largest()); }),
  };
}

std::vector<RowCounter> of_the_lock() {
  return {
      {"gil_hold_p50_ns", "ns", kPerSample, kGil, "The median length of one hold.",
       [](const RowSource& row) {
         return row.locked ? Value(row.sample.gil.hold_p50_ns) : std::nullopt;
       }},
      {"gil_jain", "", kPerSample, kGil,
       "Jain's index of the seats' hold times, (Σx)² ÷ (n Σx²): 1 if all are equal, 1/n if one "
       "seat has it all the time.",
       [](const RowSource& row) { return row.locked ? Value(row.sample.gil.jain) : std::nullopt; }},
  };
}

std::vector<RowCounter> of_memory() {
  return {
      {"peak_rss_bytes", "B", kPerSample, kMemory,
       "The sum over processes of each one's peak resident memory. A shared page counts once for "
       "each process that used it.",
       [](const RowSource& row) { return optional_of(row.sample.memory.peak_rss_bytes); }},
      {"pss_bytes", "B", kPerSample, kMemory,
       "Memory after the last round, while each worker still has its stack and its fixtures, with "
       "each shared page divided among its users. Pages that a process copied on write count, "
       "except for the first 256 KiB of each process: its stack, its variables, pieces of the "
       "controller's heap. Absent where the kernel does not say (before Linux 5.4).",
       [](const RowSource& row) { return optional_of(row.sample.memory.pss_bytes); }},
      {"bytes_per_worker", "B", kPerSample, kMemory, "`pss_bytes` over `workers`.",
       [](const RowSource& row) {
         const Value bytes = optional_of(row.sample.memory.pss_bytes);
         return bytes ? Value(*bytes / row.result.benchmark->workers) : std::nullopt;
       }},
      {"added_bytes_per_worker", "B", kPerSample, kMemory,
       "Memory that each further worker adds: `pss_bytes` minus that of a crew of one worker, over "
       "the other workers. Only for workloads that scale to each model's limit, such as "
       "`fanout_sleep`.",
       [](const RowSource& row) { return row.sample.bytes_per_worker; }},
      {"added_kernel_bytes_per_worker", "B", kPerSample, kMemory,
       "The same for the kernel's own memory, such as stacks and page tables: of the memory "
       "control group or, where that is unknown, of the machine. Only with 1000 workers or more, "
       "since the kernel counts in batches.",
       [](const RowSource& row) { return row.sample.kernel_bytes_per_worker; }},
      {"frame_bytes", "B", kRowWide, kMemory,
       "Heap size of the coroutine frame of one worker's body. Part of what a worker adds.",
       [](const RowSource& row) -> Value {
         const std::size_t bytes = row.result.frame_bytes;
         return bytes > 0 ? Value(static_cast<double>(bytes)) : std::nullopt;
       }},
  };
}

RowCounter share_of_the_processor() {
  return {"counted_share",
          "",
          kPerSample,
          kProcessor,
          "Share of the round in which the processor counted. Below 1, other programs used its "
          "counters, too, and the four numbers are scaled up from that share.",
          [](const RowSource& row) {
            return row.totals.instructions >= 0 ? Value(row.totals.counted_share) : std::nullopt;
          }};
}

void append(std::vector<RowCounter>& all, std::vector<RowCounter> more) {
  std::ranges::move(more, std::back_inserter(all));
}

void append(std::vector<RowCounter>& all, Part part) {
  for (const SeatCounter& counter : seat_counters())
    if (counter.part == part && (counter.told & kInRow) != 0) all.push_back(of_seats(counter));
}

}  // namespace

RowSource::RowSource(const CaseResult& of, const Sample& its, std::optional<double> overhead)
    : result(of),
      sample(its),
      overhead_ns(overhead),
      totals(its.totals()),
      operations(static_cast<double>(its.operations)),
      seconds(static_cast<double>(its.wall.count()) / 1e9),
      locked(of.benchmark->gil.policy->has_lock) {}

const std::vector<RowCounter>& row_counters() {
  static const std::vector<RowCounter> counters = [] {
    std::vector<RowCounter> all = before_seats();
    append(all, Part::gil);
    append(all, of_the_lock());
    for (const Part part : {Part::time, Part::waits, Part::kernel}) append(all, part);
    append(all, of_memory());
    append(all, Part::hardware);
    all.push_back(share_of_the_processor());
    return all;
  }();
  return counters;
}

std::vector<std::pair<std::string, double>> counters_of(const CaseResult& result,
                                                        const Sample& sample,
                                                        std::optional<double> overhead_ns) {
  const RowSource row(result, sample, overhead_ns);
  std::vector<std::pair<std::string, double>> counters;
  for (const RowCounter& counter : row_counters())
    if (counter.value)
      if (const auto value = counter.value(row)) counters.emplace_back(counter.name, *value);
  for (const auto& [name, value] : figures_of(*result.benchmark->workload, sample))
    if (value) counters.emplace_back(name, *value);
  return counters;
}

}  // namespace convoy
