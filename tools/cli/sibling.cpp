#include "cli/sibling.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/error.h"

namespace clipstill::cli {
namespace {

[[noreturn]] void exec_sibling(const std::string& executable, StringList words) {
  namespace fs = std::filesystem;
  const fs::path path = fs::read_symlink("/proc/self/exe").parent_path() / executable;
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(path.c_str(), argv.data());
  fail(errno == ENOENT ? ErrorCode::kMissingFile : ErrorCode::kResource,
       "{}: cannot run it: {}; build {} (after scripts/setup --edge) or install it into the same "
       "folder",
       path.string(), std::strerror(errno), executable);
}

}  // namespace

Delegate sibling_command(std::string name, std::string summary, std::string executable,
                         std::string caller) {
  return {name, std::move(summary),
          [name, executable = std::move(executable),
           caller = std::move(caller)](const StringList& arguments) {
            StringList words{caller, name};
            words.insert(words.end(), arguments.begin(), arguments.end());
            exec_sibling(executable, std::move(words));
          }};
}

}  // namespace clipstill::cli
