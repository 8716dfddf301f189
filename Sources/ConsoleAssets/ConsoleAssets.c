#include "ConsoleAssets.h"

// C23's #embed: each file becomes bytes of the program. To add a page, add its template here, in both places.


static const unsigned char layout[] = {
#embed "Templates/layout.mustache"
};
static const unsigned char front[] = {
#embed "Templates/front.mustache"
};
static const unsigned char sign_in[] = {
#embed "Templates/sign-in.mustache"
};
static const unsigned char second_factor[] = {
#embed "Templates/second-factor.mustache"
};
static const unsigned char new_password[] = {
#embed "Templates/new-password.mustache"
};
static const unsigned char forgot_password[] = {
#embed "Templates/forgot-password.mustache"
};
static const unsigned char reset_password[] = {
#embed "Templates/reset-password.mustache"
};
static const unsigned char entered[] = {
#embed "Templates/entered.mustache"
};
static const unsigned char switch_role[] = {
#embed "Templates/switch-role.mustache"
};
static const unsigned char offer_mfa[] = {
#embed "Templates/offer-mfa.mustache"
};
static const unsigned char passkey[] = {
#embed "Templates/passkey.mustache"
};
static const unsigned char message[] = {
#embed "Templates/message.mustache"
};
static const unsigned char message_front[] = {
#embed "Templates/message-front.mustache"
};
static const unsigned char problem[] = {
#embed "Templates/problem.mustache"
};
static const unsigned char home[] = {
#embed "Templates/home.mustache"
};
static const unsigned char style[] = {
#embed "Static/console.css"
};
static const unsigned char script[] = {
#embed "Static/console.js"
};
static const unsigned char icon[] = {
#embed "Static/icon.svg"
};

#define FILE(name, symbol) {name, symbol, sizeof symbol}

static const gatehouse_console_file files[] = {
    FILE("layout.mustache", layout),
    FILE("front.mustache", front),
    FILE("sign-in.mustache", sign_in),
    FILE("second-factor.mustache", second_factor),
    FILE("new-password.mustache", new_password),
    FILE("forgot-password.mustache", forgot_password),
    FILE("reset-password.mustache", reset_password),
    FILE("entered.mustache", entered),
    FILE("switch-role.mustache", switch_role),
    FILE("offer-mfa.mustache", offer_mfa),
    FILE("passkey.mustache", passkey),
    FILE("message.mustache", message),
    FILE("message-front.mustache", message_front),
    FILE("problem.mustache", problem),
    FILE("home.mustache", home),
    FILE("console.css", style),
    FILE("console.js", script),
    FILE("icon.svg", icon),
};

const gatehouse_console_file *gatehouse_console_files(void) { return files; }

size_t gatehouse_console_files_count(void) { return sizeof files / sizeof files[0]; }
