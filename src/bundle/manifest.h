// `manifest.json`: size and hash of every file of a folder and of those below it, written last. A
// folder without a manifest that fits is not complete.
#pragma once

#include <filesystem>

namespace clipstill::bundle {

/// Hashes the files of `folder`, subfolders included, and writes manifest.json atomically.
void write_manifest(const std::filesystem::path& folder);

/// kMissingFile naming the first listed file (or manifest) that is not there, kBadData naming the
/// first of another size or content. Files that are not listed are not looked at.
void verify_manifest(const std::filesystem::path& folder);

}  // namespace clipstill::bundle
