#include "CXMLTree.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

// libxml2 compares each attribute of an element with all before it, and looks namespaces up one by one.
static const size_t most_attributes = 1000;
static const size_t most_namespaces = 4000;

static void ignore(void *context, const xmlError *error) {
    (void)context;
    (void)error;
}

void xmltree_be_quiet(void) {
    xmlSetStructuredErrorFunc(NULL, (xmlStructuredErrorFunc)ignore);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

/// Within a start tag there is no further `<`, so what is counted from one to the next bounds every tag. Holds for
/// UTF-8, as which the text is parsed whatever it declares.
static bool has_few_attributes(xmltree_bytes text) {
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

static xmltree_document *parse(xmltree_bytes text, bool texts_alone) {
    if (text.count == 0 || text.count > INT_MAX || !has_few_attributes(text)) return NULL;
    if (pthread_once(&once, xmlInitParser) != 0) return NULL;
    xmltree_be_quiet();
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (parser == NULL) return NULL;
    parser->sax->internalSubset = refuse_document_type;
    if (texts_alone) {
        // What stands on both sides of one of them becomes one node.
        parser->sax->comment = NULL;
        parser->sax->processingInstruction = NULL;
    }
    xmlDocPtr tree = xmlCtxtReadMemory(
        parser, (const char *)text.bytes, (int)text.count, NULL, "UTF-8",
        XML_PARSE_IGNORE_ENC | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING
            | (texts_alone ? XML_PARSE_NOCDATA : 0));
    bool is_good = tree != NULL && parser->wellFormed && tree->intSubset == NULL && tree->extSubset == NULL;
    xmlFreeParserCtxt(parser);
    if (is_good) return (xmltree_document *)tree;
    xmlFreeDoc(tree);
    return NULL;
}

xmltree_document *xmltree_parse(xmltree_bytes text) {
    return parse(text, false);
}

xmltree_document *xmltree_parse_texts(xmltree_bytes text) {
    return parse(text, true);
}

void xmltree_free_document(xmltree_document *document) {
    xmlFreeDoc((xmlDocPtr)document);
}

// MARK: - Nodes

/// The first element among a node and its siblings.
static xmlNodePtr element_from(xmlNodePtr node) {
    while (node != NULL && node->type != XML_ELEMENT_NODE) node = node->next;
    return node;
}

xmltree_node *xmltree_root(xmltree_document *document) {
    return (xmltree_node *)xmlDocGetRootElement((xmlDocPtr)document);
}

xmltree_node *xmltree_first_child(xmltree_node *node) {
    return (xmltree_node *)element_from(((xmlNodePtr)node)->children);
}

xmltree_node *xmltree_next_sibling(xmltree_node *node) {
    return (xmltree_node *)element_from(((xmlNodePtr)node)->next);
}

const char *xmltree_name(xmltree_node *node) {
    const xmlChar *name = ((xmlNodePtr)node)->name;
    return name == NULL ? "" : (const char *)name;
}

const char *xmltree_namespace(xmltree_node *node) {
    xmlNsPtr name_space = ((xmlNodePtr)node)->ns;
    return name_space == NULL || name_space->href == NULL ? "" : (const char *)name_space->href;
}

char *xmltree_text(xmltree_node *node) {
    xmlBufferPtr buffer = xmlBufferCreate();
    if (buffer == NULL) return NULL;
    for (xmlNodePtr child = ((xmlNodePtr)node)->children; child != NULL; child = child->next) {
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

char *xmltree_attribute_value(xmltree_node *node, const char *name) {
    return (char *)xmlGetNoNsProp(((xmlNodePtr)node), BAD_CAST name);
}

char *xmltree_any_attribute_value(xmltree_node *node, const char *name) {
    return (char *)xmlGetProp((xmlNodePtr)node, BAD_CAST name);
}

void xmltree_free_text(char *text) {
    xmlFree(text);
}

/// Whether elements stand between parts of an element's own text.
static bool has_parted_text(xmlNodePtr element) {
    size_t texts = 0;
    for (xmlNodePtr child = element->children; child != NULL && texts < 2; child = child->next) {
        if (child->type == XML_TEXT_NODE && !xmlIsBlankNode(child)) texts++;
    }
    return texts > 1;
}

/// Tells of a text that was made for it, and frees it.
static bool tell(char *text, size_t *most, void *context, xmltree_visitor visitor, xmltree_kind kind) {
    if (text == NULL) return true;
    bool has_room = *most > 0;
    if (has_room) {
        --*most;
        visitor(context, text, strlen(text), kind);
    }
    xmlFree(text);
    return has_room;
}

bool xmltree_visit(xmltree_document *document, size_t most, void *context, xmltree_visitor visitor) {
    xmlNodePtr node = xmlDocGetRootElement((xmlDocPtr)document);
    while (node != NULL) {
        bool is_text = node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
        if (is_text && node->content != NULL) {
            // Layout is no text, but stands in what all say together.
            if (!xmlIsBlankNode(node) && most-- == 0) return false;
            visitor(context, (const char *)node->content, strlen((const char *)node->content), xmltree_text_part);
        }
        if (node->type == XML_ELEMENT_NODE) {
            for (xmlAttrPtr attribute = node->properties; attribute != NULL; attribute = attribute->next) {
                char *value = (char *)xmlNodeListGetString((xmlDocPtr)document, attribute->children, 1);
                if (!tell(value, &most, context, visitor, xmltree_attribute)) return false;
            }
            if (has_parted_text(node)
                && !tell(xmltree_text((xmltree_node *)node), &most, context, visitor, xmltree_whole_text)) {
                return false;
            }
            if (node->children != NULL) {
                node = node->children;
                continue;
            }
        }
        while (node != NULL && node->next == NULL) {
            node = node->parent;
            if (node != NULL && node->type != XML_ELEMENT_NODE) node = NULL;
        }
        if (node != NULL) node = node->next;
    }
    return true;
}
