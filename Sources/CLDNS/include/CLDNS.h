// Records of domain names, as ldns reads them (https://nlnetlabs.nl/projects/ldns/): from zone files, and from name servers.
//
// No function prints. All may run on several threads at the same time.

#ifndef CLDNS_H
#define CLDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The numbers of RFC 1035 and RFC 8659.
enum { dns_a = 1, dns_cname = 5, dns_ptr = 12, dns_txt = 16, dns_aaaa = 28, dns_caa = 257 };

typedef struct dns_records dns_records;

/// All records of the kinds above in a zone file (RFC 1035, section 5). NULL: it can't be read, and then `reason`, of `capacity`
/// bytes, says why.
dns_records *_Nullable dns_read_zone(const char *path, char *reason, size_t capacity);

/// Asks a name server, by UDP and, where the answer is too long for that, by TCP. It blocks for `seconds` at most, twice.
/// `code` is that of the answer: 0 for one with or without records, 3 where there is no such name. NULL: there was no answer,
/// and then `reason`, of `capacity` bytes, says why.
dns_records *_Nullable dns_ask(
    const char *address, uint16_t port, const char *name, uint16_t type, long seconds, int *code, char *reason,
    size_t capacity);

/// How a dynamic update is signed (RFC 8945).
typedef struct {
    /// `key.example.com.`
    const char *name;
    /// `hmac-sha256.`
    const char *algorithm;
    /// Base64.
    const char *secret;
} dns_key;

/// Puts a CNAME record into a zone of a server's in the place of what the name has (RFC 2136), or takes it away without a
/// `target`. `code` is that of the answer. False: there was no answer, and then `reason`, of `capacity` bytes, says why.
bool dns_update(
    const char *address, uint16_t port, const char *zone, const char *name, const char *_Nullable target, uint32_t lifetime,
    const dns_key *_Nullable key, long seconds, int *code, char *reason, size_t capacity);

/// What somebody asks a name server, as it came.
typedef struct dns_question dns_question;

/// The code of an answer: what the server says besides records.
enum { dns_no_error = 0, dns_format_error = 1, dns_no_such_name = 3, dns_not_built = 4, dns_refused = 5 };

/// A record of an answer. It belongs to the name that was asked for.
typedef struct {
    /// `dns_a`, `dns_aaaa` or `dns_ptr`.
    uint16_t type;
    /// In seconds.
    uint32_t lifetime;
    /// An address, or a name with a full stop at the end, as text.
    const char *value;
} dns_answer;

/// Reads a packet. NULL: it asks nothing, so that nothing is to be answered.
dns_question *_Nullable dns_question_read(const unsigned char *bytes, size_t length);
/// What is to be answered whatever is there: it can't be read, or is no plain question for names of the internet. `dns_no_error`: it is one.
int dns_question_code(const dns_question *question);
/// The name that is asked for, as text, with a full stop at the end; NULL: there is none.
const char *_Nullable dns_question_name(const dns_question *question);
uint16_t dns_question_type(const dns_question *question);
/// The packet that answers; by UDP no longer than whoever asks takes. It is to be freed. NULL: it can't be written.
unsigned char *_Nullable dns_question_answer(
    const dns_question *question, int code, const dns_answer *_Nullable answers, size_t count, bool is_datagram,
    size_t *length);
void dns_question_free(dns_question *question);

size_t dns_count(const dns_records *records);
uint16_t dns_type(const dns_records *records, size_t index);
/// The name that a record belongs to, as it is written, with a full stop at the end.
const char *dns_name(const dns_records *records, size_t index);
/// A record's value: the target of a CNAME and an address as text; of a TXT record the bytes of all its strings; of a CAA record the
/// byte of its flags, and its property and value, each of which ends with a zero.
const unsigned char *dns_value(const dns_records *records, size_t index, size_t *length);
void dns_free(dns_records *records);

#pragma clang assume_nonnull end

#endif
