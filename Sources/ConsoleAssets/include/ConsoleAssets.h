#pragma once

#include <stddef.h>

// A file of the console: a template, a style sheet, a script. The bytes live as long as the program; no zero byte follows
// them.
typedef struct {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t length;
} gatehouse_console_file;

// All files of the console, each name once.
const gatehouse_console_file *_Nonnull gatehouse_console_files(void);
size_t gatehouse_console_files_count(void);
