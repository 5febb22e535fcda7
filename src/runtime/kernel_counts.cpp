#include "runtime/kernel_counts.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "runtime/image_encoder.h"
#include "runtime/text_encoder.h"

namespace clipstill::runtime {
namespace {

constexpr std::array<std::string_view, 7> kInt8Prefixes{
    "QLinear",         "QGemm",      "MatMulInteger", "ConvInteger",
    "DynamicQuantize", "QAttention", "MatMulNBits"};

// A folder of its own for the profile, whose name ONNX Runtime completes with the time.
class ProfileFolder {
 public:
  ProfileFolder() {
    static std::atomic<int> next{0};
    path_ = fs::temp_directory_path() /
            fmt::format("clipstill-profile-{}-{}", ::getpid(), next.fetch_add(1));
    make_folders(path_);
  }
  ~ProfileFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ProfileFolder(const ProfileFolder&) = delete;
  ProfileFolder& operator=(const ProfileFolder&) = delete;

  std::string prefix() const { return (path_ / "run").string(); }

  KernelCounts counts() const {
    KernelCounts counts;
    for (const auto& entry : fs::directory_iterator(path_)) {
      const auto events = nlohmann::json::parse(read_file(entry.path()), nullptr,
                                                /*allow_exceptions=*/false);
      for (const auto& event : events) {
        // Each node has an event of its kernel, "<node>_kernel_time".
        if (!event.is_object() || event.value("cat", "") != "Node") continue;
        if (!event.value("name", "").ends_with("_kernel_time")) continue;
        const auto args = event.find("args");
        if (args != event.end()) ++counts[args->value("op_name", "unknown")];
      }
    }
    if (counts.empty()) {
      fail(ErrorCode::kResource, "{}: ONNX Runtime wrote no profile there", path_.string());
    }
    return counts;
  }

 private:
  fs::path path_;
};

// Loading an encoder runs one sample of the self-test; its session writes the profile as it goes.
template <class Encoder>
KernelCounts count(const BundleFolder& folder, RuntimeOptions options) {
  const ProfileFolder profile;
  options.profile = profile.prefix();
  { const Encoder encoder(folder, options); }
  return profile.counts();
}

}  // namespace

KernelCounts image_kernels(const BundleFolder& folder, const RuntimeOptions& options) {
  return count<ImageEncoder>(folder, options);
}

KernelCounts text_kernels(const BundleFolder& folder, const RuntimeOptions& options) {
  return count<TextEncoder>(folder, options);
}

KernelCounts int8_kernels(const KernelCounts& counts) {
  KernelCounts chosen;
  for (const auto& kernel : counts) {
    if (std::ranges::any_of(kInt8Prefixes, [&](auto p) { return kernel.first.starts_with(p); })) {
      chosen.insert(kernel);
    }
  }
  return chosen;
}

std::string describe(const KernelCounts& counts) {
  std::string text;
  for (const auto& [name, number] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number, name);
  }
  return text.empty() ? "none" : text;
}

}  // namespace clipstill::runtime
