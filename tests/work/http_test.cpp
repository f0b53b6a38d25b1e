// Answers of HTTP servers, in pieces of every size, and what is none.
#include "harness/work/http.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/peer/peer.hpp"
#include "tests/loopback.hpp"
#include "tests/work/solo.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using test::Solo;
using testing::HasSubstr;

const std::string kPlain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello";
const std::string kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "3;name=value\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: y\r\n\r\n";

HttpResponse read_in_pieces(const std::string& text, std::size_t size) {
  HttpResponse response;
  response.begin();
  bool whole = false;
  for (std::size_t at = 0; at < text.size(); at += size) {
    EXPECT_FALSE(whole) << at;
    whole = response.take(std::string_view(text).substr(at, size));
  }
  EXPECT_TRUE(whole);
  return response;
}

std::string trouble_with(const std::string& text) {
  HttpResponse response;
  response.begin();
  try {
    return response.take(text) ? "taken" : "waits for more";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(HttpResponse, ComesInPiecesOfAnySize) {
  for (const std::string& text : {kPlain, kChunked})
    for (std::size_t size = 1; size <= text.size(); ++size) {
      const HttpResponse response = read_in_pieces(text, size);
      EXPECT_EQ(response.status(), 200);
      EXPECT_EQ(response.body(), "hello");
      EXPECT_FALSE(response.closes());
    }
}

TEST(HttpResponse, FollowsAnotherOnTheSameConnection) {
  HttpResponse response;
  for (const std::string& text : {kChunked, kPlain, kChunked}) {
    response.begin();
    EXPECT_TRUE(response.take(text));
    EXPECT_EQ(response.body(), "hello");
  }
}

TEST(HttpResponse, MayHaveNoBody) {
  EXPECT_EQ(read_in_pieces("HTTP/1.1 204 No Content\r\n\r\n", 7).body(), "");
  EXPECT_EQ(read_in_pieces("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 7).body(), "");
  EXPECT_EQ(read_in_pieces("HTTP/1.1 100 Continue\r\n\r\n" + kPlain, 7).body(), "hello");
  EXPECT_EQ(read_in_pieces("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", 7).body(), "hi");
}

TEST(HttpResponse, SaysWhetherTheServerCloses) {
  const auto closes = [](const std::string& version, const std::string& header) {
    const std::string end = "Content-Length: 0\r\n\r\n";
    return read_in_pieces(version + " 200 OK\r\n" + header + end, 999).closes();
  };
  EXPECT_FALSE(closes("HTTP/1.1", ""));
  EXPECT_TRUE(closes("HTTP/1.1", "Connection: Upgrade, Close\r\n"));
  EXPECT_TRUE(closes("HTTP/1.0", ""));
  EXPECT_FALSE(closes("HTTP/1.0", "connection: keep-alive\r\n"));
}

TEST(HttpResponse, OfAnotherStatusIsNoSuccess) {
  for (const int status : {301, 404, 500}) {
    const std::string text =
        "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 0\r\n\r\n";
    try {
      read_in_pieces(text, 9).require_success();
      FAIL() << status;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("HTTP status " + std::to_string(status)));
    }
  }
  read_in_pieces(kPlain, 9).require_success();
}

TEST(HttpResponse, IsRefusedWhereItIsNone) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"SSH-2.0-OpenSSH", "it begins with 'SSH"},
           {"\x15\x03", "it begins with '?"},
           {"HTTP/2 200\r\n", "it begins with 'HTTP/2"},
           {"HTTP/1.1 abc\r\n", "its status is 'abc'"},
           {head + "\r\nhello", "neither a Content-Length nor chunks"},
           {head + "nonsense\r\n", "a header is 'nonsense'"},
           {head + "Content-Length: -1\r\n", "its Content-Length is '-1'"},
           {head + "Content-Length: 99999999999999999999\r\n", "its Content-Length is"},
           {head + "Content-Length: 9999999999\r\n", "more than 1 GiB"},
           {head + "Transfer-Encoding: gzip\r\n", "Transfer-Encoding is 'gzip'"},
           {head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "the size of a chunk is 'xyz'"},
           {head + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", "longer than it says"},
           {kPlain + "more", "more comes than was asked for, 'more'"},
           {head + std::string(70'000, 'x'), "more than 64 KiB"}})
    EXPECT_THAT(trouble_with(text), HasSubstr(reason)) << text.substr(0, 60);
}

TEST(HttpResponse, TakesWhateverComesOrRefusesIt) {
  std::mt19937 random(7);
  for (int attempt = 0; attempt < 20'000; ++attempt) {
    std::string text = attempt % 2 == 0 ? kPlain : kChunked;
    for (int change = 0; change < 3; ++change)
      text[random() % text.size()] = static_cast<char>(random() % 256);
    EXPECT_NE(trouble_with(text), "");
  }
}

// --- The workload against the suite's own server.

struct Fetch {
  Peer peer;
  Solo solo;

  explicit Fetch(const test::Arguments& arguments, int workers = 1, std::int64_t page = 64,
                 nanoseconds delay = 0ns)
      : peer(plan_of(page, workers, delay)),
        solo("io_http_get", arguments, workers, peer.address()) {}

  static PeerPlan plan_of(std::int64_t page, int workers, nanoseconds delay) {
    PeerPlan plan;
    plan.page = page;
    plan.workers = workers;
    plan.delay = delay;
    return plan;
  }
};

class IoHttpGet : public testing::Test {
 protected:
  void SetUp() override { test::require_loopback(); }
};

TEST_F(IoHttpGet, KeepsThePagesItGot) {
  Fetch fetch({}, 2, 5);
  const std::uint64_t thrice = [] {
    test::Kept kept;
    for (int i = 0; i < 3; ++i) kept << 200 << 0x2524232221;  // "!\"#$%", its five bytes
    return kept.checksum();
  }();
  EXPECT_THAT(fetch.solo.run(3), testing::Each(thrice));
  EXPECT_TRUE(fetch.solo.finished());
  EXPECT_EQ(fetch.solo.run(3), fetch.solo.run(3));
  EXPECT_NE(fetch.solo.run(4).at(0), thrice);
  EXPECT_EQ(fetch.peer.stop(), "");
}

TEST_F(IoHttpGet, TakesPagesThatNoBufferHolds) {
  Fetch fetch({}, 1, 1 << 20);
  EXPECT_EQ(fetch.solo.run(2), fetch.solo.run(2));
}

TEST_F(IoHttpGet, WaitsForASlowServer) {
  Fetch fetch({}, 1, 64, 2ms);
  const nanoseconds before = now();
  fetch.solo.run(2);
  EXPECT_GE(now() - before, 4ms);
}

TEST_F(IoHttpGet, SaysSoWhenTheServerIsGone) {
  Fetch fetch({});
  fetch.peer.stop();
  EXPECT_THROW(fetch.solo.run(1), std::system_error);
}

}  // namespace
}  // namespace convoy
