// How malloc gives memory back to the system, which Swift's module of the C library has no functions for.

#ifndef CMALLOC_H
#define CMALLOC_H

#include <stddef.h>

/// Has malloc keep released memory for the next time: blocks smaller than `block` bytes, and up to `arena` bytes in each of
/// its arenas. This holds for the whole process. With other C libraries than glibc it does nothing.
void cmalloc_keep(size_t block, size_t arena);

#endif
