// Name -> factory tables for towers.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/ranges.h>

#include "core/error.h"
#include "core/options.h"

namespace clipstill::nn {

template <class Module, class Options>
class Registry {
 public:
  using Factory = std::shared_ptr<Module> (*)(const Options&);

  Registry(std::string kind, std::vector<std::pair<std::string, Factory>> entries)
      : kind_(std::move(kind)), entries_(std::move(entries)) {}

  StringList names() const {
    StringList names;
    for (const auto& [name, factory] : entries_) names.push_back(name);
    return names;
  }

  std::shared_ptr<Module> make(const std::string& name, const Options& options) const {
    for (const auto& [known, factory] : entries_) {
      if (known == name) return factory(options);
    }
    fail(ErrorCode::kUsage, "no {} is called \"{}\"; known: {}; nearest: {}", kind_, name,
         fmt::join(names(), ", "), nearest_name(name, names()));
  }

 private:
  std::string kind_;
  std::vector<std::pair<std::string, Factory>> entries_;
};

}  // namespace clipstill::nn
