#include "harness/peer/http.hpp"

namespace convoy {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::size_t kLongestRequest = 8192;
constexpr std::string_view kRefusal =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

}  // namespace

HttpPage::HttpPage(std::int64_t bytes)
    : page_("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
            std::to_string(bytes) + "\r\n\r\n") {
  for (std::int64_t i = 0; i < bytes; ++i) page_ += static_cast<char>('!' + i % 94);
}

bool HttpPage::answer(std::string& unfinished, std::string_view came, std::string& answers) const {
  constexpr std::string_view kGet = "GET ";
  unfinished += came;
  std::string_view rest = unfinished;
  bool understood = true;
  while (!rest.empty() && understood) {
    const std::size_t end = rest.find(kEnd);
    const std::string_view begin = rest.substr(0, kGet.size());
    understood = kGet.starts_with(begin) &&
                 (end != std::string_view::npos || rest.size() <= kLongestRequest);
    if (!understood || end == std::string_view::npos) break;
    answers += page_;
    rest.remove_prefix(end + kEnd.size());
  }
  if (!understood) answers += kRefusal;
  unfinished.erase(0, unfinished.size() - rest.size());
  return understood;
}

}  // namespace convoy
