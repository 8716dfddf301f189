#include "ManagedLoginAssets.h"

// C23's #embed: each file becomes bytes of the program. To add a page, add its template here, in both places.

static const unsigned char choice[] = {
#embed "Templates/choice.mustache"
};
static const unsigned char code[] = {
#embed "Templates/code.mustache"
};
static const unsigned char confirm_forgot[] = {
#embed "Templates/confirm-forgot.mustache"
};
static const unsigned char confirm[] = {
#embed "Templates/confirm.mustache"
};
static const unsigned char field[] = {
#embed "Templates/field.mustache"
};
static const unsigned char forgot[] = {
#embed "Templates/forgot.mustache"
};
static const unsigned char layout[] = {
#embed "Templates/layout.mustache"
};
static const unsigned char login[] = {
#embed "Templates/login.mustache"
};
static const unsigned char message[] = {
#embed "Templates/message.mustache"
};
static const unsigned char mfa_setup[] = {
#embed "Templates/mfa-setup.mustache"
};
static const unsigned char new_password_fields[] = {
#embed "Templates/new-password-fields.mustache"
};
static const unsigned char new_password[] = {
#embed "Templates/new-password.mustache"
};
static const unsigned char passkey_add[] = {
#embed "Templates/passkey-add.mustache"
};
static const unsigned char passkey[] = {
#embed "Templates/passkey.mustache"
};
static const unsigned char password[] = {
#embed "Templates/password.mustache"
};
static const unsigned char provider[] = {
#embed "Templates/provider.mustache"
};
static const unsigned char sign_up[] = {
#embed "Templates/sign-up.mustache"
};
static const unsigned char who[] = {
#embed "Templates/who.mustache"
};
static const unsigned char icon_svg[] = {
#embed "Static/icon.svg"
};
static const unsigned char login_css[] = {
#embed "Static/login.css"
};
static const unsigned char login_js[] = {
#embed "Static/login.js"
};

#define FILE(name, symbol) {name, symbol, sizeof symbol}

static const gatehouse_login_file files[] = {
    FILE("choice.mustache", choice),
    FILE("code.mustache", code),
    FILE("confirm-forgot.mustache", confirm_forgot),
    FILE("confirm.mustache", confirm),
    FILE("field.mustache", field),
    FILE("forgot.mustache", forgot),
    FILE("layout.mustache", layout),
    FILE("login.mustache", login),
    FILE("message.mustache", message),
    FILE("mfa-setup.mustache", mfa_setup),
    FILE("new-password-fields.mustache", new_password_fields),
    FILE("new-password.mustache", new_password),
    FILE("passkey-add.mustache", passkey_add),
    FILE("passkey.mustache", passkey),
    FILE("password.mustache", password),
    FILE("provider.mustache", provider),
    FILE("sign-up.mustache", sign_up),
    FILE("who.mustache", who),
    FILE("icon.svg", icon_svg),
    FILE("login.css", login_css),
    FILE("login.js", login_js),
};

const gatehouse_login_file *gatehouse_login_files(void) { return files; }

size_t gatehouse_login_files_count(void) { return sizeof files / sizeof files[0]; }
