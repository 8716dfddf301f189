#include "CMaxMind.h"

#include <dlfcn.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// <https://maxmind.github.io/libmaxminddb/>
static struct {
    int (*open)(const char *, uint32_t, MMDB_s *);
    MMDB_lookup_result_s (*lookup)(const MMDB_s *, const struct sockaddr *, int *);
    int (*value)(MMDB_entry_s *, MMDB_entry_data_s *, const char *const *);
    const char *(*error)(int);
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256];
static bool is_loaded = false;

static void load(void) {
    void *handle = dlopen("libmaxminddb.so.0", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *error = dlerror();
        snprintf(
            problem, sizeof problem, "libmaxminddb (Debian's libmaxminddb0) can't be loaded: %s",
            error == NULL ? "it is not there" : error);
        return;
    }
    library.open = (int (*)(const char *, uint32_t, MMDB_s *))dlsym(handle, "MMDB_open");
    library.lookup = (MMDB_lookup_result_s (*)(const MMDB_s *, const struct sockaddr *, int *))dlsym(
        handle, "MMDB_lookup_sockaddr");
    library.value = (int (*)(MMDB_entry_s *, MMDB_entry_data_s *, const char *const *))dlsym(handle, "MMDB_aget_value");
    library.error = (const char *(*)(int))dlsym(handle, "MMDB_strerror");
    is_loaded = library.open != NULL && library.lookup != NULL && library.value != NULL && library.error != NULL;
    if (!is_loaded) snprintf(problem, sizeof problem, "libmaxminddb lacks functions that are needed");
}

struct places_file {
    MMDB_s database;
};

places_file *places_open(const char *path, char *reason, size_t capacity) {
    pthread_once(&once, load);
    if (!is_loaded) {
        snprintf(reason, capacity, "%s", problem);
        return NULL;
    }
    places_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        snprintf(reason, capacity, "there is no memory");
        return NULL;
    }
    int status = library.open(path, MMDB_MODE_MMAP, &file->database);
    if (status != MMDB_SUCCESS) {
        snprintf(reason, capacity, "%s", library.error(status));
        free(file);
        return NULL;
    }
    return file;
}

static bool look_up(const places_file *file, const uint8_t *address, size_t length, MMDB_entry_s *entry) {
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    const struct sockaddr *place;
    if (length == sizeof four.sin_addr) {
        memcpy(&four.sin_addr, address, length);
        place = (const struct sockaddr *)&four;
    } else if (length == sizeof six.sin6_addr) {
        memcpy(&six.sin6_addr, address, length);
        place = (const struct sockaddr *)&six;
    } else {
        return false;
    }
    int status = MMDB_SUCCESS;
    MMDB_lookup_result_s result = library.lookup(&file->database, place, &status);
    if (status != MMDB_SUCCESS || !result.found_entry) return false;
    *entry = result.entry;
    return true;
}

// A text of at most `capacity - 1` bytes; longer ones are none.
static bool text(MMDB_entry_s *entry, const char *const *path, char *result, size_t capacity) {
    MMDB_entry_data_s data;
    if (library.value(entry, &data, path) != MMDB_SUCCESS || !data.has_data) return false;
    if (data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size == 0 || data.data_size >= capacity) return false;
    memcpy(result, data.utf8_string, data.data_size);
    result[data.data_size] = 0;
    return true;
}

bool places_country(
    const places_file *file, const uint8_t *address, size_t length, char country[3], char region[4]) {
    static const char *const country_path[] = {"country", "iso_code", NULL};
    static const char *const region_path[] = {"subdivisions", "0", "iso_code", NULL};
    country[0] = region[0] = 0;
    MMDB_entry_s entry;
    if (!look_up(file, address, length, &entry)) return false;
    if (!text(&entry, country_path, country, 3)) {
        country[0] = 0;
        return false;
    }
    if (!text(&entry, region_path, region, 4)) region[0] = 0;
    return true;
}

uint32_t places_system(const places_file *file, const uint8_t *address, size_t length) {
    static const char *const path[] = {"autonomous_system_number", NULL};
    MMDB_entry_s entry;
    MMDB_entry_data_s data;
    if (!look_up(file, address, length, &entry)) return 0;
    if (library.value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data) return 0;
    switch (data.type) {
    case MMDB_DATA_TYPE_UINT32: return data.uint32;
    case MMDB_DATA_TYPE_UINT16: return data.uint16;
    default: return 0;
    }
}
