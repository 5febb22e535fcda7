#include "core/current_error.h"

#include <filesystem>
#include <new>
#include <string_view>

namespace clipstill {
namespace {

constexpr const char* kOutOfMemory = "out of memory; smaller batches or images need less";

Error foreign_error(std::string_view what) {
  // libtorch has no type for it, and appends its stack.
  what = what.substr(0, what.find("\nException raised from"));
  if (what.find("allocate memory") != std::string_view::npos) {
    return {ErrorCode::kResource, fmt::format("{} ({})", kOutOfMemory, what)};
  }
  return {ErrorCode::kInternal, fmt::format("internal error: {}", what)};
}

}  // namespace

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorCode::kResource, kOutOfMemory};
  } catch (const std::filesystem::filesystem_error& error) {
    return {ErrorCode::kResource, error.what()};
  } catch (const std::exception& error) {
    return foreign_error(error.what());
  } catch (...) {
    return {ErrorCode::kInternal, "internal error: an exception of no known type"};
  }
}

}  // namespace clipstill
