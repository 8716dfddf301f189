#include "WebACLAssets.h"

// C23's #embed: each file becomes bytes of the program. To add a template, add it here, in both places.

static const unsigned char captcha[] = {
#embed "Templates/captcha.mustache"
};
static const unsigned char challenge[] = {
#embed "Templates/challenge.mustache"
};
static const unsigned char puzzle[] = {
#embed "Templates/puzzle.mustache"
};
static const unsigned char style[] = {
#embed "Templates/style.mustache"
};
static const unsigned char work[] = {
#embed "Templates/work.mustache"
};

#define FILE(name, symbol) {name, symbol, sizeof symbol}

static const gatehouse_webacl_file files[] = {
    FILE("captcha.mustache", captcha),
    FILE("challenge.mustache", challenge),
    FILE("puzzle.mustache", puzzle),
    FILE("style.mustache", style),
    FILE("work.mustache", work),
};

const gatehouse_webacl_file *gatehouse_webacl_files(void) { return files; }

size_t gatehouse_webacl_files_count(void) { return sizeof files / sizeof files[0]; }
