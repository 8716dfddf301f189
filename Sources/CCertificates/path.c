#include "internal.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <limits.h>

static STACK_OF(X509) *read_certificates(const unsigned char *ders, size_t count) {
    if (count > LONG_MAX) return NULL;
    STACK_OF(X509) *all = sk_X509_new_null();
    const unsigned char *place = ders;
    const unsigned char *end = ders + count;
    while (all != NULL && place < end) {
        X509 *one = d2i_X509(NULL, &place, (long)(end - place));
        if (one == NULL || sk_X509_push(all, one) <= 0) {
            X509_free(one);
            sk_X509_pop_free(all, X509_free);
            return NULL;
        }
    }
    return all;
}

bool certificate_path_is_valid(const unsigned char *certificates, size_t count, int64_t time) {
    STACK_OF(X509) *path = read_certificates(certificates, count);
    int length = path == NULL ? 0 : sk_X509_num(path);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool is_valid = false;
    if (length > 0 && store != NULL && context != NULL
        && X509_STORE_add_cert(store, sk_X509_value(path, length - 1)) == 1
        && X509_STORE_CTX_init(context, store, sk_X509_value(path, 0), path) == 1) {
        X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_time(rules, (time_t)time);
        // The common name of an authority is no host's.
        X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        is_valid = X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_pop_free(path, X509_free);
    ERR_clear_error();
    return is_valid;
}

bool certificate_is_signed_by(
    const unsigned char *certificate_der, size_t certificate_count, const unsigned char *authority_der,
    size_t authority_count) {
    X509 *certificate = read_certificate(certificate_der, certificate_count);
    X509 *authority = read_certificate(authority_der, authority_count);
    EVP_PKEY *key = authority == NULL ? NULL : X509_get0_pubkey(authority);
    bool is_signed = certificate != NULL && key != NULL
        && X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(authority)) == 0
        && X509_verify(certificate, key) == 1;
    X509_free(certificate);
    X509_free(authority);
    ERR_clear_error();
    return is_signed;
}

static bool names_host(X509 *certificate) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool is_found = false;
    for (int index = 0; index < sk_GENERAL_NAME_num(names); index++) {
        is_found = is_found || sk_GENERAL_NAME_value(names, index)->type == GEN_DNS;
    }
    GENERAL_NAMES_free(names);
    return is_found;
}

static bool is_within(X509 *certificate, NAME_CONSTRAINTS *constraints) {
    // This reads the extensions: without, the check would find no alternative names.
    if (X509_check_purpose(certificate, -1, 0) != 1) return false;
    if (NAME_CONSTRAINTS_check(certificate, constraints) != X509_V_OK) return false;
    // Where nothing else does, the common name says which host it is, but for an authority.
    return X509_check_ca(certificate) != 0 || names_host(certificate)
        || NAME_CONSTRAINTS_check_CN(certificate, constraints) == X509_V_OK;
}

bool certificate_is_permitted(
    const unsigned char *certificate_der, size_t certificate_count, const unsigned char *authority_der,
    size_t authority_count) {
    X509 *certificate = read_certificate(certificate_der, certificate_count);
    X509 *authority = read_certificate(authority_der, authority_count);
    bool is_permitted = false;
    if (certificate != NULL && authority != NULL) {
        int critical = 0;
        NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(authority, NID_name_constraints, &critical, NULL);
        // -1: there are none. Without either they can't be read, or are there twice.
        is_permitted = constraints == NULL ? critical == -1 : is_within(certificate, constraints);
        NAME_CONSTRAINTS_free(constraints);
    }
    X509_free(certificate);
    X509_free(authority);
    ERR_clear_error();
    return is_permitted;
}

static bool are_known(STACK_OF(GENERAL_SUBTREE) *trees) {
    for (int index = 0; index < sk_GENERAL_SUBTREE_num(trees); index++) {
        switch (sk_GENERAL_SUBTREE_value(trees, index)->base->type) {
        case GEN_DIRNAME:
        case GEN_DNS:
        case GEN_EMAIL:
        case GEN_IPADD:
        case GEN_URI: break;
        default: return false;
        }
    }
    return true;
}

bool certificate_has_known_constraints(const unsigned char *der, size_t count) {
    X509 *certificate = read_certificate(der, count);
    bool is_known = false;
    if (certificate != NULL) {
        int critical = 0;
        NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(certificate, NID_name_constraints, &critical, NULL);
        is_known = constraints == NULL
            ? critical == -1
            : are_known(constraints->permittedSubtrees) && are_known(constraints->excludedSubtrees);
        NAME_CONSTRAINTS_free(constraints);
    }
    X509_free(certificate);
    ERR_clear_error();
    return is_known;
}
