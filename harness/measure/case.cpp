#include "harness/measure/case.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <chrono>

#include "harness/base/check.hpp"

using namespace std::chrono_literals;

namespace convoy {

PeerPlace parse_peer_place(const std::string& text) {
  if (text == "same") return PeerPlace::same;
  if (text == "other") return PeerPlace::other;
  if (text == "none") return PeerPlace::none;
  if (text == "external")
    throw UsageError(
        "--peer external: name the server instead, as in --target io_redis=127.0.0.1:6379");
  throw UsageError(fmt::format("unknown peer place '{}': write --peer same, other or none", text));
}

const char* text_of(PeerPlace place) {
  return place == PeerPlace::same    ? "same"
         : place == PeerPlace::other ? "other"
         : place == PeerPlace::none  ? "none"
                                     : "external";
}

std::string name_of(const Case& c) {
  std::string name = c.workload->name;
  // A runtime has locks of its own, if any.
  if (c.model->runtime) name += fmt::format("/runtime:{}", c.model->name);
  else name += fmt::format("/model:{}/gil:{}", c.model->name, c.gil.text);
  name += fmt::format("/place:{}", placement_label(c.placement));
  name += c.placement_qualifiers;
  if (c.peer) name += fmt::format("/peer:{}", text_of(*c.peer));
  name += fmt::format("/workers:{}", c.workers);
  if (c.carriers != 1) name += fmt::format("/carriers:{}", c.carriers);
  if (c.interpreters != 1) name += fmt::format("/interpreters:{}", c.interpreters);
  if (c.engine != Engine::automatic)
    name += c.engine == Engine::epoll ? "/engine:epoll" : "/engine:io_uring";
  if (c.fiber_stack != FiberStackSize::kUsual)
    name += fmt::format("/stack:{}", format_bytes(Bytes{c.fiber_stack}));
  for (std::size_t i = 0; i < c.arguments.size(); ++i) {
    const ParameterBase& parameter = *c.workload->parameters[i];
    if (c.arguments[i] != parameter.initial())
      name += fmt::format("/{}:{}", parameter.name(), parameter.format(c.arguments[i]));
  }
  return name;
}

int Case::bodies() const { return Setup(*workload, arguments, workers).bodies(); }

int Case::seats() const { return model->seats_of(bodies(), carriers, interpreters); }

int Case::interpreters_used() const {
  return model->interpreters_of(bodies(), carriers, interpreters);
}

Case Case::with_workload(const Workload& other) const {
  Case c = *this;
  c.workload = &other;
  c.arguments = other.initial_arguments();
  if (&other != workload && !target.empty()) {
    c.target.clear();
    c.peer.reset();
  }
  c.peer = other.peer == Transport::none ? std::nullopt
                                         : std::optional(c.peer.value_or(PeerPlace::same));
  c.settle();
  return c;
}

Case Case::with_model(const Model& other) const {
  Case c = *this;
  c.model = &other;
  c.settle();
  return c;
}

void Case::settle() {
  if (!model->looped) {
    carriers = 1;
    engine = Engine::automatic;
  }
  if (!model->divisible) interpreters = 1;
  if (!model->stackful) fiber_stack = FiberStackSize::kUsual;
  placement.seats = seats();
  name = name_of(*this);
}

Answer answer_of(const Case& benchmark) {
  const Answer answer = benchmark.workload->answer;
  const bool by_itself = benchmark.model->runtime && answer == Answer::same_as_single;
  return by_itself ? Answer::own : answer;
}

bool has_reference(const Case& benchmark) {
  return answer_of(benchmark) == Answer::same_as_single &&
         offers(*benchmark.workload, find_model("single"));
}

ParameterSetting parse_setting(const std::string& text) {
  const std::size_t dot = text.find('.');
  const std::size_t equals = text.find('=');
  if (dot == std::string::npos || equals == std::string::npos || dot > equals)
    throw UsageError(fmt::format(
        "--param {}: write --param workload.name=value, such as --param io_sleep.wait=5ms", text));
  ParameterSetting setting{text.substr(0, dot), text.substr(dot + 1, equals - dot - 1), {}};
  std::string rest = text.substr(equals + 1);
  for (std::size_t comma = 0; comma != std::string::npos;) {
    comma = rest.find(',');
    setting.values.push_back(rest.substr(0, comma));
    if (comma != std::string::npos) rest = rest.substr(comma + 1);
  }
  return setting;
}

TargetSetting parse_target_setting(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw UsageError(fmt::format(
        "--target {}: write --target workload=address, such as --target io_redis=127.0.0.1:6379",
        text));
  const TargetSetting setting{&find_workload(text.substr(0, equals)), text.substr(equals + 1)};
  if (!setting.workload->target)
    throw UsageError(
        fmt::format("--target {}: {} talks to no server of others: leave out its --target", text,
                    setting.workload->name));
  parse_target(setting.address, *setting.workload);
  return setting;
}

const std::vector<Suite>& suites() {
  static const std::vector<Suite> all{
      {"smoke",
       "Every workload, two samples each, in under a minute: shows that all works; too few samples "
       "to compare",
       2, 45s, 0.05, 3},
      {"quick",
       "Every workload under the usual models and the two main locks, to 5 %: the default of `make "
       "bench`",
       6, 270s, 0.05, 6},
      {"full",
       "Every model and lock, more workers, both places of the peer, to 2 %: takes as long as it "
       "needs",
       6, 0s, 0.02, 6},
  };
  return all;
}

const Suite& find_suite(const std::string& name) {
  for (const Suite& suite : suites())
    if (suite.name == name) return suite;
  throw UsageError(fmt::format("unknown suite '{}': write --suite smoke, quick or full", name));
}

int allowed_cpu_count() {
  // Masks wider than cpu_set_t's 1024 CPUs make the call fail; it is then tried with more room.
  for (int cpus = 1024; cpus <= 65536; cpus *= 4) {
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    const int result = ::sched_getaffinity(0, size, set);
    const int count = result == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return 1;
}

}  // namespace convoy
