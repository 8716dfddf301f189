#ifndef CXMLSECURITY_INTERNAL_H
#define CXMLSECURITY_INTERNAL_H

#include "CXMLSecurity.h"

#include <libxml/tree.h>
#include <xmlsec/keys.h>

#define DSIG_NAMESPACE "http://www.w3.org/2000/09/xmldsig#"
#define XMLENC_NAMESPACE "http://www.w3.org/2001/04/xmlenc#"

static inline xmlNodePtr node_of(xmltree_node *node) { return (xmlNodePtr)node; }

bool is_named(xmlNodePtr node, const char *name, const char *name_space);
/// The first element among a node and its siblings.
xmlNodePtr element_from(xmlNodePtr node);
/// The only child element of that name; NULL when there is none or more than one.
xmlNodePtr only_child(xmlNodePtr parent, const char *name, const char *name_space);
/// Whether an attribute has one of the values, of a list that NULL ends.
bool attribute_is_one_of(xmlNodePtr node, const char *name, const char *const *values);
/// A private RSA key in PEM, without a passphrase; NULL for anything else. The caller destroys it.
xmlSecKeyPtr rsa_private_key(xmltree_bytes pem);

#endif
