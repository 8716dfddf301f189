#include "CLDNS.h"

#include <ldns/ldns.h>

#include <stdlib.h>

struct dns_question {
    /// NULL: it can't be read.
    ldns_pkt *packet;
    uint16_t number;
    int code;
    char *name;
    uint16_t type;
};

/// Answers by UDP are no longer than packets that no network cuts.
enum { longest_datagram = 1232, usual_datagram = 512 };

/// What is asked, if it is one thing.
static int read_question(dns_question *question) {
    if (ldns_pkt_get_opcode(question->packet) != LDNS_PACKET_QUERY) return dns_not_built;
    const ldns_rr_list *asked = ldns_pkt_question(question->packet);
    if (asked == NULL || ldns_rr_list_rr_count(asked) != 1) return dns_format_error;
    const ldns_rr *one = ldns_rr_list_rr(asked, 0);
    if (one == NULL || ldns_rr_owner(one) == NULL) return dns_format_error;
    question->type = (uint16_t)ldns_rr_get_type(one);
    question->name = ldns_rdf2str(ldns_rr_owner(one));
    if (question->name == NULL) return dns_format_error;
    return ldns_rr_get_class(one) == LDNS_RR_CLASS_IN ? dns_no_error : dns_refused;
}

dns_question *dns_question_read(const unsigned char *bytes, size_t length) {
    // What answers is not answered: nobody can have two servers talk with each other.
    if (length < LDNS_HEADER_SIZE || LDNS_QR_WIRE(bytes)) return NULL;
    dns_question *question = calloc(1, sizeof *question);
    if (question == NULL) return NULL;
    question->number = LDNS_ID_WIRE(bytes);
    if (ldns_wire2pkt(&question->packet, bytes, length) == LDNS_STATUS_OK) {
        question->code = read_question(question);
    } else {
        question->packet = NULL;
        question->code = dns_format_error;
    }
    return question;
}

int dns_question_code(const dns_question *question) { return question->code; }
const char *dns_question_name(const dns_question *question) { return question->name; }
uint16_t dns_question_type(const dns_question *question) { return question->type; }

static bool push(ldns_pkt *reply, const ldns_rdf *owner, const dns_answer *answer) {
    ldns_rr *record = ldns_rr_new();
    ldns_rdf *name = ldns_rdf_clone(owner);
    ldns_rdf *value = answer->type == dns_a      ? ldns_rdf_new_frm_str(LDNS_RDF_TYPE_A, answer->value)
                      : answer->type == dns_aaaa ? ldns_rdf_new_frm_str(LDNS_RDF_TYPE_AAAA, answer->value)
                                                 : ldns_dname_new_frm_str(answer->value);
    if (record == NULL || name == NULL || value == NULL || !ldns_rr_push_rdf(record, value)) {
        ldns_rr_free(record);
        ldns_rdf_deep_free(name);
        ldns_rdf_deep_free(value);
        return false;
    }
    ldns_rr_set_owner(record, name);
    ldns_rr_set_type(record, (ldns_rr_type)answer->type);
    ldns_rr_set_class(record, LDNS_RR_CLASS_IN);
    ldns_rr_set_ttl(record, answer->lifetime);
    if (ldns_pkt_push_rr(reply, LDNS_SECTION_ANSWER, record)) return true;
    ldns_rr_free(record);
    return false;
}

static ldns_pkt *reply_to(const dns_question *question, int code) {
    ldns_pkt *reply = ldns_pkt_new();
    if (reply == NULL) return NULL;
    ldns_pkt_set_id(reply, question->number);
    ldns_pkt_set_qr(reply, true);
    ldns_pkt_set_ra(reply, true);
    ldns_pkt_set_rcode(reply, (uint8_t)code);
    if (question->packet == NULL) return reply;
    ldns_pkt_set_opcode(reply, ldns_pkt_get_opcode(question->packet));
    ldns_pkt_set_rd(reply, ldns_pkt_rd(question->packet));
    if (ldns_pkt_edns(question->packet)) ldns_pkt_set_edns_udp_size(reply, longest_datagram);
    if (question->name == NULL) return reply;
    ldns_rr *asked = ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(question->packet), 0));
    if (asked != NULL && ldns_pkt_push_rr(reply, LDNS_SECTION_QUESTION, asked)) return reply;
    ldns_rr_free(asked);
    ldns_pkt_free(reply);
    return NULL;
}

static unsigned char *written(
    const dns_question *question, int code, const dns_answer *answers, size_t count, bool is_cut, size_t *length) {
    ldns_pkt *reply = reply_to(question, code);
    if (reply == NULL) return NULL;
    ldns_pkt_set_tc(reply, is_cut);
    const ldns_rdf *owner =
        question->name == NULL ? NULL : ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(question->packet), 0));
    bool is_made = true;
    for (size_t i = 0; i < count && is_made; i++) is_made = owner != NULL && push(reply, owner, &answers[i]);
    uint8_t *bytes = NULL;
    if (is_made && ldns_pkt2wire(&bytes, reply, length) != LDNS_STATUS_OK) bytes = NULL;
    ldns_pkt_free(reply);
    return bytes;
}

unsigned char *dns_question_answer(
    const dns_question *question, int code, const dns_answer *answers, size_t count, bool is_datagram, size_t *length) {
    unsigned char *bytes = written(question, code, answers, count, false, length);
    if (bytes == NULL || !is_datagram) return bytes;
    size_t most = usual_datagram;
    if (question->packet != NULL && ldns_pkt_edns(question->packet)) {
        size_t wanted = ldns_pkt_edns_udp_size(question->packet);
        if (wanted > most) most = wanted < longest_datagram ? wanted : longest_datagram;
    }
    if (*length <= most) return bytes;
    free(bytes);
    // The rest is asked for by TCP.
    return written(question, code, NULL, 0, true, length);
}

void dns_question_free(dns_question *question) {
    ldns_pkt_free(question->packet);
    free(question->name);
    free(question);
}
