// Canonical XML 1.1 (https://www.w3.org/TR/xml-c14n11/ §2.3), without comments.
#include <algorithm>
#include <tuple>

#include "atoma/wire/xml.h"

namespace atoma::wire {
namespace {

using Namespaces = std::vector<XmlNamespace>;

// §2.3 "Text Nodes": a literal CR can only have come from a reference.
void append_text(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '\r') {
      out += "&#xD;";
    } else {
      out += c;
    }
  }
}

// §2.3 "Attribute Nodes".
void append_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\t') {
      out += "&#x9;";
    } else if (c == '\n') {
      out += "&#xA;";
    } else if (c == '\r') {
      out += "&#xD;";
    } else {
      out += c;
    }
  }
}

void append_pair(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "=\"";
  append_value(out, value);
  out += '"';
}

std::string full_name(const std::string& prefix, const std::string& local) {
  return prefix.empty() ? local : prefix + ":" + local;
}

// The nearest declaration of each prefix, outermost element first.
Namespaces in_scope(const XmlElement& element) {
  Namespaces out;
  for (const XmlElement* at = &element; at != nullptr; at = at->parent) {
    for (const auto& n : at->declared) {
      if (!std::ranges::contains(out, n.prefix, &XmlNamespace::prefix)) out.push_back(n);
    }
  }
  return out;
}

// §2.3 "Namespace Axis": in the order of prefixes, the default first, without those that the output
// parent has with the same value. `rendered` is what it has in scope, the nearest last.
void append_namespaces(std::string& out, Namespaces declared, Namespaces& rendered) {
  std::ranges::sort(declared, {}, &XmlNamespace::prefix);
  for (auto& n : declared) {
    const auto known = std::find_if(rendered.rbegin(), rendered.rend(),
                                    [&](const auto& r) { return r.prefix == n.prefix; });
    if (known != rendered.rend() && known->uri == n.uri) continue;
    append_pair(out, n.prefix.empty() ? "xmlns" : "xmlns:" + n.prefix, n.uri);
    rendered.push_back(std::move(n));
  }
}

// As deep as the document is, which the reader bounded.
void append_element(std::string& out, const XmlElement& element, const XmlElement* omit,
                    Namespaces declared, Namespaces& rendered) {
  const std::size_t rendered_before = rendered.size();
  const std::string name = full_name(element.prefix, element.local);
  out += '<' + name;
  append_namespaces(out, std::move(declared), rendered);
  std::vector<const XmlAttribute*> attributes;
  for (const auto& a : element.attributes) attributes.push_back(&a);
  std::ranges::sort(attributes, [](const XmlAttribute* a, const XmlAttribute* b) {
    return std::tie(a->ns, a->local) < std::tie(b->ns, b->local);
  });
  for (const auto* a : attributes) append_pair(out, full_name(a->prefix, a->local), a->value);
  out += '>';
  for (const auto& child : element.children) {
    append_text(out, child.text);
    if (child.element == nullptr || child.element.get() == omit) continue;
    append_element(out, *child.element, omit, child.element->declared, rendered);
  }
  out += "</" + name + '>';
  rendered.resize(rendered_before);
}

}  // namespace

std::string canonicalize(const XmlElement& apex, const XmlElement* omit) {
  std::string out;
  if (&apex == omit) return out;
  Namespaces rendered;
  append_element(out, apex, omit, in_scope(apex), rendered);
  return out;
}

}  // namespace atoma::wire
