#include "CLibInjection.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/// What is used of the library: <https://github.com/libinjection/libinjection/blob/main/src/libinjection.h>
static struct {
    int (*sqli)(const char *, size_t, char *);
    int (*xss)(const char *, size_t);
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256];
static bool is_loaded = false;

static void load(void) {
    void *handle = dlopen("libmodsecurity.so.3", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *error = dlerror();
        snprintf(
            problem, sizeof problem, "libmodsecurity (Debian's libmodsecurity3) can't be loaded: %s",
            error == NULL ? "it is not there" : error);
        return;
    }
    library.sqli = (int (*)(const char *, size_t, char *))dlsym(handle, "libinjection_sqli");
    library.xss = (int (*)(const char *, size_t))dlsym(handle, "libinjection_xss");
    if (library.sqli == NULL || library.xss == NULL) {
        snprintf(problem, sizeof problem, "libmodsecurity lacks libinjection's functions");
        return;
    }
    is_loaded = true;
}

bool injection_load(char *reason, size_t capacity) {
    pthread_once(&once, load);
    if (!is_loaded) snprintf(reason, capacity, "%s", problem);
    return is_loaded;
}

bool injection_is_sql(const unsigned char *text, size_t length, char fingerprint[8]) {
    fingerprint[0] = 0;
    pthread_once(&once, load);
    if (!is_loaded || length == 0) return false;
    return library.sqli((const char *)text, length, fingerprint) != 0;
}

bool injection_is_xss(const unsigned char *text, size_t length) {
    pthread_once(&once, load);
    if (!is_loaded || length == 0) return false;
    return library.xss((const char *)text, length) != 0;
}
