#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/trimmed.h"
#include "data/csv.h"
#include "data/pairs_tables.h"
#include "data/pairs_text.h"

namespace clipstill::data {
namespace {

enum Column { kImage, kText, kLang, kKind, kLabel, kDomain, kCategory, kSplit, kId, kColumns };

std::optional<Column> column_of(std::string_view name) {
  static constexpr std::pair<std::string_view, Column> kNames[] = {
      {"image", kImage},       {"file_name", kImage}, {"text", kText},   {"caption", kText},
      {"lang", kLang},         {"kind", kKind},       {"label", kLabel}, {"domain", kDomain},
      {"category", kCategory}, {"split", kSplit},     {"id", kId}};
  const auto found = std::find_if(std::begin(kNames), std::end(kNames),
                                  [&](const auto& entry) { return entry.first == name; });
  if (found == std::end(kNames)) return std::nullopt;
  return found->second;
}

/// Where each column stands in a row.
struct Heading {
  std::array<std::optional<size_t>, kColumns> index;
  size_t width = 0;
};

Heading read_heading(CsvReader& reader, const std::string& path) {
  CsvRow row;
  if (!reader.next(row)) {
    fail(ErrorCode::kBadData, "{}: the file is empty; expected a heading such as image,text", path);
  }
  if (!row.fault.empty()) fail(ErrorCode::kBadData, "{}:{}: {}", path, row.line, row.fault);
  Heading heading;
  heading.width = row.fields.size();
  std::vector<std::string> unknown;
  for (size_t i = 0; i < row.fields.size(); ++i) {
    const std::string name(trimmed(row.fields[i]));
    const auto column = column_of(name);
    if (!column) {
      unknown.push_back(name);
      continue;
    }
    if (heading.index[*column]) {
      fail(ErrorCode::kBadData, "{}:{}: column {} \"{}\" repeats column {}; keep one of them", path,
           row.line, i + 1, name, *heading.index[*column] + 1);
    }
    heading.index[*column] = i;
  }
  if (!heading.index[kImage] || !heading.index[kText]) {
    fail(ErrorCode::kBadData,
         "{}:{}: expected a heading with the columns image and text (and, if wanted, lang, kind, "
         "label, domain, category, split, id), found: {}",
         path, row.line, fmt::join(row.fields, " | "));
  }
  if (!unknown.empty()) {
    log_warning("{}: columns that are not used: {}", path, fmt::join(unknown, ", "));
  }
  return heading;
}

PairRecord to_record(const Heading& heading, CsvRow& row, std::string origin) {
  const auto take = [&](Column column) {
    return heading.index[column] ? std::move(row.fields[*heading.index[column]]) : std::string();
  };
  PairRecord record;
  record.origin = std::move(origin);
  record.image = take(kImage);
  record.texts.push_back({take(kText), take(kLang), take(kKind)});
  record.label = take(kLabel);
  record.domain = take(kDomain);
  record.category = take(kCategory);
  record.split = take(kSplit);
  record.id = take(kId);
  return record;
}

}  // namespace

void read_csv_pairs(const std::filesystem::path& path, char delimiter, FilePairs& pairs) {
  const MappedFile file(path);
  CsvReader reader(checked_text(file), delimiter);
  const auto heading = read_heading(reader, path.string());
  const auto name = path.filename().string();
  CsvRow row;
  while (reader.next(row)) {
    auto origin = fmt::format("{}:{}", name, row.line);
    if (!row.fault.empty()) {
      pairs.reject(std::move(origin), row.fault);
    } else if (row.fields.size() != heading.width) {
      pairs.reject(std::move(origin),
                   fmt::format("expected {} fields as in the heading, found {} (a field that holds "
                               "the delimiter must be quoted)",
                               heading.width, row.fields.size()));
    } else {
      pairs.add(to_record(heading, row, std::move(origin)));
    }
  }
}

}  // namespace clipstill::data
