// What was thrown, whoever threw it, as an Error.
#pragma once

#include "core/error.h"

namespace clipstill {

/// Of the exception that is being handled: an Error as it is; out of memory (libtorch's too) and
/// what a file system refuses as kResource; anything else as kInternal.
Error current_error();

}  // namespace clipstill
