// The drawn set with a trained teacher and its cache: made once for all tests of this program.
#pragma once

#include "child.h"
#include "tiny_set.h"

namespace clipstill::e2e {

class Scene {
 public:
  static const Scene& get();

  const TinySet& set() const { return set_; }
  fs::path teacher() const { return set_.folder() / "teacher" / "best"; }
  fs::path teacher_run() const { return set_.folder() / "teacher"; }
  fs::path cache() const { return set_.folder() / "cache"; }
  /// Config of the student that learns from the teacher.
  fs::path student_config() const { return set_.folder() / "student.toml"; }
  fs::path teacher_config() const { return set_.folder() / "teacher.toml"; }
  /// Its uninterrupted run.
  fs::path student_run() const { return set_.folder() / "student"; }

 private:
  Scene();
  TinySet set_;
};

}  // namespace clipstill::e2e
