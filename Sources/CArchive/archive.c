#include "CArchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// <https://github.com/libarchive/libarchive/wiki/ManualPages>
static struct {
    struct archive *(*new)(void);
    int (*free)(struct archive *);
    const char *(*error)(struct archive *);
    int (*open_fd)(struct archive *, int, size_t);
    int (*open_memory)(struct archive *, const void *, size_t);
    int (*open)(
        struct archive *, void *, archive_open_callback *, archive_read_callback *, archive_close_callback *);
    int (*next)(struct archive *, struct archive_entry **);
    la_ssize_t (*read)(struct archive *, void *, size_t);
    const char *(*path)(struct archive_entry *);
    const char *(*path_utf8)(struct archive_entry *);
    const char *(*link)(struct archive_entry *);
    const char *(*link_utf8)(struct archive_entry *);
    const char *(*hard_link)(struct archive_entry *);
    const char *(*hard_link_utf8)(struct archive_entry *);
    __LA_MODE_T (*mode)(struct archive_entry *);
    la_int64_t (*size)(struct archive_entry *);
    int (*size_is_set)(struct archive_entry *);
    // One for each form and each compression; NULL for what this libarchive has not built in.
    int (*support[8])(struct archive *);
} library;

static const char *const supported[] = {
    "archive_read_support_format_tar", "archive_read_support_format_zip", "archive_read_support_format_empty",
    "archive_read_support_filter_gzip", "archive_read_support_filter_bzip2", "archive_read_support_filter_xz",
    "archive_read_support_filter_lzma", "archive_read_support_filter_zstd",
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256];
static bool is_loaded = false;

static bool find(void *handle, const char *name, void *place) {
    void *function = dlsym(handle, name);
    if (function == NULL) {
        snprintf(problem, sizeof problem, "libarchive lacks %s", name);
        return false;
    }
    memcpy(place, &function, sizeof function);
    return true;
}

static void load(void) {
    void *handle = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *error = dlerror();
        snprintf(
            problem, sizeof problem, "libarchive (Debian's libarchive13) can't be loaded: %s",
            error == NULL ? "it is not there" : error);
        return;
    }
    bool found = find(handle, "archive_read_new", &library.new) && find(handle, "archive_read_free", &library.free)
        && find(handle, "archive_error_string", &library.error)
        && find(handle, "archive_read_open_fd", &library.open_fd)
        && find(handle, "archive_read_open_memory", &library.open_memory)
        && find(handle, "archive_read_open", &library.open)
        && find(handle, "archive_read_next_header", &library.next)
        && find(handle, "archive_read_data", &library.read)
        && find(handle, "archive_entry_pathname", &library.path)
        && find(handle, "archive_entry_pathname_utf8", &library.path_utf8)
        && find(handle, "archive_entry_symlink", &library.link)
        && find(handle, "archive_entry_symlink_utf8", &library.link_utf8)
        && find(handle, "archive_entry_hardlink", &library.hard_link)
        && find(handle, "archive_entry_hardlink_utf8", &library.hard_link_utf8)
        && find(handle, "archive_entry_mode", &library.mode) && find(handle, "archive_entry_size", &library.size)
        && find(handle, "archive_entry_size_is_set", &library.size_is_set);
    for (size_t i = 0; found && i < sizeof supported / sizeof *supported; i++)
        found = find(handle, supported[i], &library.support[i]);
    is_loaded = found;
    struct archive *archive = found ? library.new() : NULL;
    if (archive == NULL) return;
    // What this libarchive can only do by another program is left out.
    for (size_t i = 0; i < sizeof supported / sizeof *supported; i++)
        if (library.support[i](archive) != ARCHIVE_OK) library.support[i] = NULL;
    library.free(archive);
}

struct archive_reader {
    struct archive *archive;
    // Of an archive in an archive.
    archive_reader *outer;
    uint8_t *buffer;
};

enum { block = 1 << 16 };

static void say(const archive_reader *reader, const char *otherwise, char *reason, size_t capacity) {
    const char *error = reader->archive == NULL ? NULL : library.error(reader->archive);
    snprintf(reason, capacity, "%s", error == NULL ? otherwise : error);
}

static archive_reader *make(char *reason, size_t capacity) {
    pthread_once(&once, load);
    if (!is_loaded) {
        snprintf(reason, capacity, "%s", problem);
        return NULL;
    }
    archive_reader *reader = calloc(1, sizeof *reader);
    if (reader != NULL) reader->archive = library.new();
    if (reader == NULL || reader->archive == NULL) {
        free(reader);
        snprintf(reason, capacity, "there is no memory");
        return NULL;
    }
    for (size_t i = 0; i < sizeof supported / sizeof *supported; i++)
        if (library.support[i] != NULL) library.support[i](reader->archive);
    return reader;
}

static archive_reader *opened(archive_reader *reader, int status, char *reason, size_t capacity) {
    if (status == ARCHIVE_OK || status == ARCHIVE_WARN) return reader;
    say(reader, "it is no archive", reason, capacity);
    archive_reader_close(reader);
    return NULL;
}

archive_reader *archive_reader_open_file(int descriptor, char *reason, size_t capacity) {
    archive_reader *reader = make(reason, capacity);
    if (reader == NULL) return NULL;
    return opened(reader, library.open_fd(reader->archive, descriptor, block), reason, capacity);
}

archive_reader *archive_reader_open_bytes(const void *bytes, size_t count, char *reason, size_t capacity) {
    archive_reader *reader = make(reason, capacity);
    if (reader == NULL) return NULL;
    return opened(reader, library.open_memory(reader->archive, bytes, count), reason, capacity);
}

static la_ssize_t read_outer(struct archive *archive, void *data, const void **bytes) {
    (void)archive;
    archive_reader *reader = data;
    *bytes = reader->buffer;
    la_ssize_t count = library.read(reader->outer->archive, reader->buffer, block);
    return count < 0 ? -1 : count;
}

archive_reader *archive_reader_open_item(archive_reader *outer, char *reason, size_t capacity) {
    archive_reader *reader = make(reason, capacity);
    if (reader == NULL) return NULL;
    reader->outer = outer;
    reader->buffer = malloc(block);
    if (reader->buffer == NULL) {
        archive_reader_close(reader);
        snprintf(reason, capacity, "there is no memory");
        return NULL;
    }
    return opened(reader, library.open(reader->archive, reader, NULL, read_outer, NULL), reason, capacity);
}

// Names in UTF-8, or as bytes where they are none: what the process's locale makes of them is no matter.
static const char *text(
    struct archive_entry *entry, const char *(*utf8)(struct archive_entry *),
    const char *(*bytes)(struct archive_entry *)) {
    const char *text = utf8(entry);
    return text != NULL ? text : bytes(entry);
}

int archive_reader_next(archive_reader *reader, archive_item *item, char *reason, size_t capacity) {
    struct archive_entry *entry = NULL;
    int status = library.next(reader->archive, &entry);
    if (status == ARCHIVE_EOF) return 0;
    if ((status != ARCHIVE_OK && status != ARCHIVE_WARN) || entry == NULL) {
        say(reader, "it is damaged", reason, capacity);
        return -1;
    }
    item->path = text(entry, library.path_utf8, library.path);
    item->mode = library.mode(entry);
    item->link = (item->mode & AE_IFMT) == AE_IFLNK ? text(entry, library.link_utf8, library.link) : NULL;
    item->same_as = text(entry, library.hard_link_utf8, library.hard_link);
    item->size = library.size_is_set(entry) ? library.size(entry) : -1;
    return 1;
}

ssize_t archive_reader_read(archive_reader *reader, void *bytes, size_t count) {
    la_ssize_t result = library.read(reader->archive, bytes, count);
    return result < 0 ? -1 : result;
}

void archive_reader_close(archive_reader *reader) {
    if (reader->archive != NULL) library.free(reader->archive);
    free(reader->buffer);
    free(reader);
}
