// Typed parameters with ranges, shared by workloads and interpreter locks: declared once, parsed,
// checked and listed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace convoy {

// A count of bytes, so that a parameter knows its unit: written 64, 4KiB, 1MiB.
struct Bytes {
  std::int64_t count = 0;
  friend auto operator<=>(const Bytes&, const Bytes&) = default;
};
constexpr Bytes operator""_B(unsigned long long n) { return {static_cast<std::int64_t>(n)}; }
constexpr Bytes operator""_KiB(unsigned long long n) {
  return {static_cast<std::int64_t>(n) * 1024};
}
constexpr Bytes operator""_MiB(unsigned long long n) {
  return {static_cast<std::int64_t>(n) * 1024 * 1024};
}

// Everything about a parameter but its C++ type. Values are carried as one integer: nanoseconds,
// bytes, a count, 0 or 1, or the index of a choice. Immutable after static initialisation; any
// thread.
class ParameterBase {
 public:
  enum class Kind { count, duration, bytes, flag, choice };

  ParameterBase(std::string name, Kind kind, std::int64_t initial, std::string description,
                std::int64_t least, std::int64_t most, std::vector<std::string> choices = {});

  const std::string& name() const { return name_; }
  const std::string& description() const { return description_; }
  Kind kind() const { return kind_; }
  std::int64_t initial() const { return initial_; }
  std::int64_t least() const { return least_; }
  std::int64_t most() const { return most_; }
  // The words of a Choice; empty for others.
  const std::vector<std::string>& choices() const { return choices_; }

  // The name in JSON and Python, where the unit ends it: wait_ns, size_bytes, n.
  std::string json_name() const;
  // Throws UsageError for text that is no value of this parameter or lies outside its range;
  // `owner` is named there.
  std::int64_t parse(std::string_view text, std::string_view owner) const;
  std::string format(std::int64_t value) const;
  // "1us to 10s", "on or off", "back_edge or every_op".
  std::string range() const;

 private:
  std::string name_, description_;
  Kind kind_;
  std::int64_t initial_, least_, most_;
  std::vector<std::string> choices_;
};

// A parameter read back with its own type, std::int64_t, std::chrono::nanoseconds, Bytes or bool:
//   const Parameter wait{"wait", 1ms, "Length of one wait", 1us, 10s};
template <class T>
class Parameter : public ParameterBase {
 public:
  Parameter(std::string name, T initial, std::string description, T least, T most)
      : ParameterBase(std::move(name), kind_of(), encode(initial), std::move(description),
                      encode(least), encode(most)) {}

  static T decode(std::int64_t value) {
    if constexpr (std::is_same_v<T, Bytes>) return Bytes{value};
    else if constexpr (std::is_same_v<T, bool>) return value != 0;
    else return T(value);
  }

 private:
  static std::int64_t encode(T value) {
    if constexpr (std::is_same_v<T, Bytes>) return value.count;
    else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) return value.count();
    else return static_cast<std::int64_t>(value);
  }
  static constexpr Kind kind_of() {
    if constexpr (std::is_same_v<T, Bytes>) return Kind::bytes;
    else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) return Kind::duration;
    else if constexpr (std::is_same_v<T, bool>) return Kind::flag;
    else return Kind::count;
  }
};

template <class R, class P, class... Limits>
Parameter(const char*, std::chrono::duration<R, P>, const char*, Limits...)
    -> Parameter<std::chrono::nanoseconds>;
template <class... Limits>
Parameter(const char*, Bytes, const char*, Limits...) -> Parameter<Bytes>;
template <class... Limits>
Parameter(const char*, int, const char*, Limits...) -> Parameter<std::int64_t>;

// On or off: const Flag native{"native", true, "Drop the lock around the call"};
class Flag : public Parameter<bool> {
 public:
  Flag(std::string name, bool initial, std::string description)
      : Parameter<bool>(std::move(name), initial, std::move(description), false, true) {}
};

// One of a few words, read back as its index: const Choice order{"order", {"fifo", "lifo"}, "Who
// goes first"};
class Choice : public ParameterBase {
 public:
  Choice(std::string name, std::vector<std::string> words, std::string description);
  static std::int64_t decode(std::int64_t value) { return value; }
};

// "1ms", "2.5us", "10s" and "300ns"; throws UsageError, naming `what`.
std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view what);
std::string format_duration(std::chrono::nanoseconds value);
// "64", "4KiB", "1MiB", "1GiB"; throws UsageError, naming `what`.
Bytes parse_bytes(std::string_view text, std::string_view what);
std::string format_bytes(Bytes value);
// Decimal digits, also 1e6 and 10_000; throws UsageError, naming `what`.
std::int64_t parse_count(std::string_view text, std::string_view what);

// The name in `known` nearest to `name` by edit distance, for "did you mean"; empty when none is
// near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace convoy
