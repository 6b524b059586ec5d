#include "atoma/wire/xml.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"

namespace atoma::wire {
namespace {

std::string_view reason(std::string_view text) {
  const auto document = XmlDocument::parse(as_bytes(text));
  return document ? "parsed" : document.error().reason;
}

XmlDocument parsed(std::string_view text) {
  auto document = XmlDocument::parse(as_bytes(text));
  EXPECT_TRUE(document) << text << ": " << (document ? "" : document.error().to_string());
  return std::move(*document);
}

std::string canonical(std::string_view text) { return canonicalize(parsed(text).root()); }

TEST(Xml, ReadsElementsAttributesAndText) {
  const auto document = parsed(
      "<?xml version=\"1.0\" encoding='UTF-8'?>\n<a xmlns='urn:a' xmlns:p=\"urn:p\" x='1' "
      "p:x='&lt;2"
      "&#x26;&#65;'>t&amp;<p:b/><c> u </c><c/></a>\n");
  const XmlElement& root = document.root();
  EXPECT_TRUE(root.is("urn:a", "a"));
  ASSERT_NE(root.attribute("", "x"), nullptr);
  EXPECT_EQ(*root.attribute("", "x"), "1");
  ASSERT_NE(root.attribute("urn:p", "x"), nullptr);
  EXPECT_EQ(*root.attribute("urn:p", "x"), "<2&A");
  EXPECT_EQ(root.attribute("urn:a", "x"), nullptr);  // a default namespace names no attribute
  EXPECT_EQ(root.text(), "t&");
  EXPECT_EQ(root.elements().size(), 3u);
  ASSERT_NE(root.only_child("urn:p", "b"), nullptr);
  EXPECT_EQ(root.only_child("urn:a", "c"), nullptr);  // two
  EXPECT_EQ(root.only_child("urn:a", "d"), nullptr);
  EXPECT_EQ(root.elements()[1]->text(), " u ");
  EXPECT_EQ(root.elements()[1]->parent, &root);
}

TEST(Xml, RefusesWhatManifestsDoNotNeed) {
  for (const char* text : {"<!DOCTYPE a><a/>",
                           "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
                           "<a>&e;</a>",
                           "<a b='&e;'/>",
                           "<a>&#0;</a>",
                           "<a>&#xFFFF;</a>",
                           "<a>&#1x;</a>",
                           "<!--c--><a/>",
                           "<a><!--c--></a>",
                           "<a/><!--c-->",
                           "<a><![CDATA[x]]></a>",
                           "<?p x?><a/>",
                           "<a><?p x?></a>",
                           "<a/><?p x?>",
                           "<?xml version='1.1'?><a/>",
                           "<?xml version='1.0' encoding='latin1'?><a/>",
                           "<a xml:id='x'/>",
                           "<a xml:lang='en'/>",
                           "<a xmlns=''/>",
                           "<a xmlns:p='u' ><b xmlns:p=''/></a>",
                           "<a xmlns='u'><b xmlns=''/></a>"}) {
    EXPECT_EQ(reason(text), "xml.refused") << text;
  }
}

TEST(Xml, RefusesBrokenSyntax) {
  for (const char* text : {"",
                           " ",
                           "a",
                           "<a",
                           "<a>",
                           "<a></b>",
                           "<a></a",
                           "<a></p:a>",
                           "<a><b></a></b>",
                           "<a/>x",
                           "<a/><a/>",
                           "<a b/>",
                           "<a b=c/>",
                           "<a b='1/>",
                           "<a b='<'/>",
                           "<a b='1'c='2'/>",
                           "<1/>",
                           "<a:/>",
                           "<:a/>",
                           "< a/>",
                           "<a b='&amp'/>",
                           "<a>&amp</a>",
                           "<a>]]></a>",
                           "</a>",
                           "<?xml version='1.0'",
                           "<a / >",
                           "<a>&aaaaaaaaaaaaaaaaaaaa;</a>"}) {
    EXPECT_EQ(reason(text), "xml.syntax") << text;
  }
}

TEST(Xml, RefusesMisusedNamespaces) {
  for (const char* text : {"<p:a/>", "<a p:b='1'/>", "<a xmlns:xml='u'/>", "<a xmlns:xmlns='u'/>",
                           "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
                           "<a xmlns='http://www.w3.org/2000/xmlns/'/>", "<xml:a/>", "<xmlns:a/>",
                           "<a><b xmlns:p='u'/><p:c/></a>"}) {
    EXPECT_EQ(reason(text), "xml.namespace") << text;
  }
}

TEST(Xml, RefusesDuplicates) {
  for (const char* text : {"<a b='1' b='2'/>", "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
                           "<a xmlns='u' xmlns='u'/>", "<a xmlns:p='u' xmlns:p='v'/>"}) {
    EXPECT_EQ(reason(text), "xml.duplicate") << text;
  }
}

TEST(Xml, RefusesOtherEncodings) {
  for (const char* text : {"<a>\xC0\x80</a>", "<a>\xED\xA0\x80</a>", "<a>\xF4\x90\x80\x80</a>",
                           "<a>\xFF</a>", "<a>\xC3</a>", "<a>\x01</a>", "<a>\xEF\xBF\xBF</a>",
                           "<a>\xE0\x80\xAF</a>", "<a b='\x0B'/>"}) {
    EXPECT_EQ(reason(text), "xml.encoding") << text;
  }
  EXPECT_EQ(reason(std::string_view("<a>\0</a>", 8)), "xml.encoding");
  EXPECT_EQ(reason("\xEF\xBB\xBF<a>\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\x92</a>"), "parsed");
}

TEST(Xml, BoundsWhatItReads) {
  std::string deep, shallow;
  for (int i = 0; i < limits::kXmlDepthMax; ++i) {
    deep += "<a>";
    shallow += "</a>";
  }
  EXPECT_EQ(reason(deep + shallow), "parsed");
  EXPECT_EQ(reason("<a>" + deep + shallow + "</a>"), "xml.too_deep");
  std::string many;
  for (std::size_t i = 1; i < limits::kXmlElementsMax; ++i) many += "<b/>";
  EXPECT_EQ(reason("<a>" + many + "</a>"), "parsed");
  EXPECT_EQ(reason("<a>" + many + "<b/></a>"), "xml.too_many");
  std::string attributes;
  for (std::size_t i = 0; i < limits::kXmlAttributesMax; ++i) {
    attributes += " a" + std::to_string(i) + "=''";
  }
  EXPECT_EQ(reason("<a" + attributes + "/>"), "parsed");
  EXPECT_EQ(reason("<a" + attributes + " b=''/>"), "xml.too_many");
  EXPECT_EQ(reason("<a>" + std::string(limits::kXmlMax, ' ') + "</a>"), "xml.too_large");
}

// https://www.w3.org/TR/xml-c14n11/ §3.3: tags and attributes.
TEST(CanonicalXml, OrdersAttributesAndClosesTags) {
  EXPECT_EQ(
      canonical("<doc   >\n  <e1   />\n  <e2   ></e2>\n  <e3   name = \"elem3\"   id=\"elem3\""
                "   />\n  <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n"
                "      xmlns:b=\"http://www.ietf.org\"\n"
                "      xmlns:a=\"http://www.w3.org\"\n"
                "      xmlns=\"http://example.org\"/>\n</doc>"),
      "<doc>\n  <e1></e1>\n  <e2></e2>\n  <e3 id=\"elem3\" name=\"elem3\"></e3>\n"
      "  <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\""
      " xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\""
      " a:attr=\"out\"></e5>\n</doc>");
}

// §3.4: character references and line ends.
TEST(CanonicalXml, EscapesCharacters) {
  EXPECT_EQ(canonical("<doc>\r\n<t>First line&#x0d;&#10;Second line</t>"
                      "<v a='&lt;&amp;&quot;>&#9;&#xA;&#xD;\t\n'>&gt;\"'</v>\r</doc>"),
            "<doc>\n<t>First line&#xD;\nSecond line</t>"
            "<v a=\"&lt;&amp;&quot;>&#x9;&#xA;&#xD;  \">&gt;\"'</v>\n</doc>");
}

TEST(CanonicalXml, RendersEachNamespaceOnce) {
  EXPECT_EQ(canonical("<a xmlns:p='u'><b xmlns:p='u'><c xmlns:p='v'><d xmlns:p='u'/></c></b>"
                      "<e xmlns:p='u'/></a>"),
            "<a xmlns:p=\"u\"><b><c xmlns:p=\"v\"><d xmlns:p=\"u\"></d></c></b><e></e></a>");
}

// A part of a document carries what is in scope where it stands.
TEST(CanonicalXml, ApexCarriesNamespacesInScope) {
  const auto document =
      parsed("<a xmlns='d' xmlns:q='u'><p:b xmlns:p='v' xmlns:q='w'><c/></p:b></a>");
  EXPECT_EQ(canonicalize(*document.root().elements()[0]),
            "<p:b xmlns=\"d\" xmlns:p=\"v\" xmlns:q=\"w\"><c></c></p:b>");
}

TEST(CanonicalXml, OmitsOneElementAndNoTextAroundIt) {
  const auto document = parsed("<a>1<b>2</b>3<b>4</b></a>");
  EXPECT_EQ(canonicalize(document.root(), document.root().elements()[0]), "<a>13<b>4</b></a>");
  EXPECT_EQ(canonicalize(document.root(), &document.root()), "");
}

TEST(CanonicalXml, ReadsTheSameAgain) {
  const std::string once = canonical("<a xmlns:z='1' b='&#9;' a='&amp;'>&#xD;&lt;<z:c/></a>");
  EXPECT_EQ(canonical(once), once);
}

}  // namespace
}  // namespace atoma::wire
