#include "pretrained/layouts.h"

namespace clipstill::pretrained {

int64_t head_width(int64_t width, int64_t heads, const std::string& where) {
  if (width % heads != 0) {
    fail(ErrorCode::kBadData, "{}: {} heads do not divide the width of {}", where, heads, width);
  }
  return width / heads;
}

void check_patch(const ImageConfig& image, const std::string& where) {
  if (image.size < image.patch) {
    fail(ErrorCode::kBadData, "{}: images of {} pixels are smaller than a patch of {}", where,
         image.size, image.patch);
  }
}

}  // namespace clipstill::pretrained
