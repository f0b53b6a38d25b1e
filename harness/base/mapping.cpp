#include "harness/base/mapping.hpp"

#include <sys/mman.h>

#include "harness/base/check.hpp"

namespace convoy {

Mapping::Mapping(std::size_t size_bytes) : data_(nullptr), size_bytes_(size_bytes) {
  data_ = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (data_ == MAP_FAILED) throw_errno("mmap", "use fewer workers, or raise the limit on memory");
}

Mapping::~Mapping() { ::munmap(data_, size_bytes_); }

}  // namespace convoy
