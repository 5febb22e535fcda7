#include "data/audit_report.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace clipstill::data {
namespace {

using Json = nlohmann::ordered_json;

double share(size_t part, size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Tokens that `quantile` of the texts do not pass.
size_t length_at(const TokenAudit& audit, double quantile) {
  size_t seen = 0;
  for (const auto& [length, count] : audit.lengths) {
    seen += count;
    if (static_cast<double>(seen) >= quantile * static_cast<double>(audit.texts)) return length;
  }
  return 0;
}

Json to_json(const std::vector<BadRow>& rows) {
  Json list = Json::array();
  for (const auto& row : rows) list.push_back({{"origin", row.origin}, {"reason", row.reason}});
  return list;
}

Json to_json(const Spread& spread) {
  return {{"min", spread.least}, {"median", spread.median}, {"max", spread.most}};
}

Json to_json(const Duplicates& duplicates) {
  return {{"groups", duplicates.groups},
          {"surplus", duplicates.surplus},
          {"across_labels", duplicates.across_labels},
          {"across_splits", duplicates.across_splits},
          {"examples", duplicates.examples}};
}

Json to_json(const TokenAudit& audit) {
  Json lengths = Json::object();
  for (const auto& [length, count] : audit.lengths) lengths[std::to_string(length)] = count;
  return {{"texts", audit.texts},
          {"tokens", audit.tokens},
          {"unknown_share", share(audit.unknown, audit.tokens)},
          {"truncated_share", share(audit.truncated, audit.texts)},
          {"lengths", std::move(lengths)}};
}

std::string counts(const std::map<std::string, size_t>& values) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : values) parts.push_back(fmt::format("{} {}", name, count));
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe_languages(const std::map<std::string, size_t>& languages) {
  const bool undeclared = std::ranges::any_of(
      languages, [](const auto& entry) { return entry.first.starts_with("undeclared"); });
  return counts(languages) +
         (undeclared ? "; data.default_language names the language of those undeclared" : "");
}

std::string describe(const Spread& spread) {
  return fmt::format("{} to {}, median {}", spread.least, spread.most, spread.median);
}

std::string describe(const Duplicates& duplicates) {
  if (duplicates.groups == 0) return "none";
  std::string text =
      fmt::format("{} groups, {} records beyond the first of each; {} groups across labels",
                  duplicates.groups, duplicates.surplus, duplicates.across_labels);
  if (duplicates.across_splits > 0) {
    text += fmt::format("; {} groups ACROSS SPLITS", duplicates.across_splits);
  }
  const auto& example = duplicates.examples.front();
  return text + fmt::format(" (such as {})", fmt::join(example, ", "));
}

class Lines {
 public:
  void add(std::string_view name, std::string_view value) {
    text_ += fmt::format("{:<22}{}\n", name, value);
  }
  void list(std::string_view title, const std::vector<BadRow>& rows) {
    if (rows.empty()) return;
    text_ += fmt::format("\n{}:\n", title);
    for (const auto& row : rows) text_ += fmt::format("  {}: {}\n", row.origin, row.reason);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_images(const ImageAudit& images, Lines& lines) {
  if (images.bytes == 0) return;  // counted only
  lines.add("image formats", counts(images.formats));
  lines.add("image modes", counts(images.modes));
  if (images.turned > 0) {
    lines.add("turned by Exif",
              fmt::format("{}; data.apply_orientation turns them upright", images.turned));
  }
  lines.add("image width", describe(images.width));
  lines.add("image height", describe(images.height));
  lines.add("image bytes", fmt::format("{}", images.bytes));
  lines.add("unreadable images", fmt::format("{}", images.unreadable.size()));
  lines.add("same image files", describe(images.same_bytes));
  lines.add("same pixels", describe(images.same_pixels));
}

}  // namespace

nlohmann::ordered_json audit_to_json(const Audit& audit) {
  Json json{{"fingerprint", audit.fingerprint},
            {"records", audit.records},
            {"texts", audit.texts},
            {"bad_share", audit.bad_share()},
            {"bad_rows", to_json(audit.bad_rows)},
            {"labels", audit.labels},
            {"domains", audit.domains},
            {"categories", audit.categories},
            {"splits", audit.splits},
            {"languages", audit.languages},
            {"same_texts", to_json(audit.same_texts)}};
  if (audit.images.bytes > 0) {
    json["images"] = {{"bytes", audit.images.bytes},
                      {"formats", audit.images.formats},
                      {"modes", audit.images.modes},
                      {"turned_by_exif", audit.images.turned},
                      {"width", to_json(audit.images.width)},
                      {"height", to_json(audit.images.height)},
                      {"unreadable", to_json(audit.images.unreadable)},
                      {"same_bytes", to_json(audit.images.same_bytes)},
                      {"same_pixels", to_json(audit.images.same_pixels)}};
  }
  if (!audit.tokens.empty()) {
    auto& tokens = json["tokens"] = {{"context", audit.context}, {"languages", Json::object()}};
    for (const auto& [language, counted] : audit.tokens) {
      tokens["languages"][language] = to_json(counted);
    }
    json["warnings"] = token_warnings(audit.tokens, audit.context);
  }
  return json;
}

std::string audit_to_text(const Audit& audit) {
  Lines lines;
  lines.add("records", fmt::format("{}", audit.records));
  lines.add("texts", fmt::format("{}", audit.texts));
  lines.add("labels", fmt::format("{}", audit.labels));
  lines.add("domains", counts(audit.domains));
  lines.add("categories", counts(audit.categories));
  lines.add("splits", counts(audit.splits));
  lines.add("texts by language", describe_languages(audit.languages));
  lines.add("same texts", describe(audit.same_texts));
  add_images(audit.images, lines);
  for (const auto& [language, tokens] : audit.tokens) {
    lines.add(
        "tokens, " + language,
        fmt::format("half of the texts up to {}, 99 % up to {}, longest {}", length_at(tokens, 0.5),
                    length_at(tokens, 0.99), tokens.lengths.rbegin()->first));
    lines.add("", fmt::format("{:.2f} % of the texts are cut at context {}, {:.2f} % of the tokens "
                              "are unknown",
                              100 * share(tokens.truncated, tokens.texts), audit.context,
                              100 * share(tokens.unknown, tokens.tokens)));
  }
  lines.add("bad rows", fmt::format("{}", audit.bad_rows.size()));
  lines.add("fingerprint", audit.fingerprint);
  for (const auto& warning : token_warnings(audit.tokens, audit.context)) {
    lines.add("warning", warning);
  }
  lines.list("Bad rows", audit.bad_rows);
  lines.list("Unreadable images", audit.images.unreadable);
  return lines.take();
}

}  // namespace clipstill::data
