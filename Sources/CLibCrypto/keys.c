#include "internal.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <limits.h>
#include <string.h>

/// The curve of a kind as the library calls it; NULL for other keys.
static const char *curve_name(libcrypto_kind kind) {
    switch (kind) {
    case libcrypto_p256: return SN_X9_62_prime256v1;
    case libcrypto_p384: return SN_secp384r1;
    case libcrypto_p521: return SN_secp521r1;
    case libcrypto_secp256k1: return SN_secp256k1;
    default: return NULL;
    }
}

/// The size of a kind's modulus; 0 for keys that are not RSA keys.
static int modulus_bits(libcrypto_kind kind) {
    switch (kind) {
    case libcrypto_rsa_2048: return 2048;
    case libcrypto_rsa_3072: return 3072;
    case libcrypto_rsa_4096: return 4096;
    default: return 0;
    }
}

libcrypto_key *libcrypto_generate(libcrypto_kind kind) {
    EVP_PKEY *key = NULL;
    if (modulus_bits(kind) != 0) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)modulus_bits(kind));
    } else if (curve_name(kind) != NULL) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve_name(kind));
    } else {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    }
    ERR_clear_error();
    return own_key(key);
}

static bool is_of_kind(EVP_PKEY *key, libcrypto_kind kind) {
    if (modulus_bits(kind) != 0) {
        return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == modulus_bits(kind);
    }
    if (curve_name(kind) == NULL) return EVP_PKEY_is_a(key, "ED25519");

    char name[64];
    int is_explicit = 0;
    if (!EVP_PKEY_is_a(key, "EC")
        || EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, NULL) != 1
        || strcmp(name, curve_name(kind)) != 0) {
        return false;
    }
    // A curve is named. One that is spelt out may be made to look like another (CVE-2020-0601).
    return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) != 1
        || is_explicit == 0;
}

/// Whether the private and the public key are sound and belong together. An Ed25519 key's public key is always computed.
static bool is_sound(EVP_PKEY *key, libcrypto_kind kind) {
    if (kind == libcrypto_ed25519) return true;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool is_sound = context != NULL && EVP_PKEY_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return is_sound;
}

libcrypto_key *libcrypto_read_private(libcrypto_kind kind, const unsigned char *der, size_t count, bool is_checked) {
    if (count == 0 || count > LONG_MAX) return NULL;
    const unsigned char *end = der;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &end, (long)count);
    EVP_PKEY *key = info == NULL || end != der + count ? NULL : EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    if (key != NULL && (!is_of_kind(key, kind) || (is_checked && !is_sound(key, kind)))) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_clear_error();
    return own_key(key);
}

libcrypto_key *libcrypto_read_public(libcrypto_kind kind, const unsigned char *der, size_t count) {
    if (count == 0 || count > LONG_MAX) return NULL;
    const unsigned char *end = der;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &end, (long)count);
    if (key != NULL && (end != der + count || !is_of_kind(key, kind))) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_clear_error();
    return own_key(key);
}

void libcrypto_free(libcrypto_key *key) { EVP_PKEY_free(library_key(key)); }

ptrdiff_t libcrypto_write_private(const libcrypto_key *key, unsigned char *output, size_t capacity) {
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(library_key(key));
    int count = info == NULL ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    bool is_written = count > 0 && (size_t)count <= capacity && i2d_PKCS8_PRIV_KEY_INFO(info, &output) == count;
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return is_written ? count : -1;
}

ptrdiff_t libcrypto_write_public(const libcrypto_key *key, unsigned char *output, size_t capacity) {
    int count = i2d_PUBKEY(library_key(key), NULL);
    bool is_written = count > 0 && (size_t)count <= capacity && i2d_PUBKEY(library_key(key), &output) == count;
    ERR_clear_error();
    return is_written ? count : -1;
}
