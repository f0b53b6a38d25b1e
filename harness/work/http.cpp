#include "harness/work/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace convoy {
namespace {

constexpr std::size_t kMostHeaders = std::size_t{64} << 10;
constexpr std::size_t kMostBody = std::size_t{1} << 30;

[[noreturn]] void refuse(const std::string& why) {
  throw std::runtime_error("the server's answer is no HTTP/1.1 that can be measured: " + why);
}

// For messages: the beginning of it, in letters that show.
std::string shown(std::string_view text) {
  std::string words(text.substr(0, 40));
  for (char& letter : words)
    if (std::isprint(static_cast<unsigned char>(letter)) == 0) letter = '?';
  return "'" + words + (text.size() > 40 ? "...'" : "'");
}

std::string lower(std::string_view text) {
  std::string words(text);
  for (char& letter : words)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return words;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::size_t number(std::string_view text, int base, const char* what) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size())
    refuse(std::string(what) + " is " + shown(text));
  if (value > kMostBody) refuse(std::string(what) + " is more than 1 GiB");
  return value;
}

// "close, upgrade": whether the word is among them.
bool lists(const std::string& values, std::string_view word) {
  for (std::string_view rest = values; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    if (trimmed(rest.substr(0, comma)) == word) return true;
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return false;
}

}  // namespace

void HttpResponse::begin() {
  part_ = Part::status;
  line_.clear();
  line_is_whole_ = closes_ = chunked_ = has_length_ = false;
  header_bytes_ = left_ = 0;
  status_ = 0;
  body_.clear();
}

bool HttpResponse::take(std::string_view came) {
  while (!came.empty() && part_ != Part::end) {
    if (part_ == Part::body) take_body(came, Part::end);
    else if (part_ == Part::chunk) take_body(came, Part::chunk_end);
    else if (take_line(came)) read_line();
  }
  if (!came.empty()) refuse("more comes than was asked for, " + shown(came));
  return part_ == Part::end;
}

bool HttpResponse::take_line(std::string_view& came) {
  if (line_is_whole_) line_.clear();
  const std::size_t end = came.find('\n');
  line_is_whole_ = end != std::string_view::npos;
  const std::size_t size = line_is_whole_ ? end + 1 : came.size();
  header_bytes_ += size;
  if (header_bytes_ > kMostHeaders) refuse("its headers have more than 64 KiB");
  line_.append(came.substr(0, line_is_whole_ ? end : size));
  came.remove_prefix(size);
  if (part_ == Part::status && !std::string_view("HTTP/").starts_with(line_.substr(0, 5)))
    refuse("it begins with " + shown(line_));
  if (line_is_whole_ && line_.ends_with('\r')) line_.pop_back();
  return line_is_whole_;
}

void HttpResponse::take_body(std::string_view& came, Part next) {
  const std::size_t size = std::min(left_, came.size());
  body_.append(came.substr(0, size));
  came.remove_prefix(size);
  left_ -= size;
  if (left_ == 0) part_ = next;
}

void HttpResponse::read_line() {
  switch (part_) {
    case Part::status: return read_status();
    case Part::headers: return line_.empty() ? end_headers() : read_header();
    case Part::chunk_size: return read_chunk_size();
    case Part::chunk_end:
      if (!line_.empty()) refuse("a chunk is longer than it says");
      header_bytes_ = 0;
      part_ = Part::chunk_size;
      return;
    case Part::trailers:
      if (line_.empty()) part_ = Part::end;
      return;
    case Part::body:
    case Part::chunk:
    case Part::end: return;
  }
}

void HttpResponse::read_status() {
  const bool is_new = line_.starts_with("HTTP/1.1 ");
  if (!is_new && !line_.starts_with("HTTP/1.0 ")) refuse("it begins with " + shown(line_));
  closes_ = !is_new;
  status_ = static_cast<int>(number(std::string_view(line_).substr(9, 3), 10, "its status"));
  part_ = Part::headers;
}

void HttpResponse::read_header() {
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) refuse("a header is " + shown(line));
  const std::string name = lower(line.substr(0, colon));
  const std::string value = lower(trimmed(line.substr(colon + 1)));
  if (name == "content-length") {
    left_ = number(value, 10, "its Content-Length");
    has_length_ = true;
  } else if (name == "transfer-encoding") {
    if (value != "chunked") refuse("its Transfer-Encoding is " + shown(value));
    chunked_ = true;
  } else if (name == "connection") {
    if (lists(value, "close")) closes_ = true;
    else if (lists(value, "keep-alive")) closes_ = false;
  }
}

void HttpResponse::end_headers() {
  constexpr int kSwitching = 101, kNoContent = 204, kNotModified = 304;
  if (status_ >= 100 && status_ < 200 && status_ != kSwitching) return begin();  // a notice
  header_bytes_ = 0;
  if (status_ == kNoContent || status_ == kNotModified) {
    part_ = Part::end;
  } else if (chunked_) {
    part_ = Part::chunk_size;
  } else if (has_length_) {
    part_ = left_ > 0 ? Part::body : Part::end;
  } else {
    refuse("it has neither a Content-Length nor chunks");
  }
}

void HttpResponse::read_chunk_size() {
  const std::string_view size = std::string_view(line_).substr(0, line_.find(';'));
  left_ = number(trimmed(size), 16, "the size of a chunk");
  if (body_.size() + left_ > kMostBody) refuse("its body is more than 1 GiB");
  part_ = left_ > 0 ? Part::chunk : Part::trailers;
}

void HttpResponse::require_success() const {
  if (status_ >= 200 && status_ < 300) return;
  throw std::runtime_error(fmt::format("the server answers with HTTP status {}", status_));
}

}  // namespace convoy
