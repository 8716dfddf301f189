#include "internal.h"

#include <libxml/parser.h>
#include <pthread.h>
#include <string.h>
#include <xmlsec/app.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/templates.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

// MARK: - Starting

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_started = false;

static void start(void) {
    xmlInitParser();
    if (xmlSecInit() < 0 || xmlSecCheckVersion() != 1) return;
    if (xmlSecCryptoAppInit(NULL) < 0 || xmlSecCryptoInit() < 0) return;
    xmlSecErrorsDefaultCallbackEnableOutput(0);
    is_started = true;
}

bool xmlsecurity_start(void) {
    return pthread_once(&once, start) == 0 && is_started;
}

// MARK: - What is accepted

// No SHA-1, no MD5, no HMAC (whose "key" could be a public certificate), no XPath, no XSLT.
static const char *const canonicalizations[] = {
    "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", NULL,
};
static const char *const reference_transforms[] = {
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", NULL,
};
static const char *const digests[] = {
    "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512", NULL,
};
static const char *const signature_methods[] = {
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    NULL,
};

/// An id that means the same in a URI fragment and in an XPointer: a name of ASCII letters, digits, `_`, `-` and `.`.
static bool is_plain_id(const xmlChar *id) {
    size_t length = strlen((const char *)id);
    return length > 0 && length <= 256
        && strspn((const char *)id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") == length;
}

/// How many attributes that might pass for an id, whatever their namespace and case, have a value.
static size_t count_ids(xmlDocPtr tree, const xmlChar *id) {
    size_t count = 0;
    xmlNodePtr node = xmlDocGetRootElement(tree);
    while (node != NULL) {
        if (node->type == XML_ELEMENT_NODE) {
            for (xmlAttrPtr attribute = node->properties; attribute != NULL; attribute = attribute->next) {
                if (xmlStrcasecmp(attribute->name, BAD_CAST "id") != 0) continue;
                xmlChar *value = xmlNodeListGetString(tree, attribute->children, 1);
                if (value != NULL && xmlStrEqual(value, id)) count++;
                xmlFree(value);
            }
        }
        if (node->type == XML_ELEMENT_NODE && node->children != NULL) {
            node = node->children;
            continue;
        }
        while (node != NULL && node->next == NULL) node = node->parent == (xmlNodePtr)tree ? NULL : node->parent;
        if (node != NULL) node = node->next;
    }
    return count;
}

/// Makes the element's `ID` the one that `#…` finds; false when that would not be this element alone.
static bool register_id(xmlDocPtr tree, xmlNodePtr element, const xmlChar *id) {
    if (!is_plain_id(id) || count_ids(tree, id) != 1) return false;
    xmlAttrPtr attribute = xmlHasProp(element, BAD_CAST "ID");
    if (attribute == NULL || attribute->ns != NULL) return false;
    xmlAttrPtr known = xmlGetID(tree, id);
    return known == NULL ? xmlAddID(NULL, tree, id, attribute) != NULL : known == attribute;
}

/// Exclusive canonicalization may be told to look for more namespaces at every element.
static bool has_short_prefix_list(xmlNodePtr transform) {
    for (xmlNodePtr child = element_from(transform->children); child != NULL; child = element_from(child->next)) {
        xmlChar *prefixes = xmlGetNoNsProp(child, BAD_CAST "PrefixList");
        bool is_short = prefixes == NULL || xmlStrlen(prefixes) <= 256;
        xmlFree(prefixes);
        if (!is_short) return false;
    }
    return true;
}

/// Whether a signature is of the one form that is accepted: it signs the element with that id and nothing else.
static bool is_acceptable(xmlNodePtr signature, const xmlChar *id) {
    for (xmlNodePtr child = element_from(signature->children); child != NULL; child = element_from(child->next)) {
        if (!is_named(child, "SignedInfo", DSIG_NAMESPACE) && !is_named(child, "SignatureValue", DSIG_NAMESPACE)
            && !is_named(child, "KeyInfo", DSIG_NAMESPACE)) {
            return false;
        }
    }
    xmlNodePtr info = only_child(signature, "SignedInfo", DSIG_NAMESPACE);
    if (info == NULL || only_child(signature, "SignatureValue", DSIG_NAMESPACE) == NULL) return false;
    xmlNodePtr canonicalization = only_child(info, "CanonicalizationMethod", DSIG_NAMESPACE);
    xmlNodePtr method = only_child(info, "SignatureMethod", DSIG_NAMESPACE);
    xmlNodePtr reference = only_child(info, "Reference", DSIG_NAMESPACE);
    if (canonicalization == NULL || method == NULL || reference == NULL) return false;
    if (!attribute_is_one_of(canonicalization, "Algorithm", canonicalizations)
        || !attribute_is_one_of(method, "Algorithm", signature_methods) || !has_short_prefix_list(canonicalization)) {
        return false;
    }

    xmlChar *uri = xmlGetNoNsProp(reference, BAD_CAST "URI");
    bool is_this = uri != NULL && uri[0] == '#' && xmlStrEqual(uri + 1, id);
    xmlFree(uri);
    if (!is_this) return false;
    xmlNodePtr digest = only_child(reference, "DigestMethod", DSIG_NAMESPACE);
    if (digest == NULL || !attribute_is_one_of(digest, "Algorithm", digests)) return false;
    xmlNodePtr transforms = only_child(reference, "Transforms", DSIG_NAMESPACE);
    if (transforms == NULL) return false;
    size_t count = 0;
    for (xmlNodePtr child = element_from(transforms->children); child != NULL; child = element_from(child->next)) {
        if (!is_named(child, "Transform", DSIG_NAMESPACE) || ++count > 2
            || !attribute_is_one_of(child, "Algorithm", reference_transforms) || !has_short_prefix_list(child)) {
            return false;
        }
    }
    return count > 0;
}

// Canonicalization looks for each namespace in scope at each element, again and again.
static const size_t most_namespaces_in_scope = 64;

static size_t namespaces_of(xmlNodePtr element) {
    size_t count = 0;
    for (xmlNsPtr ns = element->nsDef; ns != NULL; ns = ns->next) count++;
    return count;
}

/// Whether few namespaces are in scope at every element of a tree, those of its ancestors included.
static bool has_few_namespaces(xmlNodePtr top) {
    size_t in_scope = 0;
    for (xmlNodePtr node = top->parent; node != NULL && node->type == XML_ELEMENT_NODE; node = node->parent) {
        in_scope += namespaces_of(node);
    }
    xmlNodePtr node = top;
    for (;;) {
        in_scope += namespaces_of(node);
        if (in_scope > most_namespaces_in_scope) return false;
        xmlNodePtr next = element_from(node->children);
        while (next == NULL) {
            in_scope -= namespaces_of(node);
            if (node == top) return true;
            next = element_from(node->next);
            if (next == NULL) node = node->parent;
        }
        node = next;
    }
}

// MARK: - Verifying

/// - is_hopeless: set when no other key could do, since what is signed has another digest.
static bool is_signed_by(xmlNodePtr signature, xmltree_bytes certificate, bool *is_hopeless) {
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    if (context == NULL) return false;
    // With its key given, the context does not look at KeyInfo; without a keys manager it could find none there.
    context->signKey = xmlSecCryptoAppKeyLoadMemory(
        certificate.bytes, (xmlSecSize)certificate.count, xmlSecKeyDataFormatCertDer, NULL, NULL, NULL);
    context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    bool is_valid = context->signKey != NULL && xmlSecDSigCtxVerify(context, signature) >= 0
        && context->status == xmlSecDSigStatusSucceeded
        && xmlSecPtrListGetSize(&context->signedInfoReferences) == 1
        && xmlSecPtrListGetSize(&context->manifestReferences) == 0;
    xmlSecDSigReferenceCtxPtr reference = xmlSecPtrListGetItem(&context->signedInfoReferences, 0);
    *is_hopeless = reference != NULL && reference->status != xmlSecDSigStatusSucceeded;
    xmlSecDSigCtxDestroy(context);
    return is_valid;
}

xmlsecurity_verdict xmlsecurity_verify(
    xmltree_document *document, xmltree_node *element, const xmltree_bytes *certificates,
    size_t certificate_count
) {
    xmltree_be_quiet();
    xmlNodePtr signed_element = node_of(element);
    xmlNodePtr signature = NULL;
    for (xmlNodePtr child = signed_element->children; child != NULL; child = child->next) {
        if (!is_named(child, "Signature", DSIG_NAMESPACE)) continue;
        if (signature != NULL) return xmlsecurity_refused;
        signature = child;
    }
    if (signature == NULL) return xmlsecurity_unsigned;

    xmlChar *id = xmlGetNoNsProp(signed_element, BAD_CAST "ID");
    bool is_good = id != NULL && register_id((xmlDocPtr)document, signed_element, id) && is_acceptable(signature, id)
        && has_few_namespaces(signed_element);
    xmlFree(id);
    if (!is_good) return xmlsecurity_refused;
    bool is_hopeless = false;
    for (size_t i = 0; i < certificate_count && !is_hopeless; i++) {
        if (is_signed_by(signature, certificates[i], &is_hopeless)) return xmlsecurity_verified;
    }
    return xmlsecurity_refused;
}

// MARK: - Signing

/// A signature that is yet to be made, over the element with that id; NULL without memory.
static xmlNodePtr signature_template(xmlDocPtr tree, const xmlChar *id) {
    xmlNodePtr signature = xmlSecTmplSignatureCreate(tree, xmlSecTransformExclC14NId, xmlSecTransformRsaSha256Id, NULL);
    if (signature == NULL) return NULL;
    xmlChar *uri = xmlStrncatNew(BAD_CAST "#", id, -1);
    xmlNodePtr reference = xmlSecTmplSignatureAddReference(signature, xmlSecTransformSha256Id, NULL, uri, NULL);
    xmlFree(uri);
    if (reference == NULL || xmlSecTmplReferenceAddTransform(reference, xmlSecTransformEnvelopedId) == NULL
        || xmlSecTmplReferenceAddTransform(reference, xmlSecTransformExclC14NId) == NULL) {
        xmlFreeNode(signature);
        return NULL;
    }
    return signature;
}

char *xmlsecurity_sign(xmltree_document *document, xmltree_bytes private_key, size_t *count) {
    xmltree_be_quiet();
    xmlDocPtr tree = (xmlDocPtr)document;
    xmlNodePtr root = xmlDocGetRootElement(tree);
    xmlNodePtr first = root == NULL ? NULL : element_from(root->children);
    if (first == NULL) return NULL;
    xmlChar *id = xmlGetNoNsProp(root, BAD_CAST "ID");
    xmlNodePtr signature = id != NULL && register_id(tree, root, id) ? signature_template(tree, id) : NULL;
    xmlFree(id);
    if (signature == NULL) return NULL;
    // From here on it belongs to the document.
    xmlAddNextSibling(first, signature);
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    if (context == NULL) return NULL;
    context->signKey = rsa_private_key(private_key);
    bool is_signed = context->signKey != NULL && xmlSecDSigCtxSign(context, signature) >= 0
        && context->status == xmlSecDSigStatusSucceeded;
    xmlSecDSigCtxDestroy(context);
    if (!is_signed) return NULL;
    xmlChar *text = NULL;
    int length = 0;
    xmlDocDumpMemoryEnc(tree, &text, &length, "UTF-8");
    if (text == NULL || length < 0) return NULL;
    *count = (size_t)length;
    return (char *)text;
}

bool xmlsecurity_is_certificate(xmltree_bytes der) {
    if (der.count == 0 || der.count > 100000) return false;
    xmlSecKeyPtr key = xmlSecCryptoAppKeyLoadMemory(
        der.bytes, (xmlSecSize)der.count, xmlSecKeyDataFormatCertDer, NULL, NULL, NULL);
    if (key == NULL) return false;
    xmlSecKeyDataPtr value = xmlSecKeyGetValue(key);
    bool is_good = xmlSecKeyDataCheckId(value, xmlSecKeyDataEcdsaId)
        || (xmlSecKeyDataCheckId(value, xmlSecKeyDataRsaId) && xmlSecKeyDataGetSize(value) >= 1024);
    xmlSecKeyDestroy(key);
    return is_good;
}
