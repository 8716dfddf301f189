#include "internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <limits.h>
#include <string.h>

static ASN1_INTEGER *integer(const unsigned char *bytes, size_t count) {
    if (count > INT_MAX) return NULL;
    BIGNUM *number = BN_bin2bn(bytes, (int)count, NULL);
    ASN1_INTEGER *result = number == NULL ? NULL : BN_to_ASN1_INTEGER(number, NULL);
    BN_free(number);
    return result;
}

static bool add_reason(X509_REVOKED *entry, int reason) {
    if (reason == 0) return true;
    ASN1_ENUMERATED *code = ASN1_ENUMERATED_new();
    bool is_added = code != NULL && ASN1_ENUMERATED_set(code, reason) == 1
        && X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, code, 0, 0) == 1;
    ASN1_ENUMERATED_free(code);
    return is_added;
}

static bool add_entry(X509_CRL *list, const revocation_entry *given) {
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = integer(given->serial, given->serial_count);
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)given->time);
    bool is_made = entry != NULL && serial != NULL && time != NULL && X509_REVOKED_set_serialNumber(entry, serial) == 1
        && X509_REVOKED_set_revocationDate(entry, time) == 1 && add_reason(entry, given->reason)
        && X509_CRL_add0_revoked(list, entry) == 1;
    if (!is_made) X509_REVOKED_free(entry);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(time);
    return is_made;
}

static bool add_key_identifier(X509_CRL *list, X509 *issuer) {
    const ASN1_OCTET_STRING *identifier = X509_get0_subject_key_id(issuer);
    if (identifier == NULL) return true;
    AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
    if (authority == NULL) return false;
    authority->keyid = ASN1_OCTET_STRING_dup(identifier);
    bool is_added =
        authority->keyid != NULL && X509_CRL_add1_ext_i2d(list, NID_authority_key_identifier, authority, 0, 0) == 1;
    AUTHORITY_KEYID_free(authority);
    return is_added;
}

static bool add_number(X509_CRL *list, uint64_t number) {
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    bool is_added = value != NULL && ASN1_INTEGER_set_uint64(value, number) == 1
        && X509_CRL_add1_ext_i2d(list, NID_crl_number, value, 0, 0) == 1;
    ASN1_INTEGER_free(value);
    return is_added;
}

static GENERAL_NAME *address(const char *text) {
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();
    if (name == NULL || string == NULL || ASN1_STRING_set(string, text, -1) != 1) {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(string);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, GEN_URI, string);
    return name;
}

static bool add_point(X509_CRL *list, const char *text) {
    if (text == NULL) return true;
    ISSUING_DIST_POINT *point = ISSUING_DIST_POINT_new();
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = address(text);
    bool is_made = point != NULL && names != NULL && name != NULL && (point->distpoint = DIST_POINT_NAME_new()) != NULL
        && sk_GENERAL_NAME_push(names, name) > 0;
    if (!is_made) {
        GENERAL_NAME_free(name);
        GENERAL_NAMES_free(names);
        ISSUING_DIST_POINT_free(point);
        return false;
    }
    point->distpoint->type = 0;
    point->distpoint->name.fullname = names;
    bool is_added = X509_CRL_add1_ext_i2d(list, NID_issuing_distribution_point, point, 1, 0) == 1;
    ISSUING_DIST_POINT_free(point);
    return is_added;
}

static bool set_times(X509_CRL *list, int64_t this_update, int64_t next_update) {
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)this_update);
    ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)next_update);
    bool is_set = from != NULL && to != NULL && X509_CRL_set1_lastUpdate(list, from) == 1
        && X509_CRL_set1_nextUpdate(list, to) == 1;
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    return is_set;
}

unsigned char *revocation_list(
    const revocation_issuer *given, int64_t this_update, int64_t next_update, uint64_t number,
    const revocation_entry *entries, size_t entry_count, const char *point, size_t *written) {
    library_issuer issuer;
    X509_CRL *list = NULL;
    unsigned char *der = NULL;
    int count = -1;
    bool is_made = read_issuer(given, &issuer) && (list = X509_CRL_new()) != NULL
        && X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1
        && X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer.certificate)) == 1
        && set_times(list, this_update, next_update);
    for (size_t index = 0; is_made && index < entry_count; index++) is_made = add_entry(list, &entries[index]);
    is_made = is_made && add_key_identifier(list, issuer.certificate) && add_number(list, number)
        && add_point(list, point) && X509_CRL_sort(list) == 1 && X509_CRL_sign(list, issuer.key, issuer.hash) > 0;
    if (is_made) count = i2d_X509_CRL(list, &der);
    X509_CRL_free(list);
    free_issuer(&issuer);
    ERR_clear_error();
    if (count <= 0) return NULL;
    *written = (size_t)count;
    return der;
}
