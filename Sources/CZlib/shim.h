#include <zlib.h>

/// deflateInit2 is a macro, which Swift can't call: gzip.
static inline int zlib_begin_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
}

/// inflateInit2 is a macro, too: gzip.
static inline int zlib_begin_gunzip(z_stream *stream) {
    return inflateInit2(stream, MAX_WBITS + 16);
}

/// zlib's own form.
static inline int zlib_begin_inflate(z_stream *stream) {
    return inflateInit2(stream, MAX_WBITS);
}
