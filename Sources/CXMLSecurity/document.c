#include "internal.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <limits.h>
#include <string.h>

// libxml2 compares each attribute of an element with all before it, and looks namespaces up one by one.
static const size_t most_attributes = 1000;
static const size_t most_namespaces = 4000;

static void ignore(void *context, const xmlError *error) {
    (void)context;
    (void)error;
}

void be_quiet(void) {
    xmlSetStructuredErrorFunc(NULL, (xmlStructuredErrorFunc)ignore);
}

/// Within a start tag there is no further `<`, so what is counted from one to the next bounds every tag. Holds for
/// UTF-8, as which the text is parsed whatever it declares.
static bool has_few_attributes(xmlsecurity_bytes text) {
    size_t attributes = 0;
    size_t namespaces = 0;
    for (size_t i = 0; i < text.count; i++) {
        switch (text.bytes[i]) {
        case 0:
            return false;
        case '<':
            attributes = 0;
            break;
        case '=':
            if (++attributes > most_attributes) return false;
            break;
        case 'x':
            if (text.count - i >= 5 && memcmp(text.bytes + i, "xmlns", 5) == 0 && ++namespaces > most_namespaces) {
                return false;
            }
            break;
        }
    }
    return true;
}

/// Called at `<!DOCTYPE`, before anything in it is read.
static void refuse_document_type(
    void *context, const xmlChar *name, const xmlChar *external_id, const xmlChar *system_id
) {
    (void)name;
    (void)external_id;
    (void)system_id;
    xmlParserCtxtPtr parser = context;
    parser->wellFormed = 0;
    xmlStopParser(parser);
}

xmlsecurity_document *xmlsecurity_parse(xmlsecurity_bytes text) {
    if (text.count == 0 || text.count > INT_MAX || !has_few_attributes(text)) return NULL;
    be_quiet();
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (parser == NULL) return NULL;
    parser->sax->internalSubset = refuse_document_type;
    xmlDocPtr tree = xmlCtxtReadMemory(
        parser, (const char *)text.bytes, (int)text.count, NULL, "UTF-8",
        XML_PARSE_IGNORE_ENC | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    bool is_good = tree != NULL && parser->wellFormed && tree->intSubset == NULL && tree->extSubset == NULL;
    xmlFreeParserCtxt(parser);
    xmlsecurity_document *document = is_good ? xmlMalloc(sizeof *document) : NULL;
    if (document == NULL) {
        xmlFreeDoc(tree);
        return NULL;
    }
    document->tree = tree;
    return document;
}

void xmlsecurity_free_document(xmlsecurity_document *document) {
    xmlFreeDoc(document->tree);
    xmlFree(document);
}

// MARK: - Nodes

xmlNodePtr element_from(xmlNodePtr node) {
    while (node != NULL && node->type != XML_ELEMENT_NODE) node = node->next;
    return node;
}

bool is_named(xmlNodePtr node, const char *name, const char *name_space) {
    return node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, BAD_CAST name) && node->ns != NULL
        && xmlStrEqual(node->ns->href, BAD_CAST name_space);
}

xmlNodePtr only_child(xmlNodePtr parent, const char *name, const char *name_space) {
    xmlNodePtr found = NULL;
    for (xmlNodePtr child = parent->children; child != NULL; child = child->next) {
        if (!is_named(child, name, name_space)) continue;
        if (found != NULL) return NULL;
        found = child;
    }
    return found;
}

bool attribute_is_one_of(xmlNodePtr node, const char *name, const char *const *values) {
    xmlChar *value = xmlGetNoNsProp(node, BAD_CAST name);
    bool is_found = false;
    for (; value != NULL && *values != NULL && !is_found; values++) is_found = xmlStrEqual(value, BAD_CAST *values);
    xmlFree(value);
    return is_found;
}

xmlsecurity_node *xmlsecurity_root(xmlsecurity_document *document) {
    return (xmlsecurity_node *)xmlDocGetRootElement(document->tree);
}

xmlsecurity_node *xmlsecurity_first_child(xmlsecurity_node *node) {
    return (xmlsecurity_node *)element_from(node_of(node)->children);
}

xmlsecurity_node *xmlsecurity_next_sibling(xmlsecurity_node *node) {
    return (xmlsecurity_node *)element_from(node_of(node)->next);
}

const char *xmlsecurity_name(xmlsecurity_node *node) {
    const xmlChar *name = node_of(node)->name;
    return name == NULL ? "" : (const char *)name;
}

const char *xmlsecurity_namespace(xmlsecurity_node *node) {
    xmlNsPtr name_space = node_of(node)->ns;
    return name_space == NULL || name_space->href == NULL ? "" : (const char *)name_space->href;
}

char *xmlsecurity_text(xmlsecurity_node *node) {
    xmlBufferPtr buffer = xmlBufferCreate();
    if (buffer == NULL) return NULL;
    for (xmlNodePtr child = node_of(node)->children; child != NULL; child = child->next) {
        if (child->type != XML_TEXT_NODE && child->type != XML_CDATA_SECTION_NODE) continue;
        if (child->content != NULL && xmlBufferCat(buffer, child->content) != 0) {
            xmlBufferFree(buffer);
            return NULL;
        }
    }
    char *text = (char *)xmlBufferDetach(buffer);
    xmlBufferFree(buffer);
    return text != NULL ? text : (char *)xmlStrdup(BAD_CAST "");
}

char *xmlsecurity_attribute_value(xmlsecurity_node *node, const char *name) {
    return (char *)xmlGetNoNsProp(node_of(node), BAD_CAST name);
}

void xmlsecurity_free_text(char *text) {
    xmlFree(text);
}
