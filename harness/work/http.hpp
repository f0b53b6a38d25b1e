// The client's side of HTTP/1.1: answers taken apart as their bytes come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace convoy {

// One answer after another on one connection, each to a GET, whose bytes come in pieces of any
// size. A body has a length (Content-Length) or comes in chunks (Transfer-Encoding); one that only
// the connection's end delimits is refused. Used by one worker.
class HttpResponse {
 public:
  // The next answer.
  void begin();
  // Takes what came; true once the answer is whole. Throws std::runtime_error for what is no
  // HTTP/1.1, and for bytes behind the answer's end, which nobody has asked for.
  bool take(std::string_view came);

  // Of an answer that is whole.
  int status() const { return status_; }
  const std::string& body() const { return body_; }
  // Whether the server takes no more requests on this connection.
  bool closes() const { return closes_; }
  // Throws std::runtime_error unless the status is of the kind 2xx.
  void require_success() const;

 private:
  enum class Part : std::uint8_t {
    status,
    headers,
    body,
    chunk_size,
    chunk,
    chunk_end,
    trailers,
    end
  };

  // The rest of a line, once its end is there; it is then in line_.
  bool take_line(std::string_view& came);
  void take_body(std::string_view& came, Part next);
  void read_line();
  void read_status();
  void read_header();
  void read_chunk_size();
  void end_headers();

  Part part_ = Part::status;
  std::string line_;
  bool line_is_whole_ = false;
  int status_ = 0;
  bool closes_ = false, chunked_ = false, has_length_ = false;
  std::size_t header_bytes_ = 0;
  std::size_t left_ = 0;  // of the body or of its chunk
  std::string body_;
};

}  // namespace convoy
