#include "harness/work/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <stdexcept>

namespace convoy {

static std::runtime_error trouble(const char* file, const char* package) {
  const char* const error = ::dlerror();
  return std::runtime_error(fmt::format("{} cannot be used ({}): `apt-get install -y {}`", file,
                                        error == nullptr ? "no reason given" : error, package));
}

LoadedLibrary::LoadedLibrary(const char* file, const char* package)
    : file_(file), package_(package), loaded_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
  if (loaded_ == nullptr) throw trouble(file_, package_);
}

void* LoadedLibrary::address_of(const char* name) const {
  void* const found = ::dlsym(loaded_, name);
  if (found == nullptr) throw trouble(file_, package_);
  return found;
}

}  // namespace convoy
