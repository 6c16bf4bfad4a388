// Package xmldoc is the only way XML enters or leaves the program.
//
// Parse reads a document strictly and within named Limits. It refuses what
// encoding/xml lets pass: document type declarations, processing instructions,
// attributes given twice (also through two prefixes of one namespace), prefixes
// that are not declared, second roots and text outside the root. It builds
// xmlquery nodes, so that XPath comes from that library.
//
// White space between elements carries no meaning in any document we exchange
// and is dropped where an element has element children; comments are dropped;
// CDATA sections become text.
//
// Two leniencies of encoding/xml remain, since its tokens do not show them: no
// white space is needed between attributes, and line ends and tabs in attribute
// values stay as they are.
//
// AppendXML writes a tree: without a declaration, without white space of its own,
// declaring exactly the namespaces that are needed where they are needed.
package xmldoc
