#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/files.h"
#include "core/trimmed.h"
#include "data/caption_files.h"
#include "data/pairs_text.h"

namespace clipstill::data {
namespace {

struct Comment {
  std::string_view image, number, text;
};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Adds comments as rows; each number occurs once for an image.
class Comments {
 public:
  Comments(const fs::path& path, FilePairs& pairs)
      : name_(path.filename().string()), pairs_(pairs) {}

  void add(uint64_t line, const Comment& comment) {
    auto key = fmt::format("{}#{}", comment.image, comment.number);
    if (!is_number(comment.number)) {
      return reject(line, fmt::format("\"{}\": expected the number of the caption", key));
    }
    if (seen_.contains(key)) return reject(line, fmt::format("duplicate id \"{}\"", key));
    seen_.insert(std::move(key));
    PairRecord row;
    row.image = comment.image;
    row.texts.push_back({std::string(comment.text), {}, {}});
    row.origin = origin(line);
    pairs_.add(std::move(row));
  }

  void reject(uint64_t line, std::string reason) { pairs_.reject(origin(line), std::move(reason)); }

 private:
  std::string origin(uint64_t line) const { return fmt::format("{}:{}", name_, line); }

  std::string name_;
  FilePairs& pairs_;
  std::unordered_set<std::string> seen_;  // image#number
};

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (size_t start = 0; start <= line.size();) {
    const size_t end = std::min(line.find('|', start), line.size());
    columns.push_back(trimmed(line.substr(start, end - start)));
    start = end + 1;
  }
  return columns;
}

bool is_heading(std::string_view line) {
  static constexpr std::array<std::string_view, 3> kNames = {"image_name", "comment_number",
                                                             "comment"};
  return std::ranges::equal(columns_of(line), kNames);
}

}  // namespace

void read_flickr_tokens(const std::filesystem::path& path, FilePairs& pairs) {
  const MappedFile file(path);
  Comments comments(path, pairs);
  LineReader lines(checked_text(file));
  while (lines.next()) {
    const auto line = lines.line();
    const size_t tab = line.find('\t');
    const size_t hash = line.substr(0, tab).rfind('#');
    if (tab == std::string_view::npos || hash == std::string_view::npos) {
      comments.reject(lines.number(), "expected IMAGE#NUMBER, a tab and the caption");
      continue;
    }
    comments.add(lines.number(), {line.substr(0, hash), line.substr(hash + 1, tab - hash - 1),
                                  trimmed(line.substr(tab + 1))});
  }
}

void read_flickr_csv(const std::filesystem::path& path, FilePairs& pairs) {
  const MappedFile file(path);
  Comments comments(path, pairs);
  LineReader lines(checked_text(file));
  lines.next();  // the heading
  while (lines.next()) {
    const auto columns = columns_of(lines.line());
    if (columns.size() != 3) {
      comments.reject(lines.number(),
                      fmt::format("expected image_name| comment_number| comment, found {} columns",
                                  columns.size()));
      continue;
    }
    comments.add(lines.number(), {columns[0], columns[1], columns[2]});
  }
}

bool has_flickr_heading(const std::filesystem::path& path) {
  const MappedFile file(path);
  LineReader lines(checked_text(file));
  return lines.next() && is_heading(lines.line());
}

}  // namespace clipstill::data
