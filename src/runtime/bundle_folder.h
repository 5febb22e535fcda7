// A bundle on disk, as `clipstill export` writes it.
#pragma once

#include <filesystem>
#include <string>

#include "bundle/bundle_config.h"
#include "bundle/manifest.h"
#include "core/files.h"

namespace clipstill::runtime {

/// Reads config.json and manifest.json; every file is checked against the manifest when it is
/// opened, so that what is not used costs nothing.
class BundleFolder {
 public:
  /// kMissingFile if the folder is no bundle; kBadData naming the file that is damaged, or whose
  /// format is another one or newer.
  explicit BundleFolder(const std::filesystem::path& folder);

  const bundle::BundleConfig& config() const { return config_; }
  const std::filesystem::path& path() const { return path_; }

  /// Checks every file against the manifest now, so that open() does not have to.
  void check_all() { manifest_.check_all(); }
  /// kMissingFile, or kBadData if it is not what the manifest says.
  MappedFile open(const std::string& name) const;
  /// open() of `fp32_name` or of its int8 variant, without references to other files.
  MappedFile open_encoder(const std::string& fp32_name, const std::string& precision) const;
  /// Whether the bundle has both encoders in that precision.
  bool has_precision(const std::string& precision) const;

 private:
  std::filesystem::path path_;
  bundle::Manifest manifest_;
  bundle::BundleConfig config_;
};

}  // namespace clipstill::runtime
