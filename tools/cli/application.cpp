#include "cli/application.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "cli/context.h"
#include "cli/display.h"
#include "cli/parser.h"
#include "core/current_error.h"
#include "core/error.h"

namespace clipstill::cli {
namespace {

void write_stderr(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

// Routes the library's progress and log to stderr for as long as it lives.
class DisplayScope {
 public:
  explicit DisplayScope(bool quiet) : display_(stderr_display_options(quiet), write_stderr) {
    set_progress_sink([this](const ProgressState& state) { display_.show_progress(state); });
    set_log_sink([this](LogLevel level, std::string_view message) {
      display_.show_message(level, message);
    });
  }
  ~DisplayScope() {
    set_progress_sink({});
    set_log_sink({});
    display_.close_line();
  }
  DisplayScope(const DisplayScope&) = delete;
  DisplayScope& operator=(const DisplayScope&) = delete;

 private:
  Display display_;
};

void run(const Application& application, const std::string& name, const StringList& arguments) {
  CommandGroup root(name, application.summary);
  application.register_commands(root);
  for (const auto& delegate : root.delegates()) {
    if (arguments.empty() || arguments.front() != delegate.name) continue;
    delegate.run(StringList(arguments.begin() + 1, arguments.end()));
    return;
  }
  const auto parsed = parse_command_line(root, application.version, arguments);
  if (const auto* notice = std::get_if<Notice>(&parsed)) {
    Context(/*json=*/false).print(notice->text);
    return;
  }
  const auto& invocation = std::get<Invocation>(parsed);
  const DisplayScope display(invocation.quiet);
  Context context(invocation.json);
  invocation.command->run(context);
}

}  // namespace

int run_application(const Application& application, int argc, char** argv) noexcept {
  const std::string name = std::filesystem::path(argc > 0 ? argv[0] : "").filename().string();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe must not end a training run
  std::signal(SIGXFSZ, SIG_IGN);  // at a file-size limit write() fails, as on a full disk
  try {
    run(application, name, StringList(argv + std::min(argc, 1), argv + argc));
    return 0;
  } catch (...) {
    const auto error = current_error();
    std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
    return static_cast<int>(error.code());
  }
}

std::string version_text(const std::string& name, const StringList& libraries) {
  StringList parts = libraries;
#ifdef __clang__
  parts.emplace_back("clang " __clang_version__);
#else
  parts.emplace_back("g++ " __VERSION__);
#endif
  return fmt::format("{} {} ({})", name, CLIPSTILL_VERSION, fmt::join(parts, ", "));
}

}  // namespace clipstill::cli
