#include "CMalloc.h"

// It says whether this is glibc.
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void cmalloc_keep(size_t block, size_t arena) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, (int)block);
    mallopt(M_TRIM_THRESHOLD, (int)arena);
#else
    (void)block;
    (void)arena;
#endif
}
