#include "harness/machine/stacks_unwinder.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

namespace convoy {
namespace {

// The functions of libdw that are used here. Loading it takes longer than many programs run, so
// that it is not linked.
struct Libdw {
#define CONVOY_LIBDW(name) decltype(&::name) name = find<decltype(&::name)>(#name)
  CONVOY_LIBDW(dwfl_begin);
  CONVOY_LIBDW(dwfl_end);
  CONVOY_LIBDW(dwfl_errmsg);
  CONVOY_LIBDW(dwfl_linux_proc_report);
  CONVOY_LIBDW(dwfl_report_end);
  CONVOY_LIBDW(dwfl_linux_proc_attach);
  CONVOY_LIBDW(dwfl_linux_proc_find_elf);
  CONVOY_LIBDW(dwfl_standard_find_debuginfo);
  CONVOY_LIBDW(dwfl_getthread_frames);
  CONVOY_LIBDW(dwfl_frame_pc);
  CONVOY_LIBDW(dwfl_addrmodule);
  CONVOY_LIBDW(dwfl_module_info);
  CONVOY_LIBDW(dwfl_module_addrname);
  CONVOY_LIBDW(dwfl_module_addrdie);
  CONVOY_LIBDW(dwfl_module_getsrc);
  CONVOY_LIBDW(dwfl_lineinfo);
  CONVOY_LIBDW(dwarf_getscopes);
  CONVOY_LIBDW(dwarf_getscopes_die);
  CONVOY_LIBDW(dwarf_tag);
  CONVOY_LIBDW(dwarf_diename);
  CONVOY_LIBDW(dwarf_attr);
  CONVOY_LIBDW(dwarf_attr_integrate);
  CONVOY_LIBDW(dwarf_formstring);
  CONVOY_LIBDW(dwarf_formudata);
  CONVOY_LIBDW(dwarf_getsrcfiles);
  CONVOY_LIBDW(dwarf_filesrc);
#undef CONVOY_LIBDW

 private:
  template <typename Function>
  static Function find(const char* name) {
    static void* const library = ::dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
    void* const found = library == nullptr ? nullptr : ::dlsym(library, name);
    if (found == nullptr) {
      const char* const error = ::dlerror();
      throw std::runtime_error("stacks are read with libdw, which cannot be loaded (" +
                               std::string(error == nullptr ? name : error) +
                               "): `apt-get install -y libdw1`");
    }
    return reinterpret_cast<Function>(found);
  }
};

std::string demangled(const char* name) {
  if (name == nullptr) return {};
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return text == nullptr ? name : text.get();
}

// Files of Convoy are compiled with relative names that begin with "./".
std::string source_name(const char* file) {
  std::string name = file == nullptr ? "" : file;
  while (name.starts_with("./")) name.erase(0, 2);
  return name;
}

std::string target_of(const std::string& link) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
  return size < 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

}  // namespace

// What libdw knows of one process. Lives in the inspector's only thread.
struct Unwinder::Session {
  Libdw libdw;
  Dwfl_Callbacks callbacks{};
  Dwfl* dwfl = nullptr;
  std::string program;  // the file that the process runs

  ~Session() {
    if (dwfl != nullptr) libdw.dwfl_end(dwfl);
  }

  [[noreturn]] void fail(const std::string& what) const {
    const char* const error = libdw.dwfl_errmsg(-1);
    throw std::runtime_error(what + " (" + (error == nullptr ? "no error" : error) +
                             "): try `eu-stack -p PID` of Debian's elfutils, or gdb");
  }

  // Linkage names tell the namespace; functions of an anonymous namespace have a plain name only.
  std::string name_of(Dwarf_Die* die) const {
    for (const unsigned attribute : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
      Dwarf_Attribute found;
      if (libdw.dwarf_attr_integrate(die, attribute, &found) != nullptr)
        return demangled(libdw.dwarf_formstring(&found));
    }
    return demangled(libdw.dwarf_diename(die));
  }

  std::uint64_t number(Dwarf_Die* die, unsigned attribute) const {
    Dwarf_Attribute found;
    Dwarf_Word value = 0;
    if (libdw.dwarf_attr(die, attribute, &found) == nullptr ||
        libdw.dwarf_formudata(&found, &value) != 0)
      return 0;
    return value;
  }

  void call_site(Dwarf_Die* unit, Dwarf_Die* inlined, StackFrame& caller) const {
    Dwarf_Files* files = nullptr;
    std::size_t count = 0;
    const std::uint64_t file = number(inlined, DW_AT_call_file);
    if (libdw.dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count)
      caller.file = source_name(libdw.dwarf_filesrc(files, file, nullptr, nullptr));
    caller.line = static_cast<int>(number(inlined, DW_AT_call_line));
  }

  // Puts what is inlined at `address` before `frames`' only one, the function that holds it.
  void add_inlined(Dwfl_Module* module, Dwarf_Addr address, std::vector<StackFrame>& frames) const {
    Dwarf_Addr bias = 0;
    Dwarf_Die* const unit = libdw.dwfl_module_addrdie(module, address, &bias);
    if (unit == nullptr) return;
    const auto owned = [](Dwarf_Die* scopes) {
      return std::unique_ptr<Dwarf_Die, void (*)(void*)>(scopes, std::free);
    };
    Dwarf_Die* found = nullptr;
    int count = libdw.dwarf_getscopes(unit, address - bias, &found);
    const auto innermost = owned(found);
    if (count <= 0) return;
    // The former follow an inlined function to where it was written, these to where it was called.
    count = libdw.dwarf_getscopes_die(innermost.get(), &found);
    const auto scopes = owned(count > 0 ? found : nullptr);
    for (int i = 0; i < count; ++i) {
      Dwarf_Die* const scope = scopes.get() + i;
      const int tag = libdw.dwarf_tag(scope);
      if (tag == DW_TAG_subprogram) return;
      if (tag != DW_TAG_inlined_subroutine) continue;
      StackFrame& function = frames.back();
      StackFrame inlined = function;
      inlined.function = name_of(scope);
      inlined.inlined = true;
      call_site(unit, scope, function);
      frames.insert(frames.end() - 1, std::move(inlined));
    }
  }
};

Unwinder::Unwinder(pid_t pid) {
  // Else libdw would ask servers for what is not installed.
  ::unsetenv("DEBUGINFOD_URLS");
  session_ = std::make_unique<Session>();
  Session& session = *session_;
  const Libdw& libdw = session.libdw;
  session.program = target_of("/proc/" + std::to_string(pid) + "/exe");
  session.callbacks.find_elf = libdw.dwfl_linux_proc_find_elf;
  session.callbacks.find_debuginfo = libdw.dwfl_standard_find_debuginfo;
  session.dwfl = libdw.dwfl_begin(&session.callbacks);
  if (session.dwfl == nullptr) session.fail("libdw cannot begin");
  const int error = libdw.dwfl_linux_proc_report(session.dwfl, pid);
  if (error != 0 || libdw.dwfl_report_end(session.dwfl, nullptr, nullptr) != 0) {
    if (error == ESRCH || error == ENOENT) {
      throw std::runtime_error("the process has ended: raise the limit to see it alive");
    }
    if (error > 0) {
      throw std::runtime_error("/proc/" + std::to_string(pid) + "/maps cannot be read (" +
                               std::strerror(error) + "): run as the user of the process");
    }
    session.fail("libdw cannot read what process " + std::to_string(pid) + " has mapped");
  }
  if (libdw.dwfl_linux_proc_attach(session.dwfl, pid, true) != 0)
    session.fail("libdw cannot unwind the stacks of process " + std::to_string(pid));
}

Unwinder::~Unwinder() = default;

std::vector<StackCall> Unwinder::calls(pid_t tid) const {
  struct Walk {
    const Libdw& libdw;
    std::vector<StackCall> calls;
  } walk{session_->libdw, {}};
  const auto add = [](Dwfl_Frame* frame, void* argument) -> int {
    auto& [functions, calls] = *static_cast<Walk*>(argument);
    StackCall call;
    Dwarf_Addr address = 0;
    if (!functions.dwfl_frame_pc(frame, &address, &call.interrupted)) return DWARF_CB_ABORT;
    call.address = address;
    calls.push_back(call);
    return calls.size() < kMaxFrames ? DWARF_CB_OK : DWARF_CB_ABORT;
  };
  // An error half way down, in code without unwind tables, leaves what was found before.
  session_->libdw.dwfl_getthread_frames(session_->dwfl, tid, add, &walk);
  if (walk.calls.empty()) session_->fail("libdw cannot unwind its stack");
  return walk.calls;
}

std::vector<StackFrame> Unwinder::frames(const StackCall& call) const {
  const Libdw& libdw = session_->libdw;
  std::vector<StackFrame> frames(1);
  StackFrame& frame = frames.front();
  frame.address = call.address;
  // A return address may already belong to the next line, or to the next function.
  const Dwarf_Addr address = call.interrupted ? call.address : call.address - 1;
  Dwfl_Module* const module = libdw.dwfl_addrmodule(session_->dwfl, address);
  if (module == nullptr) return frames;
  const char* const name =
      libdw.dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  frame.module = name == nullptr ? "" : name;
  frame.own = !frame.module.empty() && frame.module == session_->program;
  frame.function = demangled(libdw.dwfl_module_addrname(module, address));
  if (Dwfl_Line* const line = libdw.dwfl_module_getsrc(module, address); line != nullptr) {
    frame.file =
        source_name(libdw.dwfl_lineinfo(line, nullptr, &frame.line, nullptr, nullptr, nullptr));
  }
  session_->add_inlined(module, address, frames);
  return frames;
}

}  // namespace convoy
