// Building blocks of the HTML page. They escape what they are given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/summary.h"
#include "report/table.h"

namespace clipstill::report {

/// The whole page around `body`, which is HTML. Void elements are closed, so that it is XML too.
std::string html_page(std::string_view title, std::string_view subtitle, std::string_view body);

std::string html_table(const Table& table);

/// A figure with its title and a line that says how to read it; an empty `svg` becomes a
/// statement that there is nothing to draw.
std::string figure(std::string_view title, std::string_view how_to_read, const std::string& svg);

/// A sentence that says what is not there.
std::string absent(std::string_view sentence);

/// Line and marker of each model that has a learning curve.
std::string series_legend(const Summary& summary);
std::string component_legend(const Summary& summary);

/// Examples, those of the same query together, so that models can be compared, under a heading for
/// the model that alone is right.
std::string html_examples(const std::vector<Example>& examples);

std::string html_provenance(const Comparison& comparison, const std::vector<int64_t>& seeds);

}  // namespace clipstill::report
