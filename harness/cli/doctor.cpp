// `doctor`: can this machine be trusted with a measurement? Each finding says what to do about it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "harness/base/printable.hpp"
#include "harness/cli/verb.hpp"
#include "harness/machine/fitness.hpp"
#include "harness/report/json.hpp"

namespace convoy {
namespace {

void print_text(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    print_line(stdout, fmt::format("{:<8} {:<12} {}", verdict_name(finding.verdict), finding.name,
                                   finding.measured));
    if (!finding.advice.empty()) print_line(stdout, fmt::format("{:21} -> {}", "", finding.advice));
  }
  fmt::print("verdict: {}\n", verdict_name(worst(findings)));
}

void print_json(const std::vector<Finding>& findings) {
  std::vector<std::string> all;
  for (const Finding& finding : findings)
    all.push_back(fmt::format(R"({{"name": {}, "verdict": {}, "measured": {}, "advice": {}}})",
                              json_quoted(finding.name), json_quoted(verdict_name(finding.verdict)),
                              json_quoted(finding.measured), json_quoted(finding.advice)));
  fmt::print("{{\"verdict\": {}, \"findings\": [\n  {}\n]}}\n",
             json_quoted(verdict_name(worst(findings))), fmt::join(all, ",\n  "));
}

const VerbRegistration registration{
    {"doctor", "Check whether this machine is fit for measurements.",
     "  convoy doctor\n"
     "  convoy doctor --json",
     [](Command command) -> std::function<ExitCode()> {
       const auto json = std::make_shared<bool>(false);
       command.flag("--json", *json, "Print JSON");
       return [json] {
         const auto findings = examine_machine(Topology::live());
         *json ? print_json(findings) : print_text(findings);
         return worst(findings) == Verdict::unfit ? ExitCode::unfit : ExitCode::ok;
       };
     }}};

}  // namespace
}  // namespace convoy
