#include "harness/machine/topology.hpp"

#include <hwloc.h>

#include <memory>

#include "harness/base/check.hpp"
#include "harness/machine/environment.hpp"

namespace convoy {
namespace {

CpuSet to_cpu_set(hwloc_const_bitmap_t bitmap) {
  std::vector<int> cpus;
  if (bitmap != nullptr && hwloc_bitmap_last(bitmap) >= 0) {
    for (int cpu = hwloc_bitmap_first(bitmap); cpu >= 0; cpu = hwloc_bitmap_next(bitmap, cpu)) {
      cpus.push_back(cpu);
    }
  }
  return CpuSet(std::move(cpus));
}

const char* drawn_name(const hwloc_obj& object) {
  switch (object.type) {
    case HWLOC_OBJ_MACHINE: return "machine";
    case HWLOC_OBJ_PACKAGE: return "package";
    case HWLOC_OBJ_DIE: return "die";
    case HWLOC_OBJ_GROUP: return "group";
    case HWLOC_OBJ_NUMANODE: return "numa";
    case HWLOC_OBJ_L3CACHE: return "l3";
    case HWLOC_OBJ_L2CACHE: return "l2";
    case HWLOC_OBJ_CORE: return "core";
    case HWLOC_OBJ_PU: return "pu";
    default: return nullptr;
  }
}

}  // namespace

// Owns one hwloc topology while it is turned into plain values. Used by the factories below, in one
// thread.
struct TopologyReader {
  struct Destroy {
    void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
  };
  std::unique_ptr<hwloc_topology, Destroy> hwloc;

  TopologyReader() {
    quiet_hwloc();
    hwloc_topology_t topology = nullptr;
    if (hwloc_topology_init(&topology) != 0) throw_errno("hwloc_topology_init");
    hwloc.reset(topology);
  }

  Topology read() const {
    Topology result;
    hwloc_topology_t topology = hwloc.get();
    result.is_this_system_ = hwloc_topology_is_thissystem(topology) != 0;
    result.allowed_ = to_cpu_set(hwloc_topology_get_topology_cpuset(topology)) &
                      to_cpu_set(hwloc_topology_get_allowed_cpuset(topology));
    read_levels(result);
    read_kinds(result);
    read_exports(result);
    result.root_.type = "machine";
    read_tree(*hwloc_get_root_obj(topology), result.root_);
    return result;
  }

  void read_levels(Topology& result) const {
    constexpr std::pair<hwloc_obj_type_t, Level> kLevels[] = {
        {HWLOC_OBJ_PU, Level::pu},           {HWLOC_OBJ_CORE, Level::core},
        {HWLOC_OBJ_L2CACHE, Level::l2},      {HWLOC_OBJ_L3CACHE, Level::l3},
        {HWLOC_OBJ_NUMANODE, Level::numa},   {HWLOC_OBJ_PACKAGE, Level::package},
        {HWLOC_OBJ_MACHINE, Level::machine},
    };
    for (const auto& [type, level] : kLevels) {
      read_depth(result, hwloc_get_type_depth(hwloc.get(), type), level, 0);
    }
    int groups = 0;
    for (int depth = 0; depth < hwloc_topology_get_depth(hwloc.get()); ++depth) {
      if (hwloc_get_depth_type(hwloc.get(), depth) == HWLOC_OBJ_GROUP) {
        read_depth(result, depth, Level::group, groups++);
      }
    }
    const int pus = hwloc_get_nbobjs_by_type(hwloc.get(), HWLOC_OBJ_PU);
    for (unsigned i = 0; i < static_cast<unsigned>(pus); ++i) {
      const hwloc_obj_t pu = hwloc_get_obj_by_type(hwloc.get(), HWLOC_OBJ_PU, i);
      const int cpu = static_cast<int>(pu->os_index);
      if (result.allowed_.contains(cpu)) result.pus_.push_back(cpu);
    }
  }

  void read_depth(Topology& result, int depth, Level level, int group) const {
    if (depth == HWLOC_TYPE_DEPTH_UNKNOWN || depth == HWLOC_TYPE_DEPTH_MULTIPLE) return;
    auto& objects = result.objects_[{level, group}];
    const unsigned count = hwloc_get_nbobjs_by_depth(hwloc.get(), depth);
    for (unsigned i = 0; i < count; ++i) {
      const hwloc_obj_t object = hwloc_get_obj_by_depth(hwloc.get(), depth, i);
      objects.push_back(to_cpu_set(object->cpuset) & result.allowed_);
    }
  }

  void read_kinds(Topology& result) const {
    const int count = hwloc_cpukinds_get_nr(hwloc.get(), 0);
    hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
    for (unsigned i = 0; i < static_cast<unsigned>(count < 0 ? 0 : count); ++i) {
      CpuKind kind;
      unsigned nr_infos = 0;
      hwloc_info_s* infos = nullptr;
      if (hwloc_cpukinds_get_info(hwloc.get(), i, cpus, &kind.efficiency, &nr_infos, &infos, 0) !=
          0) {
        continue;
      }
      kind.cpus = to_cpu_set(cpus) & result.allowed_;
      for (unsigned info = 0; info < nr_infos; ++info) {
        if (info > 0) kind.description += ' ';
        const std::string name = infos[info].name;
        kind.description += name + '=' + infos[info].value;
        if (name == "CoreType") kind.core_type = infos[info].value;
        if (name == "FrequencyMaxMHz") kind.frequency_mhz = infos[info].value;
      }
      if (!kind.cpus.empty()) result.kinds_.push_back(std::move(kind));
    }
    hwloc_bitmap_free(cpus);
  }

  void read_exports(Topology& result) const {
    // hwloc 2.9 fails an assertion when it describes a memory-side cache, so memory is left out
    // where there is one.
    const bool memory_caches = hwloc_get_nbobjs_by_type(hwloc.get(), HWLOC_OBJ_MEMCACHE) > 0;
    const unsigned long flags =
        memory_caches ? HWLOC_TOPOLOGY_EXPORT_SYNTHETIC_FLAG_IGNORE_MEMORY : 0;
    std::string text(65536, '\0');
    const int written =
        hwloc_topology_export_synthetic(hwloc.get(), text.data(), text.size(), flags);
    if (written > 0 && static_cast<std::size_t>(written) < text.size()) {
      result.synthetic_ = text.substr(0, static_cast<std::size_t>(written));
    }
    char* xml = nullptr;
    int length = 0;
    if (hwloc_topology_export_xmlbuffer(hwloc.get(), &xml, &length, 0) == 0) {
      result.xml_ = xml;
      hwloc_free_xmlbuffer(hwloc.get(), xml);
    }
  }

  // Levels that are not drawn (first-level caches, devices) hand their children to their parent.
  void read_tree(const hwloc_obj& object, TopologyObject& drawn) const {
    drawn.cpus = to_cpu_set(object.cpuset);
    for (hwloc_obj_t node = object.memory_first_child; node != nullptr; node = node->next_sibling) {
      read_child(*node, drawn, drawn.memory);
    }
    for (hwloc_obj_t child = object.first_child; child != nullptr; child = child->next_sibling) {
      read_child(*child, drawn, drawn.children);
    }
  }

  void read_child(const hwloc_obj& object, TopologyObject& parent,
                  std::vector<TopologyObject>& siblings) const {
    const char* name = drawn_name(object);
    if (name == nullptr) return read_tree(object, parent);
    TopologyObject& child = siblings.emplace_back();
    child.type = name;
    child.logical = static_cast<int>(object.logical_index);
    child.os_index = static_cast<int>(object.os_index);
    if (hwloc_obj_type_is_cache(object.type)) child.size_bytes = object.attr->cache.size;
    if (object.type == HWLOC_OBJ_NUMANODE) child.size_bytes = object.attr->numanode.local_memory;
    read_tree(object, child);
  }
};

Topology Topology::load_live() {
  TopologyReader reader;
  hwloc_topology_set_flags(reader.hwloc.get(), HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM |
                                                   HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING |
                                                   HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING);
  if (hwloc_topology_load(reader.hwloc.get()) != 0) {
    throw_errno("hwloc_topology_load", "is /sys mounted and readable?");
  }
  return reader.read();
}

const Topology& Topology::live() {
  static const Topology topology = load_live();
  return topology;
}

Topology Topology::from_file(const std::string& path) {
  check_topology_file(path);
  // hwloc 2.9 crashes on some damaged files, so a child tries first.
  const bool readable = succeeds_in_child([&] {
    TopologyReader reader;
    return hwloc_topology_set_xml(reader.hwloc.get(), path.c_str()) == 0 &&
           hwloc_topology_load(reader.hwloc.get()) == 0 && !reader.read().pus_.empty();
  });
  TopologyReader reader;
  if (!readable || hwloc_topology_set_xml(reader.hwloc.get(), path.c_str()) != 0 ||
      hwloc_topology_load(reader.hwloc.get()) != 0) {
    throw UsageError("the topology file " + path +
                     " is damaged, or names no CPU that may be used: hwloc cannot read it, or not "
                     "within a second; write it again with `lstopo file.xml` of hwloc 2");
  }
  return reader.read();
}

Topology Topology::from_synthetic(const std::string& text) {
  check_topology_description(text);
  TopologyReader reader;
  if (text.empty() || hwloc_topology_set_synthetic(reader.hwloc.get(), text.c_str()) != 0 ||
      hwloc_topology_load(reader.hwloc.get()) != 0) {
    throw UsageError("\"" + text +
                     "\" is not a topology: there is no such file, and hwloc does not accept it as "
                     "a description; write a file name ending in .xml or levels ending in pu, "
                     "such as \"pack:2 [numa] l3:2 core:8 pu:2\"");
  }
  return reader.read();
}

const char* hwloc_version() { return HWLOC_VERSION; }

}  // namespace convoy
