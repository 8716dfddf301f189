// CBOR (RFC 8949), data item by data item: the little of libcbor's streaming decoder and of its encoder that Wire needs.
//
// No function allocates. What a text claims of lengths is never believed: strings lie within the text as a whole, and of
// arrays and maps only the announced count is reported.

#ifndef CCBOR_H
#define CCBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef enum {
    /// The text ends within the item.
    ccbor_end,
    /// A reserved head, or a simple value that has no meaning.
    ccbor_malformed,
    /// `number`.
    ccbor_unsigned,
    /// -1 - `number`.
    ccbor_negative,
    /// `bytes` and `count`, which lie within the text.
    ccbor_bytes,
    ccbor_string,
    /// Pieces follow, up to a `ccbor_break`.
    ccbor_bytes_start,
    ccbor_string_start,
    /// `number` elements follow.
    ccbor_array,
    /// Elements follow, up to a `ccbor_break`.
    ccbor_array_start,
    /// `number` pairs follow.
    ccbor_map,
    /// Pairs follow, up to a `ccbor_break`.
    ccbor_map_start,
    /// `number`; what is tagged follows.
    ccbor_tag,
    /// `real`, of half, single or double precision.
    ccbor_real,
    /// `number` is 0 or 1.
    ccbor_boolean,
    ccbor_null,
    ccbor_undefined,
    ccbor_break,
} ccbor_kind;

/// The head of a data item; for all but arrays, maps, tags and strings in pieces the whole item.
typedef struct {
    ccbor_kind kind;
    uint64_t number;
    double real;
    const unsigned char *_Nullable bytes;
    size_t count;
    /// How many bytes of the text it takes; 0 at the end and for what is malformed.
    size_t length;
} ccbor_item;

/// The item that a text begins with.
ccbor_item ccbor_next(const unsigned char *_Nullable text, size_t count);

/// The longest head.
#define CCBOR_HEAD_SIZE 9

/// Writes the head of an item, for `ccbor_bytes` and `ccbor_string` with the length as `number`; the bytes come after it.
/// Returns the number of bytes written to `head`, which has room for `CCBOR_HEAD_SIZE`; 0 for kinds that have no head to write.
size_t ccbor_write_head(ccbor_kind kind, uint64_t number, unsigned char *head);

/// Writes a floating-point number in single or double precision, like `ccbor_write_head`.
size_t ccbor_write_real(double real, bool is_single, unsigned char *head);

#pragma clang assume_nonnull end

#endif
