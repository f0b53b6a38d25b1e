// The waiting workloads that need no peer: files, sleeping, and computing in between.
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "tests/folder.hpp"
#include "tests/work/solo.hpp"

namespace convoy {
namespace {

using test::Kept;
using test::Solo;

// Sets the folder of scratch files for a scope.
class Scratch {
 public:
  explicit Scratch(const std::string& folder) {
    if (const char* former = std::getenv("CONVOY_SCRATCH")) former_ = former;
    ::setenv("CONVOY_SCRATCH", folder.c_str(), 1);
  }
  ~Scratch() {
    if (former_) ::setenv("CONVOY_SCRATCH", former_->c_str(), 1);
    else ::unsetenv("CONVOY_SCRATCH");
  }

 private:
  std::optional<std::string> former_;
};

TEST(IoFileRead, ReadsWhatTheFileHoldsThere) {
  Solo solo("io_file_read", {{"bytes", "64KiB"}}, 2);
  const auto answers = solo.run(8);
  EXPECT_NE(answers[0], answers[1]);  // each worker at places of its own
  EXPECT_EQ(answers, solo.run(8));
}

TEST(IoFileRead, DirectReadsAnswerAsOthersOrAreRefusedWithAdvice) {
  const auto buffered = Solo("io_file_read").run(8);
  try {
    EXPECT_EQ(Solo("io_file_read", {{"direct", "on"}}).run(8), buffered);
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("direct=off"), std::string::npos) << error.what();
  }
}

TEST(IoFileRead, DirectReadsAreOfWholePages) {
  EXPECT_THROW(Solo("io_file_read", {{"direct", "on"}, {"bytes", "512"}}), std::invalid_argument);
}

TEST(IoFileRead, SaysWhichFolderIsMissing) {
  const test::Folder folder;
  const Scratch scratch(folder.path() / "missing");
  try {
    Solo solo("io_file_read");
    FAIL() << "made a file nowhere";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("CONVOY_SCRATCH"), std::string::npos) << error.what();
  }
}

TEST(IoFileWrite, LeavesInTheFileWhatWasWrittenLast) {
  Kept kept;
  for (int operation = 0; operation < 65; ++operation) kept << 4'096;
  kept << 4'096 << 64 * 1'000 + 1;  // the 65th write, number 64, goes to the beginning again
  EXPECT_EQ(Solo("io_file_write", {}, 2).run(65).at(1), kept.checksum());
}

TEST(IoFileWrite, DirectWritesAnswerAsOthersOrAreRefusedWithAdvice) {
  const auto buffered = Solo("io_file_write").run(3);
  try {
    EXPECT_EQ(Solo("io_file_write", {{"direct", "on"}}).run(3), buffered);
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("direct=off"), std::string::npos) << error.what();
  }
}

TEST(IoSleep, NeverWakesTooEarly) {
  const std::uint64_t in_time = (Kept() << true << true).checksum();
  EXPECT_EQ(Solo("io_sleep", {{"wait", "100us"}}).run(2).at(0), in_time);
}

TEST(Mixed, AnswersTheSameHoweverLongItComputes) {
  const std::uint64_t thrice = (Kept() << true << true << true).checksum();
  for (const char* cpu : {"1us", "50us", "500us"})
    EXPECT_EQ(Solo("mixed", {{"cpu", cpu}, {"wait", "1us"}}).run(3).at(0), thrice) << cpu;
}

TEST(Mixed, DropsTheLockWhileItWaitsAndOnlyThen) {
  Solo solo("mixed", {{"wait", "1us"}});
  solo.run(5);
  EXPECT_EQ(solo.seat().gil.voluntary_releases, 5U + 1U);  // the last at the end of the round
}

}  // namespace
}  // namespace convoy
