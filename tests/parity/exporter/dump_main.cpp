// Exports a random model for tests/reference/export_sweep.py: export_dump OUT ROWS [KEY=VALUE...].
// The bundle's self-test holds ROWS images and ROWS texts, as random_model.h says.
#include <iostream>
#include <string>
#include <vector>

#include "core/error.h"
#include "exporter/bundle_folder.h"
#include "random_model.h"

int main(int count, char** arguments) try {
  using namespace clipstill;
  if (count < 3) return 2;
  const auto model = random_model({arguments + 3, arguments + count});
  exporter::write_bundle(arguments[1],
                         {model, "", "{}", "{}", random_inputs(model, std::stoi(arguments[2]))});
} catch (const clipstill::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
