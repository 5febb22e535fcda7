#include "scene.h"

#include <stdexcept>

namespace clipstill::e2e {
namespace {

void require(const ProgramResult& result) {
  if (result.exit_code != 0) throw std::runtime_error("the scene cannot be made: " + result.err);
}

}  // namespace

const Scene& Scene::get() {
  static const Scene scene;
  return scene;
}

Scene::Scene() {
  set_.write_config("teacher", native());
  set_.write_config("student", distilled(teacher(), cache()));
  require(clipstill({"train", teacher_config().string(), "--out", teacher_run().string()}));
  require(clipstill({"teacher", "embed", student_config().string()}));
  require(clipstill({"train", student_config().string(), "--out", student_run().string()}));
}

}  // namespace clipstill::e2e
