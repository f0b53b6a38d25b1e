// Loops and descriptors whose numbers change their meaning, or which nobody reads.
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "tests/loop/crew.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using test::Crew;
using test::Ends;

class LoopDescriptors : public test::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(Engines, LoopDescriptors, testing::Values(Engine::epoll, Engine::io_uring),
                         [](const auto& one) {
                           return one.param == Engine::epoll ? "epoll" : "io_uring";
                         });

enum class Kind { pipe, sockets };

// Both at these very numbers, which are closed. Nothing but close(2) is told to the loop.
void open_at(const std::array<int, 2>& numbers, Kind kind) {
  std::array<int, 2> ends{};
  const int status = kind == Kind::pipe
                         ? ::pipe2(ends.data(), O_CLOEXEC)
                         : ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
  CONVOY_CHECK(status == 0, "pipe or socketpair");
  for (std::size_t i = 0; i < 2; ++i) {
    CONVOY_CHECK(::dup3(ends[i], numbers[i], O_CLOEXEC) == numbers[i], "dup3");
    ::close(ends[i]);
  }
}

// Some numbers that nobody else is given meanwhile.
constexpr std::array<int, 2> kNumbers{201, 202};

Task read_letters(Worker& worker, int fd, int count, std::string& got) {
  for (int i = 0; i < count; ++i) {
    char letter = 0;
    const std::size_t size = co_await worker.read(fd, std::span(&letter, 1));
    if (size == 1) got += letter;
  }
}

// Each a turn or more after the reader has begun to wait.
Task write_letters(Worker& worker, int fd, int count) {
  for (int i = 0; i < count; ++i) {
    co_await worker.turn();
    const char letter = static_cast<char>('a' + i);
    co_await worker.write(fd, std::span(&letter, 1));
    co_await worker.sleep(1us);
  }
}

TEST_P(LoopDescriptors, NumbersThatCloseFreedAreNotWhatTheyWere) {
  Crew crew(GetParam());
  std::string expected, got;
  for (const Kind kind : {Kind::sockets, Kind::pipe, Kind::pipe, Kind::sockets, Kind::sockets}) {
    open_at(kNumbers, kind);
    crew.tasks.clear();
    crew.tasks.push_back(read_letters(crew[0], kNumbers[0], 10, got));
    crew.tasks.push_back(write_letters(crew[1], kNumbers[1], 10));
    crew.run();
    expected += "abcdefghij";
    EXPECT_EQ(got, expected);
    for (const int number : kNumbers) ::close(number);
  }
  // A file follows, of which epoll knows nothing.
  UniqueFd file = crew.setup.scratch_file();
  ASSERT_EQ(::write(file.get(), "k", 1), 1);
  ASSERT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
  ASSERT_EQ(::dup3(file.get(), kNumbers[0], O_CLOEXEC), kNumbers[0]);
  crew.tasks.clear();
  crew.tasks.push_back(read_letters(crew[0], kNumbers[0], 1, got));
  crew.run();
  EXPECT_EQ(got, expected + "k");
  EXPECT_STREQ(crew.loop->file_io(), GetParam() == Engine::epoll ? "offload thread" : "io_uring");
  ::close(kNumbers[0]);
}

Task reopen_between_reads(Worker& worker, std::string& got) {
  for (int round = 0; round < 5; ++round) {
    open_at(kNumbers, Kind::sockets);
    const char letter = static_cast<char>('a' + round);
    for (int i = 0; i < 4; ++i) {
      co_await worker.turn();
      co_await worker.send(kNumbers[1], std::span(&letter, 1));
      char back = 0;
      const std::size_t size = co_await worker.recv(kNumbers[0], std::span(&back, 1));
      got.append(&back, size);
    }
    for (const int number : kNumbers) ::close(number);
  }
}

TEST_P(LoopDescriptors, ABodyMayCloseAndOpenThem) {
  Crew crew(GetParam());
  std::string got;
  crew.tasks.push_back(reopen_between_reads(crew[0], got));
  crew.run();
  EXPECT_EQ(got, "aaaabbbbccccddddeeee");
}

TEST_P(LoopDescriptors, ReadsThatMostlyWaitFindWhatIsThereAlready) {
  Crew crew(GetParam());
  const Ends pair = test::make_pair();
  std::string got;
  crew.tasks.push_back(read_letters(crew[0], pair[0].get(), 12, got));
  crew.tasks.push_back(write_letters(crew[1], pair[1].get(), 12));
  crew.run();
  // All at once, so that of the next reads none has to wait; and of these the last ones follow one
  // another without an event in between.
  ASSERT_EQ(::send(pair[1].get(), "mnopqrstuvwxyz", 14, 0), 14);
  crew.tasks.clear();
  crew.tasks.push_back(read_letters(crew[0], pair[0].get(), 14, got));
  crew.run();
  EXPECT_EQ(got, "abcdefghijklmnopqrstuvwxyz");
}

Task sleep_once(Worker& worker, nanoseconds duration) { co_await worker.sleep(duration); }

// How often the loop asked the kernel while one worker slept.
std::size_t polls_of_a_sleep(Crew& crew) {
  const std::size_t before = crew.gil.releases();
  crew.tasks.clear();
  crew.tasks.push_back(sleep_once(crew[3], 30ms));
  crew.run();
  return crew.gil.releases() - before;
}

TEST_P(LoopDescriptors, WhatNobodyReadsKeepsNobodyAwake) {
  Crew crew(GetParam());
  const Ends pair = test::make_pair();
  std::string got;
  crew.tasks.push_back(read_letters(crew[0], pair[0].get(), 3, got));
  crew.tasks.push_back(write_letters(crew[1], pair[1].get(), 3));
  crew.run();
  ASSERT_EQ(::send(pair[1].get(), "xyz", 3, 0), 3);
  EXPECT_LT(polls_of_a_sleep(crew), 20U);
  crew.tasks.clear();
  crew.tasks.push_back(read_letters(crew[0], pair[0].get(), 3, got));
  crew.run();
  EXPECT_EQ(got, "abcxyz");
}

TEST_P(LoopDescriptors, AFileThatLivesOnUnderAnotherNumberKeepsNobodyAwake) {
  Crew crew(GetParam());
  std::string got;
  open_at(kNumbers, Kind::sockets);
  crew.tasks.push_back(read_letters(crew[0], kNumbers[0], 3, got));
  crew.tasks.push_back(write_letters(crew[1], kNumbers[1], 3));
  crew.run();
  const UniqueFd again(::dup(kNumbers[0]));
  ::close(kNumbers[0]);
  ASSERT_EQ(::send(kNumbers[1], "x", 1, 0), 1);
  EXPECT_LT(polls_of_a_sleep(crew), 20U);
  // And under the old number somebody else can be waited for.
  const Ends pair = test::make_pair();
  ASSERT_EQ(::dup3(pair[0].get(), kNumbers[0], O_CLOEXEC), kNumbers[0]);
  crew.tasks.clear();
  crew.tasks.push_back(read_letters(crew[0], kNumbers[0], 3, got));
  crew.tasks.push_back(write_letters(crew[1], pair[1].get(), 3));
  crew.run();
  EXPECT_EQ(got, "abcabc");
  EXPECT_LT(polls_of_a_sleep(crew), 20U);
  for (const int number : kNumbers) ::close(number);
}

}  // namespace
}  // namespace convoy
