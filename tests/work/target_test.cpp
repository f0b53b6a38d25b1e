// Reaching servers of others: what addresses are, and what becomes of servers that do not answer.
#include "harness/work/target.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include "harness/base/check.hpp"
#include "harness/work/workload.hpp"
#include "tests/loopback.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr nanoseconds kBriefly = 50ms;

Workload workload_with_target(bool is_url = false) {
  Workload workload;
  workload.name = "io_greet";
  workload.target = {"greeter", "start a greeter", true, is_url};
  return workload;
}

std::string parsed(const std::string& text, bool is_url = false) {
  const TargetAddress address = parse_target(text, workload_with_target(is_url));
  return address.host + " " + address.port + " " + address.path;
}

std::string refusal_of(const std::string& text, bool is_url = false) {
  try {
    return "taken as " + parsed(text, is_url);
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(TargetAddress, IsAHostAndAPort) {
  EXPECT_EQ(parsed("127.0.0.1:6379"), "127.0.0.1 6379 /");
  EXPECT_EQ(parsed("db.example:1"), "db.example 1 /");
  EXPECT_EQ(parsed("[::1]:65535"), "::1 65535 /");
  EXPECT_THAT(refusal_of("127.0.0.1"), HasSubstr("io_greet=HOST:PORT"));
  for (const char* text :
       {"", ":", ":1", "a:", "a:0", "a:65536", "a:-1", "a:1x", "[::1:80", "::1:80", "[]:1",
        "[::1]80", "a b:1", "a:1/x", "u@a:1", "http://a:1", "a:1\n"})
    EXPECT_THAT(refusal_of(text), HasSubstr("write --target io_greet=")) << text;
}

TEST(TargetAddress, IsAUrlWhereTheWorkloadFetchesOne) {
  EXPECT_EQ(parsed("http://127.0.0.1:8080/page?x=1", true), "127.0.0.1 8080 /page?x=1");
  EXPECT_EQ(parsed("http://example.org", true), "example.org 80 /");
  EXPECT_EQ(parsed("http://[::1]/", true), "::1 80 /");
  EXPECT_EQ(parsed("127.0.0.1:47615", true), "127.0.0.1 47615 /");
  EXPECT_THAT(refusal_of("https://example.org/", true), HasSubstr("https is not measured"));
  for (const char* text :
       {"http://", "http:///x", "ftp://a:1/", "http://me:secret@a/", "http://a:x/"})
    EXPECT_THAT(refusal_of(text, true), HasSubstr("http://HOST:PORT/PAGE")) << text;
}

class Target : public testing::Test {
 protected:
  void SetUp() override { test::require_loopback(); }

  // A socket on the loopback interface.
  UniqueFd bind() {
    UniqueFd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    CONVOY_CHECK(::bind(made.get(), reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    ::getsockname(made.get(), reinterpret_cast<sockaddr*>(&address), &size);
    setup_.set_target("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    return made;
  }
  std::string trouble_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const std::system_error& error) {
      return error.what();
    }
    return {};
  }

  const Workload workload_ = workload_with_target();
  convoy::Setup setup_{workload_, {}, 1};
};

TEST_F(Target, ThatNobodyListensAtSaysWhatToType) {
  const UniqueFd bound = bind();
  const std::string trouble = trouble_of([&] { connect_to_target(setup_); });
  EXPECT_THAT(trouble, HasSubstr("connect to " + setup_.target()));
  EXPECT_THAT(trouble, HasSubstr("Connection refused"));
  EXPECT_THAT(trouble, HasSubstr("`start a greeter`"));
  EXPECT_THAT(trouble, HasSubstr("--target io_greet=ADDRESS"));
}

TEST_F(Target, ThatTakesNoConnectionIsGivenUp) {
  const UniqueFd bound = bind();
  ASSERT_EQ(::listen(bound.get(), 0), 0);
  // Further ones are dropped on the way once its backlog is full.
  std::vector<UniqueFd> waiting;
  std::string trouble;
  for (int i = 0; i < 8 && trouble.empty(); ++i)
    trouble = trouble_of([&] { waiting.push_back(connect_to_target(setup_, kBriefly)); });
  EXPECT_THAT(trouble, HasSubstr("timed out"));
}

TEST_F(Target, ThatSaysNothingIsGivenUp) {
  const UniqueFd bound = bind();
  ASSERT_EQ(::listen(bound.get(), 8), 0);
  const UniqueFd connection = connect_to_target(setup_);
  const std::string trouble =
      trouble_of([&] { ask_target(setup_, connection, "hello", kBriefly); });
  EXPECT_THAT(trouble, HasSubstr("recv from " + setup_.target()));
  EXPECT_THAT(trouble, HasSubstr("timed out"));
}

TEST_F(Target, ThatHangsUpSaysSo) {
  const UniqueFd bound = bind();
  ASSERT_EQ(::listen(bound.get(), 8), 0);
  const UniqueFd connection = connect_to_target(setup_);
  UniqueFd(::accept(bound.get(), nullptr, nullptr)).reset();
  EXPECT_THAT(trouble_of([&] { ask_target(setup_, connection, "hello"); }),
              HasSubstr("from " + setup_.target()));
}

TEST_F(Target, ConnectsBlockingSocketsAndTakesAnswers) {
  const UniqueFd bound = bind();
  ASSERT_EQ(::listen(bound.get(), 8), 0);
  const UniqueFd connection = connect_to_target(setup_);
  EXPECT_EQ(::fcntl(connection.get(), F_GETFL) & O_NONBLOCK, 0);
  const UniqueFd accepted(::accept(bound.get(), nullptr, nullptr));
  ASSERT_EQ(::send(accepted.get(), "welcome", 7, 0), 7);
  EXPECT_EQ(ask_target(setup_, connection, "hello"), "welcome");
}

TEST_F(Target, WithANameThatNobodyKnowsSaysSo) {
  setup_.set_target("nowhere.invalid:1");
  try {
    connect_to_target(setup_);
    FAIL() << "found a host that cannot be";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("getaddrinfo nowhere.invalid:1"));
  }
}

}  // namespace
}  // namespace convoy
