// What must hold before hwloc is asked: a quiet library, an environment that does not lie, a file
// that is worth reading.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace convoy {

// Removes the variables that would replace this machine by another one (remembering them for
// ignored_environment), and tells hwloc to keep silent and to load no plugin. Called before every
// load, by a process with one thread.
void quiet_hwloc();

// Throws UsageError unless the file can be read and opens like a topology that hwloc 2 understands.
void check_topology_file(const std::string& path);

// Throws UsageError for a machine that hwloc would take long to build, or whose numbers no set of
// CPUs has: in a description, and in the text of a file.
void check_topology_description(const std::string& text);
void check_topology_xml(const std::string& path, std::string_view text);

// Runs `attempt` in a forked child whose stderr is closed and tells whether it returned true: false
// when it returned false, threw, crashed, computed for longer than 1 s or took longer than 20 s.
// Blocks until the child has been waited for.
bool succeeds_in_child(const std::function<bool()>& attempt);

}  // namespace convoy
