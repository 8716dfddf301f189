#include "internal.h"

#include <openssl/err.h>

#include <limits.h>

// A list is the library's own X509_CRL, which it looks things up in under a lock.

revocation_known_list *revocation_read_list(const unsigned char *der, size_t count) {
    if (count > LONG_MAX) return NULL;
    const unsigned char *place = der;
    X509_CRL *list = d2i_X509_CRL(NULL, &place, (long)count);
    if (list != NULL && place != der + count) {
        X509_CRL_free(list);
        list = NULL;
    }
    ERR_clear_error();
    return (revocation_known_list *)list;
}

void revocation_free_list(revocation_known_list *list) { X509_CRL_free((X509_CRL *)list); }

bool revocation_list_is_by(revocation_known_list *given, const unsigned char *certificate, size_t count) {
    X509_CRL *list = (X509_CRL *)given;
    X509 *issuer = read_certificate(certificate, count);
    EVP_PKEY *key = issuer == NULL ? NULL : X509_get0_pubkey(issuer);
    bool is_by = key != NULL && X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) == 0
        && X509_CRL_verify(list, key) == 1;
    X509_free(issuer);
    ERR_clear_error();
    return is_by;
}

int64_t revocation_list_next_update(const revocation_known_list *given) {
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate((const X509_CRL *)given);
    ASN1_TIME *zero = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    bool is_known = next != NULL && zero != NULL && ASN1_TIME_diff(&days, &seconds, zero, next) == 1;
    ASN1_TIME_free(zero);
    ERR_clear_error();
    return is_known ? (int64_t)days * 86400 + seconds : 0;
}

bool revocation_list_has(revocation_known_list *given, const unsigned char *certificate, size_t count) {
    X509_CRL *list = (X509_CRL *)given;
    X509 *read = read_certificate(certificate, count);
    X509_REVOKED *entry = NULL;
    bool is_found = read != NULL && X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_issuer_name(read)) == 0
        && X509_CRL_get0_by_cert(list, &entry, read) == 1;
    X509_free(read);
    ERR_clear_error();
    return is_found;
}
