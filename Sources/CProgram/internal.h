// Shared by the files of this module alone.

#ifndef CPROGRAM_INTERNAL_H
#define CPROGRAM_INTERNAL_H

/// Takes this thread into a network; -1: it stays where it is.
/// Returns a file by which ``network_leave`` finds the way back, or less than 0: why it failed, as in errno, negated.
int network_enter(int network);

/// Takes it back. A thread that could not go back would do others' work in the wrong place: then the process ends.
void network_leave(int before);

#endif
