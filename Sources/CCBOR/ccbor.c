#include "CCBOR.h"

#include <cbor/callbacks.h>
#include <cbor/encoding.h>
#include <cbor/streaming.h>

// MARK: - Reading

static void set(void *item, ccbor_kind kind, uint64_t number) {
    ((ccbor_item *)item)->kind = kind;
    ((ccbor_item *)item)->number = number;
}

static void read_uint8(void *item, uint8_t number) { set(item, ccbor_unsigned, number); }
static void read_uint16(void *item, uint16_t number) { set(item, ccbor_unsigned, number); }
static void read_uint32(void *item, uint32_t number) { set(item, ccbor_unsigned, number); }
static void read_uint64(void *item, uint64_t number) { set(item, ccbor_unsigned, number); }
static void read_negint8(void *item, uint8_t number) { set(item, ccbor_negative, number); }
static void read_negint16(void *item, uint16_t number) { set(item, ccbor_negative, number); }
static void read_negint32(void *item, uint32_t number) { set(item, ccbor_negative, number); }
static void read_negint64(void *item, uint64_t number) { set(item, ccbor_negative, number); }

static void read_slice(void *item, ccbor_kind kind, const unsigned char *bytes, size_t count) {
    set(item, kind, 0);
    ((ccbor_item *)item)->bytes = bytes;
    ((ccbor_item *)item)->count = count;
}

// The lengths' type has changed between libcbor's versions: size_t, later uint64_t.
#if CBOR_MAJOR_VERSION > 0 || CBOR_MINOR_VERSION >= 10
typedef uint64_t length;
#else
typedef size_t length;
#endif

static void read_bytes(void *item, cbor_data bytes, length count) { read_slice(item, ccbor_bytes, bytes, count); }
static void read_string(void *item, cbor_data bytes, length count) { read_slice(item, ccbor_string, bytes, count); }
static void read_bytes_start(void *item) { set(item, ccbor_bytes_start, 0); }
static void read_string_start(void *item) { set(item, ccbor_string_start, 0); }
static void read_array(void *item, length count) { set(item, ccbor_array, count); }
static void read_array_start(void *item) { set(item, ccbor_array_start, 0); }
static void read_map(void *item, length count) { set(item, ccbor_map, count); }
static void read_map_start(void *item) { set(item, ccbor_map_start, 0); }
static void read_tag(void *item, uint64_t tag) { set(item, ccbor_tag, tag); }

static void read_double(void *item, double real) {
    set(item, ccbor_real, 0);
    ((ccbor_item *)item)->real = real;
}

static void read_float(void *item, float real) { read_double(item, real); }
static void read_boolean(void *item, bool boolean) { set(item, ccbor_boolean, boolean); }
static void read_null(void *item) { set(item, ccbor_null, 0); }
static void read_undefined(void *item) { set(item, ccbor_undefined, 0); }
static void read_break(void *item) { set(item, ccbor_break, 0); }

static const struct cbor_callbacks callbacks = {
    .uint8 = read_uint8,
    .uint16 = read_uint16,
    .uint32 = read_uint32,
    .uint64 = read_uint64,
    .negint8 = read_negint8,
    .negint16 = read_negint16,
    .negint32 = read_negint32,
    .negint64 = read_negint64,
    .byte_string = read_bytes,
    .byte_string_start = read_bytes_start,
    .string = read_string,
    .string_start = read_string_start,
    .array_start = read_array,
    .indef_array_start = read_array_start,
    .map_start = read_map,
    .indef_map_start = read_map_start,
    .tag = read_tag,
    .float2 = read_float,
    .float4 = read_float,
    .float8 = read_double,
    .boolean = read_boolean,
    .null = read_null,
    .undefined = read_undefined,
    .indef_break = read_break,
};

ccbor_item ccbor_next(const unsigned char *text, size_t count) {
    ccbor_item item = {.kind = ccbor_malformed};
    if (text == NULL || count == 0) {
        item.kind = ccbor_end;
        return item;
    }
    struct cbor_decoder_result result = cbor_stream_decode(text, count, &callbacks, &item);
    switch (result.status) {
    case CBOR_DECODER_FINISHED:
        item.length = result.read;
        return item;
    case CBOR_DECODER_NEDATA:
        return (ccbor_item){.kind = ccbor_end};
    default:
        return (ccbor_item){.kind = ccbor_malformed};
    }
}

// MARK: - Writing

size_t ccbor_write_head(ccbor_kind kind, uint64_t number, unsigned char *head) {
    switch (kind) {
    case ccbor_unsigned: return cbor_encode_uint(number, head, CCBOR_HEAD_SIZE);
    case ccbor_negative: return cbor_encode_negint(number, head, CCBOR_HEAD_SIZE);
    case ccbor_bytes: return cbor_encode_bytestring_start(number, head, CCBOR_HEAD_SIZE);
    case ccbor_string: return cbor_encode_string_start(number, head, CCBOR_HEAD_SIZE);
    case ccbor_array: return cbor_encode_array_start(number, head, CCBOR_HEAD_SIZE);
    case ccbor_map: return cbor_encode_map_start(number, head, CCBOR_HEAD_SIZE);
    case ccbor_tag: return cbor_encode_tag(number, head, CCBOR_HEAD_SIZE);
    case ccbor_boolean: return cbor_encode_bool(number != 0, head, CCBOR_HEAD_SIZE);
    case ccbor_null: return cbor_encode_null(head, CCBOR_HEAD_SIZE);
    default: return 0;
    }
}

size_t ccbor_write_real(double real, bool is_single, unsigned char *head) {
    return is_single ? cbor_encode_single((float)real, head, CCBOR_HEAD_SIZE)
                     : cbor_encode_double(real, head, CCBOR_HEAD_SIZE);
}
