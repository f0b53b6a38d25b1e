#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>

#include "tests/forbid.hpp"
#include "tests/loop/crew.hpp"

namespace convoy {
namespace {

using test::Crew;
using test::Ends;

class LoopCalls : public test::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(Engines, LoopCalls, testing::Values(Engine::epoll, Engine::io_uring),
                         [](const auto& one) {
                           return one.param == Engine::epoll ? "epoll" : "io_uring";
                         });

Task call_kind(Worker& worker, Operation::Kind kind, int fd, std::size_t& result) {
  char buffer[8] = "text";
  std::size_t size = 0;
  switch (kind) {
    case Operation::Kind::read: {
      const std::size_t count = co_await worker.read(fd, std::span(buffer));
      size = count;
      break;
    }
    case Operation::Kind::write: {
      const std::size_t count = co_await worker.write(fd, std::span(buffer));
      size = count;
      break;
    }
    case Operation::Kind::receive: {
      const std::size_t count = co_await worker.recv(fd, std::span(buffer));
      size = count;
      break;
    }
    case Operation::Kind::send: {
      const std::size_t count = co_await worker.send(fd, std::span(buffer));
      size = count;
      break;
    }
    case Operation::Kind::accept: {
      const std::size_t accepted = co_await worker.accept(fd);
      size = accepted;
      break;
    }
    case Operation::Kind::fsync: {
      co_await worker.fsync(fd);
      break;
    }
    case Operation::Kind::readable: {
      co_await worker.readable(fd);
      break;
    }
    case Operation::Kind::writable: {
      co_await worker.writable(fd);
      break;
    }
    default: break;
  }
  result = size;
}

Task use_file(Worker& worker, int fd) {
  const std::string text = "0123456789";
  char buffer[16] = {};
  const std::size_t written = co_await worker.write(fd, std::span(text), 0);
  EXPECT_EQ(written, 10U);
  co_await worker.fsync(fd);
  const std::size_t to_the_end = co_await worker.read(fd, std::span(buffer), 4);
  EXPECT_EQ(std::string(buffer, to_the_end), "456789");
  const std::size_t behind = co_await worker.read(fd, std::span(buffer), 10);
  EXPECT_EQ(behind, 0U) << "the end of the file";
  const std::size_t first = co_await worker.read(fd, std::span(buffer, 3));
  EXPECT_EQ(std::string(buffer, first), "012") << "without an offset, at the file's own position";
  const std::size_t second = co_await worker.read(fd, std::span(buffer, 3));
  EXPECT_EQ(std::string(buffer, second), "345");
}

TEST_P(LoopCalls, FilesAreReadWrittenAndSynced) {
  Crew crew(GetParam());
  const UniqueFd file = crew.setup.scratch_file();
  crew.tasks.push_back(use_file(crew[0], file.get()));
  crew.run();
  EXPECT_STREQ(crew.loop->file_io(), GetParam() == Engine::epoll ? "offload thread" : "io_uring");
}

TEST_P(LoopCalls, EndOfStreamIsNoBytes) {
  Crew crew(GetParam());
  Ends pipe = test::make_pipe();
  pipe[1].reset();
  std::size_t result = 99;
  crew.tasks.push_back(call_kind(crew[0], Operation::Kind::read, pipe[0].get(), result));
  crew.run();
  EXPECT_EQ(result, 0U);
}

TEST_P(LoopCalls, FailuresNameTheCall) {
  using Kind = Operation::Kind;
  const Ends pair = test::make_pair();
  // Out of the way of whatever is opened meanwhile.
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int out_of_the_way = static_cast<int>(std::min<rlim_t>(900, limit.rlim_cur - 1));
  UniqueFd high(::fcntl(pair[0].get(), F_DUPFD_CLOEXEC, out_of_the_way));
  ASSERT_TRUE(high);
  const int closed = high.get();
  high.reset();
  for (const auto& [kind, fd, code] : {std::tuple(Kind::read, closed, EBADF),
                                       {Kind::write, closed, EBADF},
                                       {Kind::receive, closed, EBADF},
                                       {Kind::send, closed, EBADF},
                                       {Kind::accept, closed, EBADF},
                                       {Kind::fsync, closed, EBADF},
                                       {Kind::readable, closed, EBADF},
                                       {Kind::writable, closed, EBADF},
                                       {Kind::read, -1, EBADF},
                                       {Kind::readable, -1, EBADF},
                                       {Kind::accept, pair[0].get(), EINVAL},
                                       {Kind::fsync, pair[0].get(), EINVAL}}) {
    Crew crew(GetParam());
    std::size_t result = 0;
    crew.tasks.push_back(call_kind(crew[0], kind, fd, result));
    try {
      crew.run();
      ADD_FAILURE() << name_of(kind) << " should fail";
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), code) << name_of(kind);
      EXPECT_NE(std::string(error.what()).find(name_of(kind)), std::string::npos) << error.what();
    }
  }
}

Task read_first_byte(Worker& worker, int fd) {
  char byte = 0;
  const std::size_t count = co_await worker.read(fd, std::span(&byte, 1), 0);
  EXPECT_EQ(count, 1U);
  EXPECT_EQ(byte, 'x');
}

TEST_P(LoopCalls, MoreAtOnceThanARingHolds) {
  constexpr int kMany = 20'000;
  Crew crew(GetParam(), kMany);
  const UniqueFd file = crew.setup.scratch_file();
  ASSERT_EQ(::pwrite(file.get(), "x", 1, 0), 1);
  for (int i = 0; i < kMany; ++i) crew.tasks.push_back(read_first_byte(crew[i], file.get()));
  crew.run();
}

Task read_byte(Worker& worker, int fd, int& count) {
  char byte = 0;
  co_await worker.read(fd, std::span(&byte, 1));
  ++count;
}

TEST_P(LoopCalls, ManyReadersOfOnePipe) {
  constexpr int kMany = 10'000;
  Crew crew(GetParam(), kMany);
  const Ends pipe = test::make_pipe();
  int count = 0;
  for (int i = 0; i < kMany; ++i) crew.tasks.push_back(read_byte(crew[i], pipe[0].get(), count));
  std::thread writer([&] {
    const std::string bytes(kMany, 'x');
    EXPECT_EQ(::write(pipe[1].get(), bytes.data(), bytes.size()), kMany);
  });
  crew.run();
  writer.join();
  EXPECT_EQ(count, kMany);
}

TEST(LoopEngine, FallsBackToEpollWhereIoUringIsForbidden) {
  const pid_t child = ::fork();
  if (child == 0) {
    forbid_call(__NR_io_uring_setup, EPERM);
    int status = 0;
    if (std::string(Crew(Engine::automatic).loop->engine()) != "epoll") status = 1;
    try {
      Crew crew(Engine::io_uring);
      status = 2;
    } catch (const std::system_error& error) {
      if (std::string(error.what()).find("--engine epoll") == std::string::npos) status = 3;
    }
    ::_exit(status);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace convoy
