// XML documents from strangers: the little of libxml2 that it takes to read them.
//
// No function traps, prints or reaches the network, and whatever one allocates is freed by the function that its
// comment names. A document and its nodes belong to one thread at a time; different documents are independent.

#ifndef CXMLTREE_H
#define CXMLTREE_H

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

typedef struct xmltree_document xmltree_document;
typedef struct xmltree_node xmltree_node;

/// Bytes that somebody else owns.
typedef struct {
    const unsigned char *_Nullable bytes;
    size_t count;
} xmltree_bytes;

/// Parses UTF-8. NULL when it is not well-formed, has a document type declaration (so no entity is ever declared), is
/// nested more than 250 deep, or has more attributes than any honest document. Freed by `xmltree_free_document`.
xmltree_document *_Nullable xmltree_parse(xmltree_bytes text);
/// The same, for whoever wants texts alone: without comments and processing instructions, and CDATA sections are text.
xmltree_document *_Nullable xmltree_parse_texts(xmltree_bytes text);
void xmltree_free_document(xmltree_document *document);

xmltree_node *_Nullable xmltree_root(xmltree_document *document);
/// Elements only. The nodes live as long as their document.
xmltree_node *_Nullable xmltree_first_child(xmltree_node *node);
xmltree_node *_Nullable xmltree_next_sibling(xmltree_node *node);
const char *xmltree_name(xmltree_node *node);
/// Empty without a namespace.
const char *xmltree_namespace(xmltree_node *node);
/// All of the element's own text, what stands before and after comments joined: as a signature sees it. Freed by
/// `xmltree_free_text`.
char *_Nullable xmltree_text(xmltree_node *node);
/// The value of an attribute without a namespace. Freed by `xmltree_free_text`.
char *_Nullable xmltree_attribute_value(xmltree_node *node, const char *name);
/// The value of the first attribute of a name, whichever namespace it is in. Freed by `xmltree_free_text`.
char *_Nullable xmltree_any_attribute_value(xmltree_node *node, const char *name);
void xmltree_free_text(char *text);

typedef enum {
    /// Between two tags.
    xmltree_text_part,
    /// All of an element's own text, where elements stand between its parts.
    xmltree_whole_text,
    /// The value of an attribute.
    xmltree_attribute,
} xmltree_kind;

/// Is told of a text, which is valid during the call.
typedef void (*xmltree_visitor)(void *_Nullable context, const char *text, size_t length, xmltree_kind kind);

/// All texts and attributes' values of a document in their order. Linear in the document. What has more than `most` of them is
/// not seen to its end: false.
bool xmltree_visit(xmltree_document *document, size_t most, void *_Nullable context, xmltree_visitor visitor);

/// libxml2 reports errors to standard error otherwise; the setting is each thread's own. Parsing makes it.
void xmltree_be_quiet(void);

#pragma clang assume_nonnull end

#endif
