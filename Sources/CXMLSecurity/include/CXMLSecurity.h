// XML documents from strangers, and XML signatures over them: the little of libxml2 and xmlsec that SAML needs.
//
// No function traps, prints or reaches the network, and whatever one allocates is freed by the function that its
// comment names. A document and its nodes belong to one thread at a time; different documents are independent.

#ifndef CXMLSECURITY_H
#define CXMLSECURITY_H

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

typedef struct xmlsecurity_document xmlsecurity_document;
typedef struct xmlsecurity_node xmlsecurity_node;
typedef struct xmlsecurity_attribute xmlsecurity_attribute;

/// Bytes that somebody else owns.
typedef struct {
    const unsigned char *_Nullable bytes;
    size_t count;
} xmlsecurity_bytes;

/// Makes the libraries ready, once in the life of the process, from whichever thread comes first.
/// False when they can't be: then nothing else here may be called.
bool xmlsecurity_start(void);

/// Parses UTF-8. NULL when it is not well-formed, has a document type declaration (so no entity is ever declared), is
/// nested more than 250 deep, or has more attributes than any honest document. Freed by `xmlsecurity_free_document`.
xmlsecurity_document *_Nullable xmlsecurity_parse(xmlsecurity_bytes text);
void xmlsecurity_free_document(xmlsecurity_document *document);

xmlsecurity_node *_Nullable xmlsecurity_root(xmlsecurity_document *document);
/// Elements only. The nodes live as long as their document.
xmlsecurity_node *_Nullable xmlsecurity_first_child(xmlsecurity_node *node);
xmlsecurity_node *_Nullable xmlsecurity_next_sibling(xmlsecurity_node *node);
const char *xmlsecurity_name(xmlsecurity_node *node);
/// Empty without a namespace.
const char *xmlsecurity_namespace(xmlsecurity_node *node);
/// All of the element's own text, what stands before and after comments joined: as a signature sees it. Freed by
/// `xmlsecurity_free_text`.
char *_Nullable xmlsecurity_text(xmlsecurity_node *node);
/// The value of an attribute without a namespace. Freed by `xmlsecurity_free_text`.
char *_Nullable xmlsecurity_attribute_value(xmlsecurity_node *node, const char *name);
void xmlsecurity_free_text(char *text);

/// What `xmlsecurity_verify` found.
typedef enum {
    /// The element has no signature of its own.
    xmlsecurity_unsigned,
    /// A signature over exactly this element, by the key of one of the certificates.
    xmlsecurity_verified,
    /// A signature that does not hold, is not over this element alone, or is of a form that is not accepted.
    xmlsecurity_refused,
} xmlsecurity_verdict;

/// Verifies the enveloped signature that is a child of `element`.
///
/// Only the given certificates (DER) are tried; keys in the message are not looked at. The signature has one
/// reference, to the `ID` of `element`, which no other element of the document has. RSA and ECDSA with SHA-2.
xmlsecurity_verdict xmlsecurity_verify(
    xmlsecurity_document *document, xmlsecurity_node *element, const xmlsecurity_bytes *_Nullable certificates,
    size_t certificate_count);

/// Decrypts the `EncryptedData` in `encrypted` with the first private key (PEM) that fits its `EncryptedKey`: AES in
/// GCM or CBC mode, its key wrapped by RSA-OAEP. NULL when none does. Freed by `xmlsecurity_free_text`; `count` is
/// its length.
char *_Nullable xmlsecurity_decrypt(
    xmlsecurity_node *encrypted, const xmlsecurity_bytes *_Nullable private_keys, size_t private_key_count,
    size_t *count);

/// Whether the bytes are a PEM private RSA key without a passphrase.
bool xmlsecurity_is_private_key(xmlsecurity_bytes pem);

/// Whether the bytes are a certificate (DER) of an elliptic curve's key, or of an RSA key of 1024 bits at least.
bool xmlsecurity_is_certificate(xmlsecurity_bytes der);

#pragma clang assume_nonnull end

#endif
