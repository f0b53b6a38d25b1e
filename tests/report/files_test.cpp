#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "harness/base/check.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/report/json.hpp"
#include "tests/folder.hpp"

namespace convoy {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A folder of the test's own, removed with it.
class WritingFiles : public ::testing::Test {
 protected:
  static std::string content(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    return names;
  }
  template <class Action>
  static std::string complaint_of(Action action) {
    try {
      action();
    } catch (const UsageError& error) {
      return error.what();
    }
    return {};
  }

  const test::Folder own_;
  const fs::path folder_ = own_.path();
};

TEST_F(WritingFiles, ReplacesAFileWhole) {
  const fs::path file = folder_ / "result.json";
  write_atomically(file, "first");
  EXPECT_EQ(content(file), "first");
  write_atomically(file, std::string(3'000'000, 'x'));
  EXPECT_EQ(content(file).size(), 3'000'000U);
  EXPECT_THAT(names(), ElementsAre("result.json"));
}

TEST_F(WritingFiles, MakesTheFoldersOnTheWay) {
  write_atomically(folder_ / "new/newer/result.json", "text");
  EXPECT_EQ(content(folder_ / "new/newer/result.json"), "text");
  check_writable(folder_ / "other/result.json");
  EXPECT_FALSE(fs::exists(folder_ / "other/result.json"));
}

TEST_F(WritingFiles, HasThePermissionsTheUserWants) {
  const mode_t before = ::umask(027);
  write_atomically(folder_ / "result.json", "text");
  EXPECT_EQ(::umask(before), 027U) << "it gave the mask back";
  struct stat status{};
  ASSERT_EQ(::stat((folder_ / "result.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
}

TEST_F(WritingFiles, LeavesTheOldFileAndNoOtherWhenItCannotWrite) {
  const fs::path file = folder_ / "result.json";
  fs::create_directory(file);  // what a rename cannot replace
  std::ofstream(file / "inside") << "kept";
  EXPECT_THAT(complaint_of([&] { write_atomically(file, "text"); }), HasSubstr("--json FILE"));
  EXPECT_EQ(content(file / "inside"), "kept");
  EXPECT_THAT(names(), ElementsAre("result.json"));
}

TEST_F(WritingFiles, SaysWhatIsInTheWay) {
  const fs::path plain = folder_ / "plain";
  std::ofstream(plain) << "no folder";
  for (const bool only_check : {true, false}) {
    const std::string complaint = complaint_of([&] {
      if (only_check) check_writable(plain / "result.json");
      else write_atomically(plain / "result.json", "text");
    });
    EXPECT_THAT(complaint, HasSubstr("cannot write " + (plain / "result.json").string()));
    EXPECT_THAT(complaint, HasSubstr("choose another file with --json FILE"));
  }
  EXPECT_EQ(content(plain), "no folder");
  EXPECT_THAT(complaint_of([&] { check_writable(folder_); }), HasSubstr("it is a folder"));
}

TEST_F(WritingFiles, ChecksWithoutLeavingATrace) {
  const fs::path file = folder_ / "result.json";
  check_writable(file);
  EXPECT_TRUE(names().empty());
  std::ofstream(file) << "old";
  check_writable(file);
  EXPECT_EQ(content(file), "old");
  EXPECT_THAT(names(), ElementsAre("result.json"));
}

TEST_F(WritingFiles, FollowsALinkAndLeavesIt) {
  const fs::path file = folder_ / "real.json";
  const fs::path link = folder_ / "link.json";
  std::ofstream(file) << "old";
  fs::create_symlink(file, link);
  write_atomically(link, "new");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(content(file), "new");
}

TEST_F(WritingFiles, WritesIntoWhatIsNoFile) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  check_writable(pipe);
  write_atomically(pipe, "through");
  char text[16] = {};
  EXPECT_EQ(::read(reader.get(), text, sizeof text), 7);
  EXPECT_STREQ(text, "through");
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST(TrackPath, IsBesideTheResult) {
  EXPECT_EQ(track_path("results/latest.json"), "results/latest.track.json");
  EXPECT_EQ(track_path("a.b.json"), "a.b.track.json");
  EXPECT_EQ(track_path("plain"), "plain.track.json");
}

}  // namespace
}  // namespace convoy
