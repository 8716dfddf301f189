// Loaded into Gatehouse with LD_PRELOAD by the tests that need time to pass: moves the wall clock on by the number of
// seconds that stands in the file named by GATEHOUSE_TEST_CLOCK. The monotonic clock, by which timeouts run, is left alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t offset(void) {
    const char *path = getenv("GATEHOUSE_TEST_CLOCK");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file) return 0;
    long seconds = 0;
    if (fscanf(file, "%ld", &seconds) != 1) seconds = 0;
    fclose(file);
    return (time_t)seconds;
}

int clock_gettime(clockid_t clock, struct timespec *result) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, result);
    if (code == 0 && clock == CLOCK_REALTIME) result->tv_sec += offset();
    return code;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
    static int (*real)(struct timeval *restrict, void *restrict);
    if (!real) real = (int (*)(struct timeval *restrict, void *restrict))dlsym(RTLD_NEXT, "gettimeofday");
    int code = real(result, zone);
    if (code == 0 && result) result->tv_sec += offset();
    return code;
}

time_t time(time_t *result) {
    static time_t (*real)(time_t *);
    if (!real) real = (time_t (*)(time_t *))dlsym(RTLD_NEXT, "time");
    time_t now = real(NULL) + offset();
    if (result) *result = now;
    return now;
}
