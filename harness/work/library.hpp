// Libraries that are loaded where they are first used.
#pragma once

namespace convoy {

// What a library brings along is mapped into every process that is linked to it, and forking takes
// longer for it. A library with many others behind it is loaded by the one workload that measures
// it instead, and stays for good. Any thread.
class LoadedLibrary {
 public:
  // `file` as the loader knows it: "libpq.so.5"; `package`: Debian's name of what has it. Throws
  // std::runtime_error, which says what to install.
  LoadedLibrary(const char* file, const char* package);
  // Throws as well where it has no such function.
  template <class Function>
  Function find(const char* name) const {
    return reinterpret_cast<Function>(address_of(name));
  }

 private:
  void* address_of(const char* name) const;

  const char* file_;
  const char* package_;
  void* loaded_;
};

}  // namespace convoy
