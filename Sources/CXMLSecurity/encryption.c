#include "internal.h"

#include <limits.h>
#include <string.h>
#include <xmlsec/app.h>
#include <xmlsec/buffer.h>
#include <xmlsec/crypto.h>
#include <xmlsec/keys.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmlenc.h>
#include <xmlsec/xmlsec.h>

static const char *const data_algorithms[] = {
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",    "http://www.w3.org/2009/xmlenc11#aes192-gcm",
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",    "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
    "http://www.w3.org/2001/04/xmlenc#aes192-cbc",   "http://www.w3.org/2001/04/xmlenc#aes256-cbc", NULL,
};
// RSA with PKCS #1 v1.5 padding is not accepted: an answer that tells good padding from bad gives the key away.
static const char *const key_algorithms[] = {
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", NULL,
};

/// The value is in the message itself, not somewhere that would have to be fetched.
static bool is_acceptable(xmlNodePtr encrypted, const char *const *algorithms) {
    xmlNodePtr method = only_child(encrypted, "EncryptionMethod", XMLENC_NAMESPACE);
    xmlNodePtr data = only_child(encrypted, "CipherData", XMLENC_NAMESPACE);
    if (method == NULL || data == NULL || !attribute_is_one_of(method, "Algorithm", algorithms)) return false;
    xmlNodePtr value = element_from(data->children);
    return value != NULL && is_named(value, "CipherValue", XMLENC_NAMESPACE) && element_from(value->next) == NULL;
}

/// Decrypts an element with a key, which it takes over. The result is the context's own.
static xmlSecEncCtxPtr decrypt(xmlNodePtr encrypted, xmlSecKeyPtr key, xmlEncCtxMode mode) {
    if (key == NULL) return NULL;
    xmlSecEncCtxPtr context = xmlSecEncCtxCreate(NULL);
    if (context == NULL) {
        xmlSecKeyDestroy(key);
        return NULL;
    }
    context->encKey = key;
    context->mode = mode;
    xmlSecBufferPtr result = xmlSecEncCtxDecryptToBuffer(context, encrypted);
    if (result == NULL || xmlSecBufferGetData(result) == NULL) {
        xmlSecEncCtxDestroy(context);
        return NULL;
    }
    return context;
}

xmlSecKeyPtr rsa_private_key(xmltree_bytes pem) {
    if (pem.count == 0 || pem.count > INT_MAX) return NULL;
    // The empty passphrase keeps OpenSSL from asking for one at the terminal.
    xmlSecKeyPtr key = xmlSecCryptoAppKeyLoadMemory(
        pem.bytes, (xmlSecSize)pem.count, xmlSecKeyDataFormatPem, "", NULL, NULL);
    if (key == NULL) return NULL;
    if ((xmlSecKeyGetType(key) & xmlSecKeyDataTypePrivate) == 0
        || !xmlSecKeyDataCheckId(xmlSecKeyGetValue(key), xmlSecKeyDataRsaId)) {
        xmlSecKeyDestroy(key);
        return NULL;
    }
    return key;
}

bool xmlsecurity_is_private_key(xmltree_bytes pem) {
    xmlSecKeyPtr key = rsa_private_key(pem);
    if (key == NULL) return false;
    xmlSecKeyDestroy(key);
    return true;
}

char *xmlsecurity_decrypt(
    xmltree_node *encrypted, const xmltree_bytes *private_keys, size_t private_key_count, size_t *count
) {
    xmltree_be_quiet();
    *count = 0;
    xmlNodePtr data = only_child(node_of(encrypted), "EncryptedData", XMLENC_NAMESPACE);
    if (data == NULL || !is_acceptable(data, data_algorithms)) return NULL;
    // SAML core 2.3.4 leaves the wrapped key in the data's KeyInfo, or beside the data.
    xmlNodePtr info = only_child(data, "KeyInfo", DSIG_NAMESPACE);
    xmlNodePtr wrapped = info == NULL ? NULL : only_child(info, "EncryptedKey", XMLENC_NAMESPACE);
    if (wrapped == NULL) wrapped = only_child(node_of(encrypted), "EncryptedKey", XMLENC_NAMESPACE);
    if (wrapped == NULL || !is_acceptable(wrapped, key_algorithms)) return NULL;

    for (size_t i = 0; i < private_key_count; i++) {
        xmlSecEncCtxPtr unwrapped = decrypt(wrapped, rsa_private_key(private_keys[i]), xmlEncCtxModeEncryptedKey);
        if (unwrapped == NULL) continue;
        xmlSecSize key_size = xmlSecBufferGetSize(unwrapped->result);
        xmlSecKeyPtr key = NULL;
        if (key_size == 16 || key_size == 24 || key_size == 32) {
            key = xmlSecKeyReadMemory(xmlSecKeyDataAesId, xmlSecBufferGetData(unwrapped->result), key_size);
        }
        xmlSecEncCtxDestroy(unwrapped);
        xmlSecEncCtxPtr plain = decrypt(data, key, xmlEncCtxModeEncryptedData);
        if (plain == NULL) continue;
        size_t size = xmlSecBufferGetSize(plain->result);
        char *text = xmlMalloc(size + 1);
        if (text != NULL) {
            memcpy(text, xmlSecBufferGetData(plain->result), size);
            text[size] = 0;
            *count = size;
        }
        xmlSecEncCtxDestroy(plain);
        return text;
    }
    return NULL;
}
