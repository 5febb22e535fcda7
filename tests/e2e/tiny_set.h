// A drawn bilingual set of image-text pairs, and the configs that the end-to-end tests train with.
#pragma once

#include <string>

#include "../unit/core/scratch_folder.h"
#include "core/files.h"

namespace clipstill::e2e {

inline constexpr int kConcepts = 24;
inline constexpr int kSteps = 30;  // of a run: about six epochs
inline constexpr const char* kHeldOut = "outline";

/// 24 coloured shapes, each drawn in three styles of 24 pixels, with an English and a Chinese
/// text, in a category for each shape. The style "outline" is what the configs hold out.
class TinySet {
 public:
  enum class HeldOut { kWhole, kUnreadable };
  /// kUnreadable: the held-out images are no images, and their texts have words of their own.
  explicit TinySet(HeldOut held_out = HeldOut::kWhole);

  const fs::path& folder() const { return scratch_.path(); }
  fs::path image(const std::string& style, int concept_index) const;
  /// Writes `name`.toml: the data, small towers and a short schedule, then `more`, which begins
  /// with dotted keys.
  fs::path write_config(const std::string& name, const std::string& more) const;

 private:
  ScratchFolder scratch_;
};

/// Keys of a model that is trained on the pairs alone: the teacher of these tests.
std::string native();
/// Keys of a narrower student, distilled by losses with learnable parts.
std::string distilled(const fs::path& teacher, const fs::path& cache);

}  // namespace clipstill::e2e
