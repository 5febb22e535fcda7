// The bundle in tests/data, copies of it to damage, and what the reference libraries compute.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "../core/scratch_folder.h"
#include "bundle/manifest.h"
#include "core/files.h"

namespace clipstill::runtime {

inline const fs::path kBundle = CLIPSTILL_TEST_DATA "/bundle/v1";
inline const fs::path kImages = CLIPSTILL_TEST_DATA "/bundle/images";

/// Written by tests/reference/bundle_fixture.py with Pillow, tokenizers and onnxruntime.
inline const nlohmann::ordered_json& expected() {
  static const auto json =
      nlohmann::ordered_json::parse(read_file(CLIPSTILL_TEST_DATA "/bundle/expected.json"));
  return json;
}

inline void expect_near(std::span<const float> found, const std::vector<float>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-5) << i;
}

class BundleCopy {
 public:
  BundleCopy() { fs::copy(kBundle, path(), fs::copy_options::recursive); }
  fs::path path() const { return scratch_ / "bundle"; }
  fs::path operator/(const std::string& name) const { return path() / name; }

  /// Replaces a file; with a manifest that fits, as whoever tampers would.
  void replace(const std::string& name, const std::string& content) const {
    write_file(path() / name, content);
    bundle::write_manifest(path());
  }
  /// Changes one value of a JSON file of the bundle.
  void edit(const std::string& name, const std::string& pointer,
            const nlohmann::json& value) const {
    auto json = nlohmann::json::parse(read_file(path() / name));
    json[nlohmann::json::json_pointer(pointer)] = value;
    replace(name, json.dump());
  }

 private:
  ScratchFolder scratch_;
};

}  // namespace clipstill::runtime
