#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where addresses are, by files in MaxMind's format, read by libmaxminddb, which is loaded when it is first needed.

// A file that is open.
typedef struct places_file places_file;

// Opens a file. It stays open as long as the program runs, and must not be written to meanwhile: a new one takes its place under
// the same name.
// Returns NULL where it can't be used; then `reason` says why.
places_file *_Nullable places_open(const char *_Nonnull path, char *_Nonnull reason, size_t capacity);

// The country's two letters, and the code of the region in it, each with a zero byte at its end; an empty one is not known.
// `address` has 4 bytes or 16.
// Returns whether the country is known.
bool places_country(
    const places_file *_Nonnull file, const uint8_t *_Nonnull address, size_t length, char country[_Nonnull 3],
    char region[_Nonnull 4]);

// The number of the autonomous system; 0: it is not known.
uint32_t places_system(const places_file *_Nonnull file, const uint8_t *_Nonnull address, size_t length);
