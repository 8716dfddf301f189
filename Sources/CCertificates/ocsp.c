#include "internal.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include <limits.h>

static OCSP_REQUEST *request(const revocation_query *query) { return (OCSP_REQUEST *)(uintptr_t)query; }

revocation_query *revocation_read_query(const unsigned char *der, size_t count) {
    if (count > LONG_MAX) return NULL;
    const unsigned char *end = der;
    OCSP_REQUEST *result = d2i_OCSP_REQUEST(NULL, &end, (long)count);
    ERR_clear_error();
    return (revocation_query *)result;
}

void revocation_free_query(revocation_query *query) { OCSP_REQUEST_free((OCSP_REQUEST *)query); }

size_t revocation_query_count(const revocation_query *query) {
    int count = OCSP_request_onereq_count(request(query));
    return count > 0 ? (size_t)count : 0;
}

ptrdiff_t revocation_query_nonce_count(const revocation_query *query) {
    int place = OCSP_REQUEST_get_ext_by_NID(request(query), NID_id_pkix_OCSP_Nonce, -1);
    if (place < 0) return -1;
    X509_EXTENSION *nonce = OCSP_REQUEST_get_ext(request(query), place);
    const unsigned char *value = ASN1_STRING_get0_data(X509_EXTENSION_get_data(nonce));
    int count = ASN1_STRING_length(X509_EXTENSION_get_data(nonce));
    // It is an octet string within an octet string; some clients leave the inner one out.
    ASN1_OCTET_STRING *inner = d2i_ASN1_OCTET_STRING(NULL, &value, count);
    if (inner != NULL) count = ASN1_STRING_length(inner);
    ASN1_OCTET_STRING_free(inner);
    ERR_clear_error();
    return count;
}

static OCSP_CERTID *name_at(const revocation_query *query, size_t index) {
    if (index > INT_MAX) return NULL;
    OCSP_ONEREQ *one = OCSP_request_onereq_get0(request(query), (int)index);
    return one == NULL ? NULL : OCSP_onereq_get0_id(one);
}

static bool is_of(OCSP_CERTID *name, X509 *issuer) {
    ASN1_OBJECT *algorithm = NULL;
    ASN1_INTEGER *serial = NULL;
    if (OCSP_id_get0_info(NULL, &algorithm, NULL, &serial, name) != 1) return false;
    const EVP_MD *hash = EVP_get_digestbyobj(algorithm);
    if (hash == NULL) return false;
    OCSP_CERTID *own =
        OCSP_cert_id_new(hash, X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), serial);
    bool is_same = own != NULL && OCSP_id_issuer_cmp(own, name) == 0;
    OCSP_CERTID_free(own);
    return is_same;
}

static ptrdiff_t write_serial(OCSP_CERTID *name, X509 *issuer, unsigned char *output) {
    ASN1_INTEGER *serial = NULL;
    if (name == NULL || !is_of(name, issuer) || OCSP_id_get0_info(NULL, NULL, NULL, &serial, name) != 1) return -1;
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    ptrdiff_t written = -1;
    if (number != NULL && !BN_is_negative(number) && BN_num_bytes(number) <= REVOCATION_SERIAL_SIZE) {
        written = BN_bn2bin(number, output);
    }
    BN_free(number);
    return written;
}

bool revocation_query_serials(
    const revocation_query *query, const unsigned char *certificate, size_t certificate_count, unsigned char *output,
    ptrdiff_t *counts) {
    X509 *issuer = read_certificate(certificate, certificate_count);
    size_t count = issuer == NULL ? 0 : revocation_query_count(query);
    for (size_t index = 0; index < count; index++) {
        counts[index] = write_serial(name_at(query, index), issuer, output + index * REVOCATION_SERIAL_SIZE);
    }
    bool is_read = issuer != NULL;
    X509_free(issuer);
    ERR_clear_error();
    return is_read;
}

static bool add_status(
    OCSP_BASICRESP *answer, OCSP_CERTID *name, const revocation_status *given, ASN1_TIME *from, ASN1_TIME *to) {
    int state = given->state == revocation_good ? V_OCSP_CERTSTATUS_GOOD
        : given->state == revocation_revoked    ? V_OCSP_CERTSTATUS_REVOKED
                                                : V_OCSP_CERTSTATUS_UNKNOWN;
    ASN1_TIME *time = state == V_OCSP_CERTSTATUS_REVOKED ? ASN1_GENERALIZEDTIME_set(NULL, (time_t)given->time) : NULL;
    if (state == V_OCSP_CERTSTATUS_REVOKED && time == NULL) return false;
    // Without a reason none is written; OpenSSL's word for that is -1.
    int reason = given->reason == 0 ? OCSP_REVOKED_STATUS_NOSTATUS : given->reason;
    bool is_added = OCSP_basic_add1_status(answer, name, state, reason, time, from, to) != NULL;
    ASN1_TIME_free(time);
    return is_added;
}

unsigned char *revocation_answer(
    const revocation_query *query, const revocation_issuer *given, const revocation_status *statuses,
    size_t status_count, int64_t this_update, int64_t next_update, size_t *written) {
    library_issuer issuer;
    OCSP_BASICRESP *answer = OCSP_BASICRESP_new();
    ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, (time_t)this_update);
    ASN1_TIME *to = ASN1_GENERALIZEDTIME_set(NULL, (time_t)next_update);
    OCSP_RESPONSE *response = NULL;
    unsigned char *der = NULL;
    int count = -1;
    bool is_made = read_issuer(given, &issuer) && answer != NULL && from != NULL && to != NULL
        && status_count == revocation_query_count(query);
    for (size_t index = 0; is_made && index < status_count; index++) {
        OCSP_CERTID *name = name_at(query, index);
        is_made = name != NULL && add_status(answer, name, &statuses[index], from, to);
    }
    // It copies nothing, and says so with 2, where there is no nonce.
    is_made = is_made && OCSP_copy_nonce(answer, request(query)) > 0
        && OCSP_basic_sign(
               answer, issuer.certificate, issuer.key, issuer.hash, NULL, OCSP_NOCERTS | OCSP_RESPID_KEY)
            == 1;
    if (is_made) response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, answer);
    if (response != NULL) count = i2d_OCSP_RESPONSE(response, &der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(answer);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    free_issuer(&issuer);
    ERR_clear_error();
    if (count <= 0) return NULL;
    *written = (size_t)count;
    return der;
}

unsigned char *revocation_refusal(revocation_refusal_reason reason, size_t *written) {
    OCSP_RESPONSE *response = OCSP_response_create((int)reason, NULL);
    unsigned char *der = NULL;
    int count = response == NULL ? -1 : i2d_OCSP_RESPONSE(response, &der);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    if (count <= 0) return NULL;
    *written = (size_t)count;
    return der;
}
