// The database in a file without a name: what is looked up and changed in it.
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "tests/folder.hpp"
#include "tests/work/solo.hpp"

namespace convoy {
namespace {

using test::Kept;
using test::Solo;

// A build without SQLite has no such workload.
class IoSqlite : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const Workload& workload : workloads())
      if (workload.name == "io_sqlite") return;
    GTEST_SKIP() << "built without libsqlite3-dev";
  }
};

TEST_F(IoSqlite, FindsTheRowsOfItsKeys) {
  Solo solo("io_sqlite", {{"rows", "1000"}}, 2);
  const auto answers = solo.run(3);
  // Two workers share the rows: 7919 % 500 = 419 and 2 * 7919 % 500 = 338 rows further on.
  const auto of = [](std::int64_t worker) {
    Kept kept;
    for (const std::int64_t step : {0, 419, 338}) kept << 7 * (worker + step * 2);
    return kept.checksum();
  };
  EXPECT_EQ(answers.at(0), of(0));
  EXPECT_EQ(answers.at(1), of(1));
}

TEST_F(IoSqlite, ReadsBackWhatItChangedLast) {
  Kept kept;
  for (int operation = 0; operation < 5; ++operation) kept << std::int64_t{1};  // row changed
  kept << std::int64_t{4};
  EXPECT_EQ(Solo("io_sqlite", {{"op", "put"}}).run(5).at(0), kept.checksum());
  EXPECT_EQ(Solo("io_sqlite", {{"op", "put"}, {"flush", "on"}}).run(5).at(0), kept.checksum());
}

TEST_F(IoSqlite, LeavesNoFileWhereItsDatabaseIs) {
  const test::Folder folder;
  ::setenv("CONVOY_SCRATCH", folder.path().c_str(), 1);
  {
    Solo solo("io_sqlite", {{"op", "put"}, {"flush", "on"}}, 2);
    solo.run(3);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
  ::unsetenv("CONVOY_SCRATCH");
}

TEST_F(IoSqlite, NeedsARowForEachWorker) {
  EXPECT_THROW(Solo("io_sqlite", {{"rows", "1000"}}, 1001), std::invalid_argument);
}

TEST(LoadedLibrary, SaysWhatToInstallWhereItIsMissing) {
  try {
    const LoadedLibrary missing("libconvoy-is-nowhere.so.1", "libconvoy1");
    FAIL() << "loaded what there is not";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("libconvoy-is-nowhere.so.1"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("apt-get install -y libconvoy1"), std::string::npos);
  }
}

TEST(LoadedLibrary, FindsFunctionsAndSaysWhichItLacks) {
  const LoadedLibrary c("libc.so.6", "libc6");
  EXPECT_EQ(c.find<int (*)(int)>("abs")(-3), 3);
  EXPECT_THROW(c.find<int (*)(int)>("no_such_function"), std::runtime_error);
}

}  // namespace
}  // namespace convoy
