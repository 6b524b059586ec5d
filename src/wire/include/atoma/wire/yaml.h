// YAML as a notation for JSON: what people write by hand (policies) becomes a JsonDocument, so
// that one strict reader checks both. Anchors, aliases, tags and several documents are refused.
#pragma once

#include <string_view>

#include "atoma/wire/json.h"

namespace atoma::wire {

// Unquoted true/false, null and integers take their JSON types; everything else is a string.
// Errors: "yaml.syntax", "yaml.unsupported", and those of JsonDocument::parse.
Result<JsonDocument> parse_yaml(std::string_view text);

}  // namespace atoma::wire
