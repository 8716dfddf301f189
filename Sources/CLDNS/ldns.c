#include "CLDNS.h"

#include <ldns/ldns.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    uint16_t type;
    char *name;
    unsigned char *value;
    size_t length;
} record;

struct dns_records {
    record *all;
    size_t count;
};

// A zone has at most so many records here: more are no zone that was meant.
static const size_t most_records = 1000000;

static bool is_wanted(uint16_t type) {
    return type == dns_a || type == dns_cname || type == dns_txt || type == dns_aaaa || type == dns_caa;
}

/// The bytes behind the length of a character string.
static bool append(unsigned char *bytes, size_t *length, size_t capacity, const unsigned char *more, size_t count) {
    if (*length + count > capacity) return false;
    if (count == 0) return true;
    memcpy(bytes + *length, more, count);
    *length += count;
    return true;
}

static bool fill(record *to, const ldns_rr *from) {
    to->type = (uint16_t)ldns_rr_get_type(from);
    size_t fields = ldns_rr_rd_count(from);
    if (to->type == dns_txt) {
        size_t capacity = 0;
        for (size_t i = 0; i < fields; i++) capacity += ldns_rdf_size(ldns_rr_rdf(from, i));
        to->value = malloc(capacity + 1);
        if (to->value == NULL) return false;
        for (size_t i = 0; i < fields; i++) {
            const ldns_rdf *field = ldns_rr_rdf(from, i);
            size_t size = ldns_rdf_size(field);
            if (size == 0) continue;
            if (!append(to->value, &to->length, capacity, ldns_rdf_data(field) + 1, size - 1)) return false;
        }
    } else if (to->type == dns_caa) {
        if (fields != 3) return false;
        const ldns_rdf *flags = ldns_rr_rdf(from, 0), *property = ldns_rr_rdf(from, 1), *value = ldns_rr_rdf(from, 2);
        if (ldns_rdf_size(flags) != 1 || ldns_rdf_size(property) < 1) return false;
        size_t capacity = 3 + ldns_rdf_size(property) + ldns_rdf_size(value);
        to->value = malloc(capacity);
        if (to->value == NULL) return false;
        static const unsigned char end = 0;
        if (!append(to->value, &to->length, capacity, ldns_rdf_data(flags), 1) ||
            !append(to->value, &to->length, capacity, ldns_rdf_data(property) + 1, ldns_rdf_size(property) - 1) ||
            !append(to->value, &to->length, capacity, &end, 1) ||
            !append(to->value, &to->length, capacity, ldns_rdf_data(value), ldns_rdf_size(value)) ||
            !append(to->value, &to->length, capacity, &end, 1))
            return false;
    } else {
        if (fields != 1) return false;
        to->value = (unsigned char *)ldns_rdf2str(ldns_rr_rdf(from, 0));
        if (to->value == NULL) return false;
        to->length = strlen((char *)to->value);
    }
    to->name = ldns_rdf2str(ldns_rr_owner(from));
    return to->name != NULL;
}

static dns_records *taken(const ldns_rr_list *list) {
    size_t count = list == NULL ? 0 : ldns_rr_list_rr_count(list);
    dns_records *records = calloc(1, sizeof *records);
    if (records == NULL || count > most_records) {
        free(records);
        return NULL;
    }
    records->all = calloc(count + 1, sizeof *records->all);
    if (records->all == NULL) {
        free(records);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const ldns_rr *one = ldns_rr_list_rr(list, i);
        if (!is_wanted((uint16_t)ldns_rr_get_type(one)) || ldns_rr_get_class(one) != LDNS_RR_CLASS_IN) continue;
        records->count++;
        if (!fill(&records->all[records->count - 1], one)) {
            dns_free(records);
            return NULL;
        }
    }
    return records;
}

dns_records *dns_read_zone(const char *path, char *reason, size_t capacity) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        snprintf(reason, capacity, "%s", "it can't be opened");
        return NULL;
    }
    // Of a folder ldns would go on reading for ever.
    struct stat state;
    if (fstat(fileno(file), &state) != 0 || !S_ISREG(state.st_mode)) {
        fclose(file);
        snprintf(reason, capacity, "%s", "it is no file");
        return NULL;
    }
    ldns_zone *zone = NULL;
    int line = 0;
    ldns_status status = ldns_zone_new_frm_fp_l(&zone, file, NULL, 3600, LDNS_RR_CLASS_IN, &line);
    fclose(file);
    if (status != LDNS_STATUS_OK) {
        snprintf(reason, capacity, "line %d: %s", line, ldns_get_errorstr_by_id(status));
        return NULL;
    }
    dns_records *records = taken(ldns_zone_rrs(zone));
    ldns_zone_deep_free(zone);
    if (records == NULL) snprintf(reason, capacity, "%s", "it has a record that can't be read, or too many");
    return records;
}

static ldns_resolver *resolver(const char *address, uint16_t port, long seconds) {
    ldns_resolver *resolver = ldns_resolver_new();
    if (resolver == NULL) return NULL;
    ldns_rdf *server = strchr(address, ':') == NULL ? ldns_rdf_new_frm_str(LDNS_RDF_TYPE_A, address)
                                                    : ldns_rdf_new_frm_str(LDNS_RDF_TYPE_AAAA, address);
    if (server == NULL || ldns_resolver_push_nameserver(resolver, server) != LDNS_STATUS_OK) {
        ldns_rdf_deep_free(server);
        ldns_resolver_deep_free(resolver);
        return NULL;
    }
    ldns_rdf_deep_free(server);
    struct timeval timeout = {.tv_sec = seconds, .tv_usec = 0};
    ldns_resolver_set_port(resolver, port);
    ldns_resolver_set_timeout(resolver, timeout);
    ldns_resolver_set_retry(resolver, 2);
    ldns_resolver_set_retrans(resolver, 0);
    ldns_resolver_set_fail(resolver, false);
    ldns_resolver_set_recursive(resolver, true);
    ldns_resolver_set_defnames(resolver, false);
    ldns_resolver_set_dnsrch(resolver, false);
    ldns_resolver_set_edns_udp_size(resolver, 1232);
    return resolver;
}

/// Whether an answer is one to the question, and not somebody else's guess.
static bool is_answer(const ldns_pkt *answer, const ldns_pkt *question) {
    if (!ldns_pkt_qr(answer) || ldns_pkt_id(answer) != ldns_pkt_id(question)) return false;
    const ldns_rr_list *asked = ldns_pkt_question(question), *answered = ldns_pkt_question(answer);
    if (ldns_rr_list_rr_count(asked) != 1 || ldns_rr_list_rr_count(answered) != 1) return false;
    const ldns_rr *one = ldns_rr_list_rr(asked, 0), *other = ldns_rr_list_rr(answered, 0);
    return ldns_rr_get_type(one) == ldns_rr_get_type(other) &&
           ldns_dname_compare(ldns_rr_owner(one), ldns_rr_owner(other)) == 0;
}

dns_records *dns_ask(
    const char *address, uint16_t port, const char *name, uint16_t type, long seconds, int *code, char *reason,
    size_t capacity) {
    dns_records *records = NULL;
    ldns_pkt *question = NULL, *answer = NULL;
    ldns_rdf *owner = ldns_dname_new_frm_str(name);
    ldns_resolver *server = resolver(address, port, seconds);
    if (owner == NULL || server == NULL) {
        snprintf(reason, capacity, "%s", owner == NULL ? "it is no name" : "the server's address can't be used");
    } else if (ldns_resolver_prepare_query_pkt(
                   &question, server, owner, (ldns_rr_type)type, LDNS_RR_CLASS_IN, LDNS_RD) != LDNS_STATUS_OK) {
        snprintf(reason, capacity, "%s", "the question can't be written");
    } else {
        ldns_status status = ldns_resolver_send_pkt(&answer, server, question);
        if (status != LDNS_STATUS_OK || answer == NULL) {
            snprintf(reason, capacity, "%s", status == LDNS_STATUS_OK ? "no answer" : ldns_get_errorstr_by_id(status));
        } else if (!is_answer(answer, question)) {
            snprintf(reason, capacity, "%s", "the answer is to another question");
        } else if (ldns_pkt_tc(answer)) {
            snprintf(reason, capacity, "%s", "the answer is cut off");
        } else {
            *code = (int)ldns_pkt_get_rcode(answer);
            records = taken(ldns_pkt_answer(answer));
            if (records == NULL) snprintf(reason, capacity, "%s", "the answer has a record that can't be read");
        }
    }
    ldns_rdf_deep_free(owner);
    ldns_pkt_free(question);
    ldns_pkt_free(answer);
    if (server != NULL) ldns_resolver_deep_free(server);
    return records;
}

/// A record without a value, of a class that tells what is to be done with all of a name's (RFC 2136, section 2.5.3).
static ldns_rr *removal(const char *name) {
    ldns_rr *one = ldns_rr_new();
    ldns_rdf *owner = ldns_dname_new_frm_str(name);
    if (one == NULL || owner == NULL) {
        ldns_rr_free(one);
        ldns_rdf_deep_free(owner);
        return NULL;
    }
    ldns_rr_set_owner(one, owner);
    ldns_rr_set_type(one, LDNS_RR_TYPE_CNAME);
    ldns_rr_set_class(one, LDNS_RR_CLASS_ANY);
    ldns_rr_set_ttl(one, 0);
    return one;
}

static ldns_rr *alias(const char *name, const char *target, uint32_t lifetime) {
    ldns_rr *one = ldns_rr_new();
    ldns_rdf *owner = ldns_dname_new_frm_str(name), *value = ldns_dname_new_frm_str(target);
    if (one == NULL || owner == NULL || value == NULL || !ldns_rr_push_rdf(one, value)) {
        ldns_rr_free(one);
        ldns_rdf_deep_free(owner);
        ldns_rdf_deep_free(value);
        return NULL;
    }
    ldns_rr_set_owner(one, owner);
    ldns_rr_set_type(one, LDNS_RR_TYPE_CNAME);
    ldns_rr_set_class(one, LDNS_RR_CLASS_IN);
    ldns_rr_set_ttl(one, lifetime);
    return one;
}

bool dns_update(
    const char *address, uint16_t port, const char *zone, const char *name, const char *target, uint32_t lifetime,
    const dns_key *key, long seconds, int *code, char *reason, size_t capacity) {
    bool is_done = false;
    ldns_pkt *answer = NULL, *update = NULL;
    ldns_resolver *server = resolver(address, port, seconds);
    ldns_rdf *owner = ldns_dname_new_frm_str(zone);
    ldns_rr_list *changes = ldns_rr_list_new();
    bool is_written = server != NULL && owner != NULL && changes != NULL;
    ldns_rr *one = is_written ? removal(name) : NULL;
    is_written = one != NULL && ldns_rr_list_push_rr(changes, one);
    if (is_written && target != NULL) {
        one = alias(name, target, lifetime);
        is_written = one != NULL && ldns_rr_list_push_rr(changes, one);
    }
    if (is_written) {
        // The packet takes the zone's name, and copies of the changes.
        update = ldns_update_pkt_new(owner, LDNS_RR_CLASS_IN, NULL, changes, NULL);
        if (update != NULL) owner = NULL;
        is_written = update != NULL;
    }
    // Before it is signed: that is signed, too.
    if (is_written) ldns_pkt_set_random_id(update);
    if (is_written && key != NULL) {
        ldns_tsig_credentials credentials = {
            .algorithm = (char *)key->algorithm, .keyname = (char *)key->name, .keydata = (char *)key->secret};
        ldns_resolver_set_tsig_algorithm(server, credentials.algorithm);
        ldns_resolver_set_tsig_keyname(server, credentials.keyname);
        ldns_resolver_set_tsig_keydata(server, credentials.keydata);
        is_written = ldns_update_pkt_tsig_add(update, server) == LDNS_STATUS_OK;
    }
    if (!is_written) {
        snprintf(reason, capacity, "%s", "the update can't be written");
    } else {
        ldns_status status = ldns_resolver_send_pkt(&answer, server, update);
        if (status != LDNS_STATUS_OK || answer == NULL) {
            snprintf(reason, capacity, "%s", status == LDNS_STATUS_OK ? "no answer" : ldns_get_errorstr_by_id(status));
        } else {
            *code = (int)ldns_pkt_get_rcode(answer);
            is_done = true;
        }
    }
    ldns_rdf_deep_free(owner);
    if (changes != NULL) ldns_rr_list_deep_free(changes);
    ldns_pkt_free(update);
    ldns_pkt_free(answer);
    if (server != NULL) ldns_resolver_deep_free(server);
    return is_done;
}

size_t dns_count(const dns_records *records) { return records->count; }
uint16_t dns_type(const dns_records *records, size_t index) { return records->all[index].type; }
const char *dns_name(const dns_records *records, size_t index) { return records->all[index].name; }

const unsigned char *dns_value(const dns_records *records, size_t index, size_t *length) {
    *length = records->all[index].length;
    return records->all[index].value;
}

void dns_free(dns_records *records) {
    for (size_t i = 0; i < records->count; i++) {
        free(records->all[i].name);
        free(records->all[i].value);
    }
    free(records->all);
    free(records);
}
