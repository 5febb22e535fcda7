// A program that runs beside the test, to be signalled at a chosen moment.
#pragma once

#include <sys/types.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../unit/cli/run_program.h"
#include "../unit/core/scratch_folder.h"

namespace clipstill::e2e {

using cli::ProgramResult;

class Child {
 public:
  explicit Child(const std::vector<std::string>& words);
  ~Child();  // ends it if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool is_running();
  void send(int signal) const;
  /// Waits until `condition` holds, the program ends, or a minute has passed.
  void run_until(const std::function<bool()>& condition);
  /// Waits for its end.
  ProgramResult result();

 private:
  ScratchFolder scratch_;
  pid_t pid_ = -1;
  bool has_ended_ = false;
  int status_ = 0;
};

/// `clipstill` with these words, to its end.
ProgramResult clipstill(std::vector<std::string> words);
/// What it prints with --json besides; EXPECTs it to succeed, and is an empty object where not.
nlohmann::json printed(std::vector<std::string> words);
/// `clipstill` with these words, beside the test.
std::vector<std::string> clipstill_words(std::vector<std::string> words);

}  // namespace clipstill::e2e
