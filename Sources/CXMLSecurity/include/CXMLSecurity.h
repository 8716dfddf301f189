// XML signatures and encryption in documents of CXMLTree: the little of xmlsec that SAML needs.
//
// No function traps, prints or reaches the network, and whatever one allocates is freed by the function that its
// comment names.

#ifndef CXMLSECURITY_H
#define CXMLSECURITY_H

#include "CXMLTree.h"

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

/// Makes the libraries ready, once in the life of the process, from whichever thread comes first.
/// False when they can't be: then nothing else here may be called.
bool xmlsecurity_start(void);

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
    xmltree_document *document, xmltree_node *element, const xmltree_bytes *_Nullable certificates,
    size_t certificate_count);

/// Puts an enveloped signature behind the first child of the root element, over the root element by its `ID`: RSA with SHA-256 by
/// a private key (PEM), exclusive canonicalization. Returns the document's text in UTF-8, which `xmltree_free_text` frees; `count`
/// is its length. NULL when the key is none, or the root has no `ID` of its own.
char *_Nullable xmlsecurity_sign(xmltree_document *document, xmltree_bytes private_key, size_t *count);

/// Decrypts the `EncryptedData` in `encrypted` with the first private key (PEM) that fits its `EncryptedKey`: AES in
/// GCM or CBC mode, its key wrapped by RSA-OAEP. NULL when none does. Freed by `xmltree_free_text`; `count` is
/// its length.
char *_Nullable xmlsecurity_decrypt(
    xmltree_node *encrypted, const xmltree_bytes *_Nullable private_keys, size_t private_key_count,
    size_t *count);

/// Whether the bytes are a PEM private RSA key without a passphrase.
bool xmlsecurity_is_private_key(xmltree_bytes pem);

/// Whether the bytes are a certificate (DER) of an elliptic curve's key, or of an RSA key of 1024 bits at least.
bool xmlsecurity_is_certificate(xmltree_bytes der);

#pragma clang assume_nonnull end

#endif
