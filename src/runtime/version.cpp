#include "clipstill/clipstill.hpp"

namespace clipstill {

std::string_view version() noexcept {
  return CLIPSTILL_VERSION;
}

}  // namespace clipstill
