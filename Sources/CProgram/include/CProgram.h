// Runs another program: what it reads goes in, what it says comes back.

#ifndef CPROGRAM_H
#define CPROGRAM_H

#include <stdbool.h>
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

/// The same in a network of its own (``network_make``), with all that the program prints.
/// - Parameters:
///   - passed: a file that the program gets as its file 3; -1: none.
///   - output: is to be freed; nil: there is nothing, or no memory for it.
program_result program_run_in(
    int network, int passed, const char *path, char *_Nullable const *_Nonnull arguments, const char *input, size_t length,
    int seconds, char *_Nullable *_Nonnull output, size_t *output_length, char *errors, size_t errors_capacity);

/// A program that runs, and reads what it is given piece by piece.
typedef struct {
    /// Its number.
    int process;
    /// What is written here is its standard input: a socket.
    int input;
    /// Files in memory, with what it prints.
    int output, errors;
} program_feed;

/// Starts a program as ``program_run`` does, and does not wait for it. It is to be ended with ``program_feed_end``.
/// - Returns: 0, or why it was not started, as in errno.
int program_feed_start(program_feed *feed, const char *path, char *_Nullable const *_Nonnull arguments);

/// Has it read some bytes. It blocks as long as the program does not read, for `seconds` at most.
/// - Returns: 0, or why not all was written, as in errno; EPIPE: it reads no more.
int program_feed_write(const program_feed *feed, const void *bytes, size_t length, int seconds);

/// Tells it that there is nothing more, and waits for its end, for `seconds` at most; with 0 it is killed. `output` is then for the caller
/// to read, and to close; the rest is closed.
program_result program_feed_end(program_feed *feed, int seconds, char *errors, size_t errors_capacity);

/// Makes a network namespace. It is there as long as the file is open, or anything is in it: with the process that holds it, however
/// that ends, it is gone, and with it its interfaces, its routes and its tables of nftables.
/// - Returns: an open file; less than 0: why there is none, as in errno, negated.
int network_make(void);

/// Writes to a file below `/proc/sys/net` as it is in that network.
/// - Returns: 0, or why it failed, as in errno.
int network_write(int network, const char *path, const char *text);

/// A socket of TCP, or of UDP, in that network: bound to an address and a port, and not listening yet.
/// - Parameter device: the interface by which its clients come; nil: any. Sockets with different ones may have the same address.
/// - Returns: an open file; less than 0: why there is none, as in errno, negated.
int network_socket(int network, bool is_datagram, const char *_Nullable device, const char *address, int port);

/// Makes a pipe for what an instance prints, and a pair of sockets for its supervisor: one end of each is for `instance_start`, the other
/// stays here.
/// - Returns: 0, or why it failed, as in errno.
int instance_channels(int *console, int *console_end, int *control, int *control_end);

/// Starts the supervisor of an instance: a process that does nothing but keep the instance, and ends all of it when `control` is closed.
///
/// It is this program's own file, which is run anew, so that nothing of this process's memory is in it: before anything else of the
/// program begins, it sees by its environment what it is.
/// - Parameters:
///   - settings: what is to be run; see `instance.c`.
///   - console: what the instance's processes print goes there.
///   - control: a socket. It reads `T` (ask all to end) and `K` (kill all), and writes lines: `started PID`, `failed WHY`,
///     `ended STATUS`, where a status below 0 is a signal.
///   - network: the instance's; -1: it has none of its own.
/// - Returns: the process; less than 0: why there is none, as in errno, negated.
int instance_start(const char *settings, size_t length, int console, int control, int network);

#pragma clang assume_nonnull end

#endif
