// Waiting until a descriptor is ready, for libraries that read and write it themselves.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "tests/loop/crew.hpp"

namespace convoy {
namespace {

using test::Crew;
using test::Ends;

class LoopReadiness : public test::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(Engines, LoopReadiness, testing::Values(Engine::epoll, Engine::io_uring),
                         [](const auto& one) {
                           return one.param == Engine::epoll ? "epoll" : "io_uring";
                         });

// As a client library does: it calls without waiting, once it has been told that it may.
Task read_when_ready(Worker& worker, int fd, std::string& got) {
  while (true) {
    co_await worker.readable(fd);
    std::array<char, 64> buffer{};
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count == 0) co_return;
    EXPECT_GT(count, 0) << "told too early";
    if (count > 0) got.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

Task send_in_turns(Worker& worker, UniqueFd& fd, std::vector<std::string> parts) {
  for (const std::string& part : parts) {
    for (int turn = 0; turn < 3; ++turn) co_await worker.turn();
    const std::size_t sent = co_await worker.send(fd.get(), std::span<const char>(part));
    EXPECT_EQ(sent, part.size());
  }
  for (int turn = 0; turn < 3; ++turn) co_await worker.turn();
  fd.reset();
}

TEST_P(LoopReadiness, TellsOfWhatComesAndOfTheEnd) {
  Crew crew(GetParam());
  Ends pair = test::make_pair();
  std::string got;
  crew.tasks.push_back(read_when_ready(crew[0], pair[0].get(), got));
  crew.tasks.push_back(send_in_turns(crew[1], pair[1], {"one ", "two ", "three"}));
  crew.run();
  EXPECT_EQ(got, "one two three");
}

Task wait_until_readable(Worker& worker, int fd, int& ready) {
  co_await worker.readable(fd);
  ++ready;
}

Task wait_until_writable(Worker& worker, int fd, int& ready) {
  co_await worker.writable(fd);
  ++ready;
}

TEST_P(LoopReadiness, TellsEverybodyWhoWaits) {
  Crew crew(GetParam());
  Ends pair = test::make_pair();
  int ready = 0;
  for (int i = 0; i < 5; ++i)
    crew.tasks.push_back(wait_until_readable(crew[i], pair[0].get(), ready));
  crew.tasks.push_back(send_in_turns(crew[5], pair[1], {"x"}));
  crew.run();
  EXPECT_EQ(ready, 5);
}

TEST_P(LoopReadiness, ChangesNoFlagOfAPipe) {
  Crew crew(GetParam());
  const Ends pipe = test::make_pipe();
  ASSERT_EQ(::write(pipe[1].get(), "x", 1), 1);
  int ready = 0;
  crew.tasks.push_back(wait_until_readable(crew[0], pipe[0].get(), ready));
  crew.tasks.push_back(wait_until_writable(crew[1], pipe[1].get(), ready));
  crew.run();
  EXPECT_EQ(ready, 2);
  EXPECT_EQ(::fcntl(pipe[0].get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(::fcntl(pipe[1].get(), F_GETFL) & O_NONBLOCK, 0);
}

Task drain_later(Worker& worker, int fd) {
  for (int turn = 0; turn < 3; ++turn) co_await worker.turn();
  std::array<char, 4096> buffer{};
  while (::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
  }
}

TEST_P(LoopReadiness, IsWritableOnceThereIsRoom) {
  Crew crew(GetParam());
  const Ends pair = test::make_pair();
  const std::array<char, 4096> bytes{};
  while (::send(pair[0].get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
  }
  int ready = 0;
  crew.tasks.push_back(wait_until_writable(crew[0], pair[0].get(), ready));
  crew.tasks.push_back(drain_later(crew[1], pair[1].get()));
  crew.run();
  EXPECT_EQ(ready, 1);
  EXPECT_GT(::send(pair[0].get(), bytes.data(), bytes.size(), MSG_DONTWAIT), 0);
}

TEST_P(LoopReadiness, FilesAreAlwaysReady) {
  Crew crew(GetParam());
  const UniqueFd file = crew.setup.scratch_file();
  int ready = 0;
  crew.tasks.push_back(wait_until_readable(crew[0], file.get(), ready));
  crew.tasks.push_back(wait_until_writable(crew[1], file.get(), ready));
  crew.run();
  EXPECT_EQ(ready, 2);
  EXPECT_STREQ(crew.loop->file_io(), "none used");
}

Task throw_later(Worker& worker) {
  for (int turn = 0; turn < 3; ++turn) co_await worker.turn();
  throw std::runtime_error("out of ideas");
}

TEST_P(LoopReadiness, WhoWaitsIsTakenBackWhenAnotherFails) {
  Crew crew(GetParam());
  const Ends pair = test::make_pair();
  int ready = 0;
  crew.tasks.push_back(wait_until_readable(crew[0], pair[0].get(), ready));
  crew.tasks.push_back(throw_later(crew[1]));
  EXPECT_THROW(crew.run(), std::runtime_error);
  EXPECT_EQ(ready, 0);
}

}  // namespace
}  // namespace convoy
