// A set of CPUs by the operating system's numbers, and its text form "0-3,8".
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace convoy {

// A value: sorted, without repeats. Any thread, one at a time; allocates, so it is made before a
// round and only read during one.
class CpuSet {
 public:
  static constexpr int kLargestCpu = 65535;

  CpuSet() = default;
  CpuSet(std::initializer_list<int> cpus) : CpuSet(std::vector<int>(cpus)) {}
  explicit CpuSet(std::vector<int> cpus);

  // Reads "0-3,8" (the form of the kernel's cpulist files; empty text is the empty set). Throws
  // UsageError.
  static CpuSet parse(std::string_view text);

  bool empty() const { return cpus_.empty(); }
  int size() const { return static_cast<int>(cpus_.size()); }
  int first() const { return cpus_.front(); }
  int last() const { return cpus_.back(); }
  bool contains(int cpu) const;
  bool contains(const CpuSet& other) const;
  bool intersects(const CpuSet& other) const;
  auto begin() const { return cpus_.begin(); }
  auto end() const { return cpus_.end(); }
  const std::vector<int>& list() const { return cpus_; }

  std::string text() const;

  // The mask sched_setaffinity takes, as words, wide enough for every CPU of the set (a fixed
  // cpu_set_t ends at 1024).
  std::vector<unsigned long> kernel_mask() const;
  static CpuSet from_kernel_mask(const std::vector<unsigned long>& words);

  void insert(int cpu);
  friend CpuSet operator&(const CpuSet& left, const CpuSet& right);
  friend CpuSet operator|(const CpuSet& left, const CpuSet& right);
  friend CpuSet operator-(const CpuSet& left, const CpuSet& right);
  friend bool operator==(const CpuSet&, const CpuSet&) = default;
  friend auto operator<=>(const CpuSet&, const CpuSet&) = default;

 private:
  std::vector<int> cpus_;
};

}  // namespace convoy
