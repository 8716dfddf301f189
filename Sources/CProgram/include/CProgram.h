// Runs another program: what it reads goes in, what it says comes back.

#ifndef CPROGRAM_H
#define CPROGRAM_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// What became of a program.
typedef struct {
    /// Its exit status; -1: it did not end by itself, or was not started.
    int status;
    /// Why it was not started, as in errno; ETIMEDOUT: it took too long, and was killed; 0: neither.
    int error;
} program_result;

/// Runs a program and waits for its end. It gets `input` as its standard input, no environment but `LC_ALL=C` and a path, and none
/// of this process's files. It is in a process group of its own: a signal from the terminal is not for it.
///
/// `output` and `errors` get the beginning of what it prints, and a zero byte. It blocks for `seconds` at most. It may run on several
/// threads at the same time.
program_result program_run(
    const char *path, char *_Nullable const *_Nonnull arguments, const char *input, size_t length, int seconds, char *output,
    size_t output_capacity, char *errors, size_t errors_capacity);

#pragma clang assume_nonnull end

#endif
