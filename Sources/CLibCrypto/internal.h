#ifndef CLIBCRYPTO_INTERNAL_H
#define CLIBCRYPTO_INTERNAL_H

#include "CLibCrypto.h"

#include <openssl/evp.h>

/// A key of the library's; its functions take no pointers to constants, but change nothing that is seen from outside.
static inline EVP_PKEY *library_key(const libcrypto_key *key) { return (EVP_PKEY *)(uintptr_t)key; }
static inline libcrypto_key *own_key(EVP_PKEY *key) { return (libcrypto_key *)key; }

/// A hash, looked up once in the life of the process; NULL when the library does not have it.
const EVP_MD *library_hash(libcrypto_hash hash);

/// What the library calls a hash.
const char *hash_name(libcrypto_hash hash);

#endif
