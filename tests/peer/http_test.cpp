// The page that an HTTP peer serves, whole requests or pieces of them.
#include "harness/peer/http.hpp"

#include <gmock/gmock.h>

#include <string>

namespace convoy {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kRequest = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n!\"#";

TEST(HttpPage, AnswersEachRequestOnceItIsWhole) {
  const HttpPage page(3);
  std::string unfinished, answers;
  for (const char letter : kRequest) {
    EXPECT_EQ(answers, "");
    EXPECT_TRUE(page.answer(unfinished, std::string(1, letter), answers));
  }
  EXPECT_EQ(answers, kAnswer);
  EXPECT_EQ(unfinished, "");
}

TEST(HttpPage, AnswersSeveralAtOnceAndKeepsTheRest) {
  const HttpPage page(3);
  std::string unfinished, answers;
  EXPECT_TRUE(page.answer(unfinished, kRequest + kRequest + "GET", answers));
  EXPECT_EQ(answers, kAnswer + kAnswer);
  EXPECT_EQ(unfinished, "GET");
}

TEST(HttpPage, RefusesWhatIsNoGet) {
  const HttpPage page(3);
  for (const std::string& text : {std::string("POST / HTTP/1.1\r\n"), std::string("\x16\x03\x01"),
                                  "GET /" + std::string(9000, 'x')}) {
    std::string unfinished, answers;
    EXPECT_FALSE(page.answer(unfinished, text, answers)) << text.substr(0, 20);
    EXPECT_THAT(answers, StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(answers, HasSubstr("Connection: close"));
  }
}

TEST(HttpPage, MayBeEmpty) {
  std::string unfinished, answers;
  EXPECT_TRUE(HttpPage(0).answer(unfinished, kRequest, answers));
  EXPECT_TRUE(answers.ends_with("Content-Length: 0\r\n\r\n"));
}

}  // namespace
}  // namespace convoy
