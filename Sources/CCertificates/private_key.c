#include "CCertificates.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <limits.h>

/// How often the passphrase is hashed: what OWASP recommends for PBKDF2 with SHA-256.
static const int iterations = 600000;

unsigned char *private_key_encrypt(
    const unsigned char *key, size_t key_count, const char *passphrase, size_t passphrase_count, size_t *written) {
    if (key_count > LONG_MAX || passphrase_count > INT_MAX) return NULL;
    const unsigned char *end = key;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &end, (long)key_count);
    X509_SIG *sealed = info == NULL
        ? NULL
        : PKCS8_encrypt(-1, EVP_aes_256_cbc(), passphrase, (int)passphrase_count, NULL, 0, iterations, info);
    unsigned char *der = NULL;
    int count = sealed == NULL ? -1 : i2d_X509_SIG(sealed, &der);
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    if (count <= 0) return NULL;
    *written = (size_t)count;
    return der;
}
