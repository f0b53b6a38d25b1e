// Anonymous memory shared with forked children.
#pragma once

#include <cstddef>

namespace convoy {

// Owns zeroed, page-aligned pages that every process forked afterwards sees (MAP_SHARED, no name,
// so nothing is left behind). The creator unmaps; children lose it when they end.
class Mapping {
 public:
  explicit Mapping(std::size_t size_bytes);
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  void* data() const { return data_; }
  std::size_t size_bytes() const { return size_bytes_; }

 private:
  void* data_;
  std::size_t size_bytes_;
};

}  // namespace convoy
