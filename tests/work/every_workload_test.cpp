// What holds for every workload that is linked in and needs nobody else.
#include <gtest/gtest.h>

#include <set>

#include "harness/base/check.hpp"
#include "tests/work/solo.hpp"

namespace convoy {
namespace {

using test::Solo;

std::vector<std::string> names_without_peer() {
  std::vector<std::string> names;
  for (const Workload& workload : workloads())
    if (workload.peer == Transport::none && !workload.target && !workload.workers_need_each_other &&
        !workload.workers_need_seats)
      names.push_back(workload.name);
  return names;
}

// Registered by hand: at static initialisation the other files' workloads may not be there yet.
template <class Check>
void for_every(Check check) {
  const std::vector<std::string> names = names_without_peer();
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    check(name);
  }
}

TEST(EveryWorkload, UsesItsBudgetUpAndEnds) {
  for_every([](const std::string& name) {
    Solo solo(name, {}, 2);
    for (const std::uint64_t operations : {1, 3}) {
      solo.run(operations);
      EXPECT_TRUE(solo.finished());
      EXPECT_EQ(solo.left(), 0U);
    }
  });
}

TEST(EveryWorkload, AnswersTheSameTwice) {
  for_every([](const std::string& name) {
    if (find_workload(name).answer != Answer::same_as_single) return;
    EXPECT_EQ(Solo(name, {}, 2).run(4), Solo(name, {}, 2).run(4));
  });
}

TEST(EveryWorkload, AnswersTheSameWhateverWasBefore) {
  for_every([](const std::string& name) {
    if (find_workload(name).answer != Answer::same_as_single) return;
    Solo used(name, {}, 2);
    used.run(7);
    EXPECT_EQ(used.run(4), Solo(name, {}, 2).run(4));
  });
}

TEST(EveryWorkload, AnswersOtherwiseForAnotherBudget) {
  for_every([](const std::string& name) {
    if (find_workload(name).answer != Answer::same_as_single) return;
    Solo solo(name);
    EXPECT_NE(solo.run(3), solo.run(4));
  });
}

TEST(EveryWorkload, TakesItsDefaultsAsTextAndNothingBeyondItsRanges) {
  for (const Workload& workload : workloads()) {
    SCOPED_TRACE(workload.name);
    for (const ParameterBase* parameter : workload.parameters) {
      SCOPED_TRACE(parameter->name());
      const auto parse = [&](std::int64_t value) {
        return parameter->parse(parameter->format(value), workload.name);
      };
      EXPECT_EQ(parse(parameter->initial()), parameter->initial());
      EXPECT_EQ(parse(parameter->least()), parameter->least());
      EXPECT_EQ(parse(parameter->most()), parameter->most());
      EXPECT_THROW(parameter->parse("nonsense", workload.name), UsageError);
      EXPECT_FALSE(parameter->description().empty());
    }
    EXPECT_THROW(workload.parameter_index("nonsense"), UsageError);
  }
}

TEST(EveryWorkload, DescribesItself) {
  std::string previous;
  for (const Workload& workload : workloads()) {
    EXPECT_LT(previous, workload.name);
    EXPECT_FALSE(workload.description.empty()) << workload.name;
    EXPECT_FALSE(workload.family.empty()) << workload.name;
    std::set<std::string> names;
    for (const ParameterBase* parameter : workload.parameters) names.insert(parameter->name());
    EXPECT_EQ(names.size(), workload.parameters.size()) << workload.name;
    for (const Figure* figure : workload.figures) {
      EXPECT_STRNE(figure->name, "") << workload.name;
      EXPECT_STRNE(figure->description, "") << figure->name;
    }
    previous = workload.name;
  }
}

TEST(EveryWorkload, IsFoundByNameAndGuessedFromANearOne) {
  EXPECT_EQ(find_workload("cpu_pi").name, "cpu_pi");
  try {
    find_workload("cpu_pie");
    FAIL() << "found what there is not";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("cpu_pi"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace convoy
