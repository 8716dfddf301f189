#include "internal.h"

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
