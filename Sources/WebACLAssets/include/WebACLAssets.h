#pragma once

#include <stddef.h>

// A template of the pages that stand before what web ACLs protect. The bytes live as long as the program; no zero byte follows
// them.
typedef struct {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t length;
} gatehouse_webacl_file;

// All of them, each name once.
const gatehouse_webacl_file *_Nonnull gatehouse_webacl_files(void);
size_t gatehouse_webacl_files_count(void);
