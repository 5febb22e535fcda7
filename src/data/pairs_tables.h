// Tables of pairs: CSV, TSV and JSON lines.
#pragma once

#include <filesystem>

#include "data/pairs_files.h"

namespace clipstill::data {

/// Reads columns image (or file_name), text (or caption), lang, kind, label, domain, category,
/// split and id in any order; the first row names them. Columns of other names are left out, with a
/// warning. kBadData if the table has no such heading.
void read_csv_pairs(const std::filesystem::path& path, char delimiter, FilePairs& pairs);

/// Reads one JSON object a line: image (or file_name) and what data/record_json.h reads.
void read_jsonl_pairs(const std::filesystem::path& path, FilePairs& pairs);

}  // namespace clipstill::data
