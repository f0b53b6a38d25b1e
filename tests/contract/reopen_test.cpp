// Workloads that close descriptors and open others, which get the same numbers.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>

#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

using Ends = std::array<UniqueFd, 2>;  // to read from, to write to

Ends open_pipe() {
  int fds[2];
  CONVOY_CHECK(::pipe2(fds, O_CLOEXEC) == 0, "pipe");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Ends open_sockets() {
  int fds[2];
  CONVOY_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0, "socketpair");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Ends open_file() {
  std::string name = "/tmp/convoy-reopen-XXXXXX";
  UniqueFd first(::mkostemp(name.data(), O_CLOEXEC));
  CONVOY_CHECK(static_cast<bool>(first), "mkostemp");
  UniqueFd second(::open(name.c_str(), O_WRONLY | O_CLOEXEC));
  ::unlink(name.c_str());
  CONVOY_CHECK(static_cast<bool>(second), "open");
  return {std::move(first), std::move(second)};
}

// Writes and reads a letter through a pipe, a socket, a file, and so on. Under an event loop the
// read may not block the others, so the letter comes from the worker itself.
Task reopen_body(Worker& worker) {
  using Open = Ends (*)();
  constexpr std::array<Open, 4> kKinds = {open_pipe, open_sockets, open_file, open_sockets};
  std::uint64_t count = 0;
  int number = -1;
  while (worker.next()) {
    for (const Open open : kKinds) {
      const Ends ends = open();
      const int fd = ends[0].get();
      if (worker.count() == 1 && number >= 0)
        CONVOY_CHECK(fd == number, "the kernel gives the lowest number that is free");
      number = fd;
      const char sent = static_cast<char>('a' + count % 26);
      char got = 0;
      const std::size_t written = co_await worker.write(ends[1].get(), std::span(&sent, 1));
      const std::size_t read = co_await worker.read(fd, std::span(&got, 1));
      worker.keep(written);
      worker.keep(read);
      worker.keep(got);
      ++count;
    }
  }
}
const Workload reopening = make_workload("reopening", "test", "", &reopen_body);

class Reopen : public LeavesNothing, public ::testing::WithParamInterface<Model> {};

TEST_P(Reopen, NumbersThatAreUsedAgainMeanWhatIsOpenNow) {
  const Model& model = find_model(GetParam().name);
  const std::uint64_t right = checksum_of([](Worker& worker) {
    for (int i = 0; i < 12; ++i) {
      worker.keep(std::size_t{1});
      worker.keep(std::size_t{1});
      worker.keep(static_cast<char>('a' + i));
    }
  });
  for (const Engine engine : {Engine::epoll, Engine::io_uring, Engine::automatic}) {
    if (!model.looped && engine != Engine::automatic) continue;
    for (const int workers : {1, 3}) {
      const CrewPlan plan = plan_of(reopening, model, "none", workers, 1, engine);
      try {
        Host host(plan);
        const RoundReport round = host.run_round(3, kPatience);
        host.stop(kPatience);
        EXPECT_THAT(round.checksums, ::testing::Each(right));
      } catch (const CrewFailure& failure) {
        // Where the kernel forbids io_uring there is nothing to reopen under it.
        if (engine != Engine::io_uring ||
            std::string(failure.what()).find("io_uring_setup") == std::string::npos)
          throw;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Reopen, ::testing::ValuesIn(models()),
                         [](const auto& model) { return model.param.name; });

}  // namespace
}  // namespace convoy::contract
