#include "CPublicSuffix.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

/// What is used of the library: <https://rockdaboot.github.io/libpsl/libpsl-Public-Suffix-List-functions.html>
static struct {
    const void *list;
    int (*is_public_suffix)(const void *list, const char *domain);
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    void *handle = dlopen("libpsl.so.5", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) return;
    // The system's list, if that is newer than the one that was compiled in.
    const void *(*latest)(const char *) = (const void *(*)(const char *))dlsym(handle, "psl_latest");
    library.is_public_suffix = (int (*)(const void *, const char *))dlsym(handle, "psl_is_public_suffix");
    if (latest != NULL && library.is_public_suffix != NULL) library.list = latest(NULL);
}

bool is_public_suffix(const char *domain) {
    pthread_once(&once, load);
    return library.list != NULL && library.is_public_suffix(library.list, domain) != 0;
}
