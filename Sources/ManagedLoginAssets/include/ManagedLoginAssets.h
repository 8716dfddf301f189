#pragma once

#include <stddef.h>

// A file of the managed login pages: a template, a style sheet, a script. The bytes live as long as the program; no zero byte
// follows them.
typedef struct {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t length;
} gatehouse_login_file;

// All files of the managed login pages, each name once.
const gatehouse_login_file *_Nonnull gatehouse_login_files(void);
size_t gatehouse_login_files_count(void);
