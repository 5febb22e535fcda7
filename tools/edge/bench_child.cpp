#include "edge/bench_child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstring>

#include "core/error.h"
#include "core/stopwatch.h"

extern char** environ;

namespace clipstill::cli {

ColdStart measure_cold_start(const StringList& arguments) {
  StringList words{"clipstill-edge"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const Stopwatch watch;
  pid_t child = -1;
  const int error =
      ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    fail(ErrorCode::kInternal, "cannot run this program again: {}", std::strerror(error));
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  const double seconds = watch.seconds();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fail(ErrorCode::kInternal, "the measured `clipstill-edge {}` failed", arguments.front());
  }
  return {seconds, static_cast<uint64_t>(usage.ru_maxrss) * 1024};
}

}  // namespace clipstill::cli
