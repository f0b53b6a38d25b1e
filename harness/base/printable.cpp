#include "harness/base/printable.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace convoy {
namespace {

struct Letter {
  std::uint32_t code;
  std::size_t bytes;  // 0: what stands there is no UTF-8
};

Letter letter_at(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {0, 0};
  std::uint32_t code = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0, 0};
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[bytes] || code > 0x10ffff || surrogate) return {0, 0};
  return {code, bytes};
}

// Unicode's control and formatting letters, its ends of lines, and what is no letter.
bool is_hidden(std::uint32_t code) {
  constexpr struct {
    std::uint32_t first, last;
  } kHidden[] = {{0, 0x1f},          {0x7f, 0x9f},       {0xad, 0xad},       {0x600, 0x605},
                 {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x180e, 0x180e},
                 {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0xe000, 0xf8ff},
                 {0xfeff, 0xfeff},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd},
                 {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff}};
  return std::any_of(std::begin(kHidden), std::end(kHidden),
                     [code](const auto& r) { return code >= r.first && code <= r.last; });
}

void escape(std::string& out, std::uint32_t code) {
  char text[16];
  if (code < 0x100) std::snprintf(text, sizeof text, "\\x%02x", code);
  else if (code < 0x10000) std::snprintf(text, sizeof text, "\\u%04x", code);
  else std::snprintf(text, sizeof text, "\\U%08x", code);
  out += text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  const std::size_t begin = text.find_first_not_of(' ');
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const Letter letter = letter_at(rest);
    const bool command = (at == begin && rest.starts_with("::")) || rest.starts_with("##[");
    if (letter.bytes == 0) {
      escape(out, static_cast<unsigned char>(text[at]));
    } else if (command || is_hidden(letter.code)) {
      escape(out, letter.code);
    } else {
      out += rest.substr(0, letter.bytes);
    }
    at += std::max<std::size_t>(1, letter.bytes);
  }
  return out;
}

void print_line(std::FILE* stream, std::string_view line) {
  const std::string text = printable(line) + '\n';
  std::fwrite(text.data(), 1, text.size(), stream);
}

}  // namespace convoy
