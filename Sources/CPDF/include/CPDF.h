#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// PDF, as libharu writes it (http://libharu.org). The library is loaded when the first document is made: whoever makes none needs
// none.
//
// No function prints. A document is one thread's at a time; several may be made at once.

// A document that is being made.
typedef struct pdf_document pdf_document;

// The fonts that every reader has, in their order.
enum { pdf_plain = 0, pdf_bold = 1, pdf_fixed = 2, pdf_fonts = 3 };

// Whether the library can be loaded. `reason`, of `capacity` bytes, says why not.
bool pdf_load(char *_Nonnull reason, size_t capacity);

// Makes an empty document; NULL where that can't be: then `reason` says why.
pdf_document *_Nullable pdf_make(char *_Nonnull reason, size_t capacity);

// Says what it is called, by whom it is, and when it was made: year, month, day, hour, minute, second, in UTC.
bool pdf_describe(
    pdf_document *_Nonnull document, const char *_Nonnull title, const char *_Nonnull author, const int *_Nonnull date);

// Begins a page, with a size in points. What follows is on it.
bool pdf_begin_page(pdf_document *_Nonnull document, float width, float height);

// The width of a text in points, and how many of its bytes go into `width`, broken at spaces; all where it is 0 or less. The text
// is in Windows-1252, and ends with a NUL.
size_t pdf_fitting(
    pdf_document *_Nonnull document, int font, float size, const char *_Nonnull text, float width);

// Writes a text. Grey is from 0, black, to 1, white.
bool pdf_write(
    pdf_document *_Nonnull document, int font, float size, float grey, float x, float y, const char *_Nonnull text);

// Draws a thin line from one side to the other.
bool pdf_rule(pdf_document *_Nonnull document, float left, float right, float y);

// The document's bytes, in memory that pdf_free_bytes frees; NULL where something went wrong: then `reason` says what.
uint8_t *_Nullable pdf_bytes(
    pdf_document *_Nonnull document, size_t *_Nonnull length, char *_Nonnull reason, size_t capacity);

void pdf_free_bytes(uint8_t *_Nonnull bytes);

// Frees it.
void pdf_free(pdf_document *_Nonnull document);
