#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Archives (tar, zip; compressed by gzip, bzip2, xz, zstd), read by libarchive, which is loaded when it is first needed. Nothing is
// unpacked to files, and no other program is run.

// An archive that is being read.
typedef struct archive_reader archive_reader;

// What stands in an archive. The texts are there until the next one is read.
typedef struct {
    // NULL where its name can't be told.
    const char *_Nullable path;
    // Where a symbolic link leads; NULL for all else.
    const char *_Nullable link;
    // The name of the file before that this one is the same as; NULL for all else.
    const char *_Nullable same_as;
    // The bits of `st_mode` for the kind of file, and its permissions.
    uint32_t mode;
    // Less than 0: not known.
    int64_t size;
} archive_item;

// Opens a file for reading, from where it stands. The descriptor stays the caller's, and has to stay open.
// Returns NULL where that can't be; then `reason` says why.
archive_reader *_Nullable archive_reader_open_file(int descriptor, char *_Nonnull reason, size_t capacity);

// The same for bytes, which have to stay where they are.
archive_reader *_Nullable archive_reader_open_bytes(
    const void *_Nonnull bytes, size_t count, char *_Nonnull reason, size_t capacity);

// The same for an archive in an archive: at the item at which the outer one stands, and that must not be moved meanwhile.
archive_reader *_Nullable archive_reader_open_item(
    archive_reader *_Nonnull outer, char *_Nonnull reason, size_t capacity);

// Goes to the next item.
// Returns 1 for one, 0 at the end, -1 where the archive is damaged; then `reason` says how.
int archive_reader_next(
    archive_reader *_Nonnull reader, archive_item *_Nonnull item, char *_Nonnull reason, size_t capacity);

// Reads on in the item.
// Returns how many bytes were read, 0 at its end, -1 where it is damaged.
ssize_t archive_reader_read(archive_reader *_Nonnull reader, void *_Nonnull bytes, size_t count);

void archive_reader_close(archive_reader *_Nonnull reader);
