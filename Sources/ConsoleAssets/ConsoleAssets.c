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
// Access: policies, roles, identity providers.
static const unsigned char list_pages[] = {
#embed "Templates/list-pages.mustache"
};
static const unsigned char iam_tags[] = {
#embed "Templates/iam-tags.mustache"
};
static const unsigned char last_accessed[] = {
#embed "Templates/last-accessed.mustache"
};
static const unsigned char policies[] = {
#embed "Templates/policies.mustache"
};
static const unsigned char policy[] = {
#embed "Templates/policy.mustache"
};
static const unsigned char policy_editor[] = {
#embed "Templates/policy-editor.mustache"
};
static const unsigned char policy_builder[] = {
#embed "Templates/policy-builder.mustache"
};
static const unsigned char roles[] = {
#embed "Templates/roles.mustache"
};
static const unsigned char role[] = {
#embed "Templates/role.mustache"
};
static const unsigned char role_attach[] = {
#embed "Templates/role-attach.mustache"
};
static const unsigned char create_role[] = {
#embed "Templates/create-role.mustache"
};
static const unsigned char identity_providers[] = {
#embed "Templates/identity-providers.mustache"
};
static const unsigned char identity_provider[] = {
#embed "Templates/identity-provider.mustache"
};
static const unsigned char create_identity_provider[] = {
#embed "Templates/create-identity-provider.mustache"
};
static const unsigned char policy_editor_script[] = {
#embed "Static/policy-editor.js"
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
    FILE("message.mustache", message),
    FILE("message-front.mustache", message_front),
    FILE("problem.mustache", problem),
    FILE("home.mustache", home),
    FILE("list-pages.mustache", list_pages),
    FILE("iam-tags.mustache", iam_tags),
    FILE("last-accessed.mustache", last_accessed),
    FILE("policies.mustache", policies),
    FILE("policy.mustache", policy),
    FILE("policy-editor.mustache", policy_editor),
    FILE("policy-builder.mustache", policy_builder),
    FILE("roles.mustache", roles),
    FILE("role.mustache", role),
    FILE("role-attach.mustache", role_attach),
    FILE("create-role.mustache", create_role),
    FILE("identity-providers.mustache", identity_providers),
    FILE("identity-provider.mustache", identity_provider),
    FILE("create-identity-provider.mustache", create_identity_provider),
    FILE("policy-editor.js", policy_editor_script),
    FILE("console.css", style),
    FILE("console.js", script),
    FILE("icon.svg", icon),
};

const gatehouse_console_file *gatehouse_console_files(void) { return files; }

size_t gatehouse_console_files_count(void) { return sizeof files / sizeof files[0]; }
