// What an HTTP server inside a peer says: the same page for every request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace convoy {

// Immutable once made; its connections' state is theirs.
class HttpPage {
 public:
  // With a body of so many bytes, the printable characters over and over.
  explicit HttpPage(std::int64_t bytes);

  // `came` arrives on a connection on which `unfinished` is what has been read of a request.
  // Appends an answer for each GET that is whole now. False: that was no GET, and what was
  // appended is the last that the connection hears.
  bool answer(std::string& unfinished, std::string_view came, std::string& answers) const;

 private:
  std::string page_;  // with its headers
};

}  // namespace convoy
