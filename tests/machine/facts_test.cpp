#include "harness/machine/facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <fstream>

#include "harness/machine/counters.hpp"
#include "harness/machine/pinning.hpp"
#include "tests/folder.hpp"

namespace convoy {
namespace {

using ::testing::HasSubstr;

// A made-up /proc and /sys, removed with the test.
class FactsOfAMachine : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }

  const test::Folder folder_;
  const std::string root_ = folder_.path();
};

TEST_F(FactsOfAMachine, ReadsTheProcessor) {
  write("/proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Fast CPU\nmicrocode\t: 0x2a\nflags\t\t: fpu sse");
  write("/sys/devices/system/cpu/smt/active", "1");
  write("/sys/devices/system/cpu/intel_pstate/no_turbo", "0");
  Facts facts;
  add_processor_facts(facts, root_);
  EXPECT_EQ(fact_text(facts.find("cpu_model")->value), "Fast CPU");
  EXPECT_EQ(fact_text(facts.find("microcode")->value), "0x2a");
  EXPECT_EQ(facts.find("smt")->value, FactValue(true));
  EXPECT_EQ(fact_text(facts.find("boost")->value), "on");
  EXPECT_EQ(fact_text(facts.find("hypervisor")->value), "none");
}

TEST_F(FactsOfAMachine, WhatIsUnknownIsNullWithAReason) {
  Facts facts;
  add_processor_facts(facts, root_);
  for (const Fact& fact : facts.list()) {
    EXPECT_EQ(fact_text(fact.value), "null") << fact.name;
    EXPECT_NE(fact.reason, "") << fact.name;
  }
  EXPECT_FALSE(steal_ticks(root_));
  EXPECT_FALSE(load_average(root_));
}

TEST_F(FactsOfAMachine, DifferentGovernorsAreAllNamed) {
  const CpuSet cpus = current_affinity();
  const std::string folder = "/sys/devices/system/cpu/cpu";
  write(folder + std::to_string(cpus.first()) + "/cpufreq/scaling_governor", "powersave");
  EXPECT_EQ(fact_text(governor_fact(root_).value), "powersave");
  if (cpus.size() < 2) GTEST_SKIP() << "needs two CPUs";
  write(folder + std::to_string(cpus.last()) + "/cpufreq/scaling_governor", "performance");
  EXPECT_EQ(fact_text(governor_fact(root_).value), "mixed: performance, powersave");
}

TEST_F(FactsOfAMachine, ReadsSteal) {
  write("/proc/stat", "cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1 2 3 4 5 6 7 8");
  EXPECT_EQ(steal_ticks(root_).value(), 80);
}

Facts sample(double quota, const std::string& commit) {
  Facts facts;
  facts.add("cpu_model", "Fast CPU", true);
  facts.add("cgroup_quota_cpus", quota, true);
  facts.add("git_commit", commit);
  return facts;
}

TEST(Facts, TheFingerprintChangesWithWhatDecidesSpeedAndNothingElse) {
  EXPECT_EQ(sample(2, "a").fingerprint(), sample(2, "b").fingerprint());
  EXPECT_NE(sample(2, "a").fingerprint(), sample(1, "a").fingerprint());
  EXPECT_EQ(sample(2, "a").fingerprint().size(), 16u);
}

TEST(Facts, TheFingerprintTellsNullFromText) {
  Facts unknown;
  unknown.add_unknown("governor", "no cpufreq", true);
  Facts text;
  text.add("governor", "null", true);
  EXPECT_NE(unknown.fingerprint(), text.fingerprint());
}

TEST(Facts, TheFingerprintDoesNotDependOnTheOrder) {
  Facts first;
  first.add("a", true, true);
  first.add("b", std::int64_t{1}, true);
  Facts second;
  second.add("b", std::int64_t{1}, true);
  second.add("a", true, true);
  EXPECT_EQ(first.fingerprint(), second.fingerprint());
}

TEST(Facts, OfThisMachineAreStable) {
  const Facts facts = gather_facts(Topology::live());
  EXPECT_EQ(facts.fingerprint(), gather_facts(Topology::live()).fingerprint());
  for (const char* name : {"cpu_model", "allowed_cpus", "kernel", "compiler", "compiler_flags",
                           "glibc_version", "hwloc_version", "git_commit", "aslr"}) {
    EXPECT_NE(facts.find(name), nullptr) << name;
  }
}

// Names of facts that say what the host is called.
std::string facts_that_name_the_host() {
  char host[HOST_NAME_MAX + 1] = {};
  ::gethostname(host, HOST_NAME_MAX);
  std::string names;
  const Facts facts = gather_facts(Topology::live());
  for (const Fact& fact : facts.list())
    if (fact_text(fact.value) == host) names += fact.name + ' ';
  return names;
}

TEST(Facts, SayWhetherTheProcessorCountsOrWhyNot) {
  Facts facts;
  add_processor_facts(facts);
  const Fact* fact = facts.find("hardware_counters");
  ASSERT_NE(fact, nullptr);
  EXPECT_EQ(fact->reason, refusal_of_processor());
  EXPECT_EQ(fact_text(fact->value), fact->reason.empty() ? "true" : "null");
}

TEST(Facts, OfThisMachineNameNoHost) {
  const std::string names = facts_that_name_the_host();
  if (names.empty()) return;
  // Or the host is called like what a fact says, "x86_64" or "none": once more by another name.
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string name = "convoy-facts-test";
    if (::unshare(CLONE_NEWUSER | CLONE_NEWUTS) != 0 ||
        ::sethostname(name.c_str(), name.size()) != 0)
      ::_exit(2);
    ::_exit(facts_that_name_the_host().empty() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
    GTEST_SKIP() << "the host is called like these facts and cannot be renamed: " << names;
  EXPECT_EQ(status, 0) << names;
}

TEST(Facts, SourcesOutsideARepositoryAreUnknown) {
  const test::Folder folder;
  ::setenv("GIT_CEILING_DIRECTORIES",
           std::filesystem::canonical(folder.path()).parent_path().c_str(), 1);
  Facts facts;
  add_source_facts(facts, folder.path());
  ::unsetenv("GIT_CEILING_DIRECTORIES");
  EXPECT_NE(facts.find("git_commit")->reason, "");
  EXPECT_NE(facts.find("git_dirty")->reason, "");
}

TEST(Facts, CommandsThatFailOrHangGiveAReason) {
  constexpr int kPatienceMs = 600'000;
  std::string reason;
  EXPECT_EQ(output_of({"echo", "text"}, kPatienceMs, reason).value(), "text\n");
  EXPECT_FALSE(output_of({"false"}, kPatienceMs, reason));
  EXPECT_THAT(reason, HasSubstr("failed"));
  EXPECT_FALSE(output_of({"no-such-command"}, kPatienceMs, reason));
  EXPECT_THAT(reason, HasSubstr("not installed"));
  EXPECT_FALSE(output_of({"sleep", "600"}, 20, reason));
  EXPECT_THAT(reason, HasSubstr("too long"));
}

}  // namespace
}  // namespace convoy
