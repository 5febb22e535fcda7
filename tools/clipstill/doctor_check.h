// One line of `clipstill doctor`.
#pragma once

#include <string>
#include <vector>

namespace clipstill::cli {

enum class Health { kOk, kWarning, kFailed };

struct DoctorCheck {
  std::string name;  // "memory"
  Health health = Health::kOk;
  std::string found;  // "13.2 GiB available of 16.0 GiB"
  std::string fix;    // what to do; empty when all is well
};

/// CPU, threads, memory and disk of this machine.
std::vector<DoctorCheck> machine_checks();
/// Versions of the libraries in this build, and timed self-tests with known answers.
std::vector<DoctorCheck> library_checks();

}  // namespace clipstill::cli
