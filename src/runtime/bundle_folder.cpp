#include "runtime/bundle_folder.h"

#include "bundle/onnx_check.h"
#include "core/error.h"

namespace clipstill::runtime {
namespace {

constexpr const char* kConfig = "config.json";

const std::filesystem::path& require_bundle(const std::filesystem::path& folder) {
  for (const char* name : {kConfig, "manifest.json"}) {
    if (fs::exists(folder / name)) continue;
    fail(ErrorCode::kMissingFile,
         "{}: no such file; expected a bundle, as `clipstill export` writes it",
         (folder / name).string());
  }
  return folder;
}

// "onnx/text_encoder.onnx" -> "onnx/text_encoder_int8.onnx"
std::string variant(const std::string& fp32_name, const std::string& precision) {
  if (precision == "fp32") return fp32_name;
  const fs::path name(fp32_name);
  const auto file = name.stem().string() + "_" + precision + name.extension().string();
  return (name.parent_path() / file).generic_string();
}

}  // namespace

BundleFolder::BundleFolder(const std::filesystem::path& folder)
    : path_(require_bundle(folder)), manifest_(path_) {
  const auto config = open(kConfig);
  config_ = bundle::parse_bundle_config(config.text(), config.path().string());
}

MappedFile BundleFolder::open(const std::string& name) const {
  MappedFile file(path_ / name);
  manifest_.check(name, file.bytes());
  return file;
}

MappedFile BundleFolder::open_encoder(const std::string& fp32_name,
                                      const std::string& precision) const {
  const auto name = variant(fp32_name, precision);
  if (precision != "fp32" && !fs::exists(path_ / name)) {
    fail(ErrorCode::kMissingFile, "{}: this bundle has no {} encoder; use precision fp32",
         (path_ / name).string(), precision);
  }
  auto file = open(name);
  bundle::check_onnx(file.bytes(), file.path().string());
  return file;
}

bool BundleFolder::has_precision(const std::string& precision) const {
  return fs::exists(path_ / variant(config_.image_encoder, precision)) &&
         fs::exists(path_ / variant(config_.text_encoder, precision));
}

}  // namespace clipstill::runtime
