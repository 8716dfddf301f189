#include "internal.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include <limits.h>

unsigned char *signed_message(
    const revocation_issuer *signer, const unsigned char *content, size_t content_count, size_t *written) {
    if (content_count == 0 || content_count > INT_MAX) return NULL;
    // The content as it is; no certificate, and nothing about encryption.
    const int flags = PKCS7_BINARY | PKCS7_NOCERTS | PKCS7_NOSMIMECAP;
    library_issuer library = {0};
    bool is_read = read_issuer(signer, &library);
    BIO *bytes = BIO_new_mem_buf(content, (int)content_count);
    PKCS7 *message = is_read && bytes != NULL ? PKCS7_sign(NULL, NULL, NULL, bytes, flags | PKCS7_PARTIAL) : NULL;
    bool is_signed = message != NULL
        && PKCS7_sign_add_signer(message, library.certificate, library.key, library.hash, flags) != NULL
        && PKCS7_final(message, bytes, flags) == 1;
    unsigned char *der = NULL;
    int count = is_signed ? i2d_PKCS7(message, &der) : -1;
    PKCS7_free(message);
    BIO_free(bytes);
    free_issuer(&library);
    ERR_clear_error();
    if (count <= 0) return NULL;
    *written = (size_t)count;
    return der;
}
