#include "harness/base/printable.hpp"

#include <gtest/gtest.h>

#include <random>

namespace convoy {
namespace {

TEST(Printable, LeavesWhatShows) {
  for (const char* text :
       {"", "cpu_pi/model:threads", "a  b", "Grüße/日本語/🙂", "a::b", "\\x1b", "#1"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b[2Jred"), "\\x1b[2Jred");
  EXPECT_EQ(printable("a\r\nb\tc\x7f"), "a\\x0d\\x0ab\\x09c\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\u009b2J"), "\\x9b2J");
  EXPECT_EQ(printable("\u202eevil \u2066x \u2028y \ufeff"),
            "\\u202eevil \\u2066x \\u2028y \\ufeff");
  EXPECT_EQ(printable("\U000e0041"), "\\U000e0041");
}

TEST(Printable, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("a\xe2\x80"), "a\\xe2\\x80") << "cut short";
}

TEST(Printable, EscapesCommandsOfCiServers) {
  EXPECT_EQ(printable("::error::x"), "\\x3a:error::x");
  EXPECT_EQ(printable("   ::error::x"), "   \\x3a:error::x");
  EXPECT_EQ(printable("a ##[error]x"), "a \\x23#[error]x");
}

TEST(Printable, OfAnyBytesNoneIsAControlCharacter) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 24, ' ');
    for (char& byte : bytes)
      byte = static_cast<char>(random() % 3 != 0 ? random() % 0x40 : random());
    const std::string shown = printable(bytes);
    EXPECT_EQ(printable(shown), shown);
    for (const char c : shown) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    const std::size_t begin = shown.find_first_not_of(' ');
    EXPECT_FALSE(begin != std::string::npos && shown.substr(begin).starts_with("::")) << shown;
  }
}

}  // namespace
}  // namespace convoy
