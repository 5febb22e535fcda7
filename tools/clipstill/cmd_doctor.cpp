// clipstill doctor: is this machine and this build fit for work?
#include <algorithm>

#include "cli/context.h"
#include "clipstill/commands.h"
#include "core/error.h"

namespace clipstill::cli {
namespace {

const char* word(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarning:
      return "warning";
    case Health::kFailed:
      return "failed";
  }
  return "";
}

class Doctor final : public Command {
 public:
  Doctor() : Command("doctor", "Check this machine and this build; non-zero exit if one fails") {
    offer_json();
  }

  void run(Context& context) override {
    auto checks = machine_checks();
    for (auto& more : {library_checks(), training_checks()}) {
      checks.insert(checks.end(), more.begin(), more.end());
    }
    const auto failed = std::count_if(checks.begin(), checks.end(), [](const auto& check) {
      return check.health == Health::kFailed;
    });
    context.print_result(as_json(checks), as_text(checks));
    if (failed > 0) {
      fail(ErrorCode::kResource, "doctor: {} of {} checks failed; each names its fix", failed,
           checks.size());
    }
  }

 private:
  static Json as_json(const std::vector<DoctorCheck>& checks) {
    Json list = Json::array();
    for (const auto& check : checks) {
      list.push_back({{"name", check.name},
                      {"health", word(check.health)},
                      {"found", check.found},
                      {"fix", check.fix}});
    }
    return {{"checks", list}};
  }

  static std::string as_text(const std::vector<DoctorCheck>& checks) {
    std::vector<std::vector<std::string>> rows{{"check", "health", "found"}};
    std::string fixes;
    for (const auto& check : checks) {
      rows.push_back({check.name, word(check.health), check.found});
      if (!check.fix.empty()) fixes += check.name + ": " + check.fix + "\n";
    }
    return format_table(rows) + (fixes.empty() ? "" : "\nTo fix:\n" + fixes);
  }
};

}  // namespace

void register_doctor(CommandGroup& root) {
  root.add<Doctor>();
}

}  // namespace clipstill::cli
