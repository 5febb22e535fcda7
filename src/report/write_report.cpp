#include "core/files.h"
#include "report/report.h"

namespace clipstill::report {

void write_report(const Comparison& comparison, const std::filesystem::path& folder) {
  make_folders(folder);
  write_file(folder / "report.json", to_json(comparison));
  write_file(folder / "report.md", to_markdown(comparison));
  write_file(folder / "report.html", to_html(comparison));
}

}  // namespace clipstill::report
