// Parsing JSON: many small allocations, and branches on real data.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/work/workload.hpp"

static const convoy::Parameter n{"n", 4, "Packages of the listing in one document", 1, 96};

static const std::string listing =
#include "benchmarks/data/packages.inc"
    ;

// The listing as documents, each an array of n packages; what is left over at the end makes none.
static const convoy::Shared<std::vector<std::string>> documents{[](const convoy::Setup& setup) {
  std::vector<std::string> made;
  std::string document;
  std::int64_t packages = 0;
  for (std::size_t begin = 0; begin < listing.size();) {
    const std::size_t end = listing.find('\n', begin);
    document += (packages == 0 ? '[' : ',') + listing.substr(begin, end - begin);
    begin = end + 1;
    if (++packages < setup[n]) continue;
    made.push_back(document + ']');
    document.clear();
    packages = 0;
  }
  return made;
}};

// What the packages of a document take up, and how many others they depend on.
static std::int64_t read(const std::string& document) {
  std::int64_t found = 0;
  for (const nlohmann::json& package : nlohmann::json::parse(document))
    found += package["size_bytes"].get<std::int64_t>() + std::ssize(package["depends"]);
  return found;
}

CONVOY_WORKLOAD(cpu_json, cpu, "Parse a package listing with nlohmann-json", n, documents) {
  const std::vector<std::string>& all = worker[documents];
  auto next = static_cast<std::size_t>(worker.index());
  while (worker.next()) {
    worker.keep(read(all[next++ % all.size()]));
    worker.checkpoint();
  }
  co_return;
}
