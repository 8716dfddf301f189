#include "CPDF.h"

#include <dlfcn.h>
#include <hpdf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// <https://github.com/libharu/libharu/wiki>
static struct {
    HPDF_Doc (*new)(HPDF_Error_Handler, void *);
    void (*free)(HPDF_Doc);
    HPDF_STATUS (*compress)(HPDF_Doc, HPDF_UINT);
    HPDF_STATUS (*info)(HPDF_Doc, HPDF_InfoType, const char *);
    HPDF_STATUS (*date)(HPDF_Doc, HPDF_InfoType, HPDF_Date);
    HPDF_Page (*add_page)(HPDF_Doc);
    HPDF_STATUS (*width)(HPDF_Page, HPDF_REAL);
    HPDF_STATUS (*height)(HPDF_Page, HPDF_REAL);
    HPDF_Font (*font)(HPDF_Doc, const char *, const char *);
    HPDF_STATUS (*set_font)(HPDF_Page, HPDF_Font, HPDF_REAL);
    HPDF_UINT (*measure)(HPDF_Font, const HPDF_BYTE *, HPDF_UINT, HPDF_REAL, HPDF_REAL, HPDF_REAL, HPDF_REAL, HPDF_BOOL,
        HPDF_REAL *);
    HPDF_STATUS (*grey)(HPDF_Page, HPDF_REAL);
    HPDF_STATUS (*begin)(HPDF_Page);
    HPDF_STATUS (*out)(HPDF_Page, HPDF_REAL, HPDF_REAL, const char *);
    HPDF_STATUS (*end)(HPDF_Page);
    HPDF_STATUS (*line_width)(HPDF_Page, HPDF_REAL);
    HPDF_STATUS (*move)(HPDF_Page, HPDF_REAL, HPDF_REAL);
    HPDF_STATUS (*line)(HPDF_Page, HPDF_REAL, HPDF_REAL);
    HPDF_STATUS (*stroke)(HPDF_Page);
    HPDF_STATUS (*save)(HPDF_Doc);
    HPDF_STATUS (*rewind)(HPDF_Doc);
    HPDF_UINT32 (*stream_size)(HPDF_Doc);
    HPDF_STATUS (*read)(HPDF_Doc, HPDF_BYTE *, HPDF_UINT32 *);
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256];
static bool is_loaded = false;

static bool find(void *handle, const char *name, void *place) {
    void *function = dlsym(handle, name);
    if (function == NULL) {
        snprintf(problem, sizeof problem, "libharu lacks %s", name);
        return false;
    }
    memcpy(place, &function, sizeof function);
    return true;
}

static void load(void) {
    // Debian calls it by its whole version.
    static const char *const names[] = {"libhpdf-2.3.0.so", "libhpdf.so.2.4", "libhpdf.so.2.3", "libhpdf.so"};
    void *handle = NULL;
    for (size_t i = 0; handle == NULL && i < sizeof names / sizeof *names; i++)
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        snprintf(problem, sizeof problem, "libharu (Debian's libhpdf-2.3.0), which writes PDF, is not installed");
        return;
    }
    is_loaded = find(handle, "HPDF_New", &library.new) && find(handle, "HPDF_Free", &library.free)
        && find(handle, "HPDF_SetCompressionMode", &library.compress) && find(handle, "HPDF_SetInfoAttr", &library.info)
        && find(handle, "HPDF_SetInfoDateAttr", &library.date) && find(handle, "HPDF_AddPage", &library.add_page)
        && find(handle, "HPDF_Page_SetWidth", &library.width) && find(handle, "HPDF_Page_SetHeight", &library.height)
        && find(handle, "HPDF_GetFont", &library.font)
        && find(handle, "HPDF_Page_SetFontAndSize", &library.set_font)
        && find(handle, "HPDF_Font_MeasureText", &library.measure)
        && find(handle, "HPDF_Page_SetGrayFill", &library.grey) && find(handle, "HPDF_Page_BeginText", &library.begin)
        && find(handle, "HPDF_Page_TextOut", &library.out) && find(handle, "HPDF_Page_EndText", &library.end)
        && find(handle, "HPDF_Page_SetLineWidth", &library.line_width)
        && find(handle, "HPDF_Page_MoveTo", &library.move) && find(handle, "HPDF_Page_LineTo", &library.line)
        && find(handle, "HPDF_Page_Stroke", &library.stroke) && find(handle, "HPDF_SaveToStream", &library.save)
        && find(handle, "HPDF_ResetStream", &library.rewind)
        && find(handle, "HPDF_GetStreamSize", &library.stream_size)
        && find(handle, "HPDF_ReadFromStream", &library.read);
}

struct pdf_document {
    HPDF_Doc document;
    HPDF_Page page;
    HPDF_Font fonts[pdf_fonts];
    HPDF_STATUS error;
};

static void note(HPDF_STATUS error, HPDF_STATUS detail, void *user) {
    (void)detail;
    pdf_document *document = user;
    if (document->error == HPDF_OK) document->error = error;
}

bool pdf_load(char *reason, size_t capacity) {
    pthread_once(&once, load);
    if (!is_loaded) snprintf(reason, capacity, "%s", problem);
    return is_loaded;
}

pdf_document *pdf_make(char *reason, size_t capacity) {
    if (!pdf_load(reason, capacity)) return NULL;
    pdf_document *document = calloc(1, sizeof *document);
    if (document == NULL) {
        snprintf(reason, capacity, "there is no memory left");
        return NULL;
    }
    document->document = library.new(note, document);
    if (document->document == NULL) {
        snprintf(reason, capacity, "libharu makes no document");
        free(document);
        return NULL;
    }
    static const char *const names[pdf_fonts] = {"Helvetica", "Helvetica-Bold", "Courier"};
    library.compress(document->document, HPDF_COMP_ALL);
    for (int i = 0; i < pdf_fonts; i++) {
        document->fonts[i] = library.font(document->document, names[i], "WinAnsiEncoding");
        if (document->fonts[i] == NULL) {
            snprintf(reason, capacity, "libharu has no font %s", names[i]);
            pdf_free(document);
            return NULL;
        }
    }
    return document;
}

bool pdf_describe(pdf_document *document, const char *title, const char *author, const int *date) {
    library.info(document->document, HPDF_INFO_TITLE, title);
    library.info(document->document, HPDF_INFO_AUTHOR, author);
    HPDF_Date made = {date[0], date[1], date[2], date[3], date[4], date[5], 'Z', 0, 0};
    library.date(document->document, HPDF_INFO_CREATION_DATE, made);
    return document->error == HPDF_OK;
}

bool pdf_begin_page(pdf_document *document, float width, float height) {
    document->page = library.add_page(document->document);
    if (document->page == NULL) return false;
    library.width(document->page, width);
    library.height(document->page, height);
    return document->error == HPDF_OK;
}

size_t pdf_fitting(pdf_document *document, int font, float size, const char *text, float width) {
    size_t length = strlen(text);
    if (font < 0 || font >= pdf_fonts || length > 30000) return length;
    if (width <= 0) return length;
    return library.measure(
        document->fonts[font], (const HPDF_BYTE *)text, (HPDF_UINT)length, width, size, 0, 0, HPDF_TRUE, NULL);
}

bool pdf_write(pdf_document *document, int font, float size, float grey, float x, float y, const char *text) {
    if (document->page == NULL || font < 0 || font >= pdf_fonts) return false;
    library.set_font(document->page, document->fonts[font], size);
    library.grey(document->page, grey);
    library.begin(document->page);
    library.out(document->page, x, y, text);
    library.end(document->page);
    return document->error == HPDF_OK;
}

bool pdf_rule(pdf_document *document, float left, float right, float y) {
    if (document->page == NULL) return false;
    library.line_width(document->page, 0.5f);
    library.move(document->page, left, y);
    library.line(document->page, right, y);
    library.stroke(document->page);
    return document->error == HPDF_OK;
}

uint8_t *pdf_bytes(pdf_document *document, size_t *length, char *reason, size_t capacity) {
    uint8_t *bytes = NULL;
    if (document->error == HPDF_OK && library.save(document->document) == HPDF_OK) {
        HPDF_UINT32 size = library.stream_size(document->document);
        bytes = malloc(size == 0 ? 1 : size);
        HPDF_UINT32 read = size;
        if (bytes != NULL && library.rewind(document->document) == HPDF_OK) {
            library.read(document->document, bytes, &read);
        }
        if (bytes != NULL && size > 0 && read == size) {
            *length = size;
            return bytes;
        }
    }
    free(bytes);
    snprintf(reason, capacity, "libharu says error 0x%04lX", (unsigned long)document->error);
    return NULL;
}

void pdf_free_bytes(uint8_t *bytes) { free(bytes); }

void pdf_free(pdf_document *document) {
    library.free(document->document);
    free(document);
}
