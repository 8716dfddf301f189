#ifndef CCERTIFICATES_INTERNAL_H
#define CCERTIFICATES_INTERNAL_H

#include "CCertificates.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/// What an issuer is to the library.
typedef struct {
    X509 *certificate;
    EVP_PKEY *key;
    const EVP_MD *hash;
} library_issuer;

/// false: certificate or key can't be read. Either way it has to be freed.
bool read_issuer(const revocation_issuer *issuer, library_issuer *result);

void free_issuer(library_issuer *issuer);

X509 *read_certificate(const unsigned char *der, size_t count);

#endif
