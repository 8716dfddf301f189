#include "ConsoleAssets.h"

// C23's #embed: each file becomes bytes of the program. To add a page, add its template here, in both places.

static const unsigned char access_key_created[] = {
#embed "Templates/access-key-created.mustache"
};
static const unsigned char access_keys[] = {
#embed "Templates/access-keys.mustache"
};
static const unsigned char account_request[] = {
#embed "Templates/account-request.mustache"
};
static const unsigned char account_settings[] = {
#embed "Templates/account-settings.mustache"
};
static const unsigned char analyzer[] = {
#embed "Templates/analyzer.mustache"
};
static const unsigned char analyzers[] = {
#embed "Templates/analyzers.mustache"
};
static const unsigned char assign_mfa[] = {
#embed "Templates/assign-mfa.mustache"
};
static const unsigned char attach_policies[] = {
#embed "Templates/attach-policies.mustache"
};
static const unsigned char authorize_code[] = {
#embed "Templates/authorize-code.mustache"
};
static const unsigned char authorize[] = {
#embed "Templates/authorize.mustache"
};
static const unsigned char bucket_head[] = {
#embed "Templates/bucket-head.mustache"
};
static const unsigned char bucket_object[] = {
#embed "Templates/bucket-object.mustache"
};
static const unsigned char bucket_objects[] = {
#embed "Templates/bucket-objects.mustache"
};
static const unsigned char bucket_permissions[] = {
#embed "Templates/bucket-permissions.mustache"
};
static const unsigned char bucket_properties[] = {
#embed "Templates/bucket-properties.mustache"
};
static const unsigned char buckets[] = {
#embed "Templates/buckets.mustache"
};
static const unsigned char cell[] = {
#embed "Templates/cell.mustache"
};
static const unsigned char create_group[] = {
#embed "Templates/create-group.mustache"
};
static const unsigned char create_identity_provider[] = {
#embed "Templates/create-identity-provider.mustache"
};
static const unsigned char create_role[] = {
#embed "Templates/create-role.mustache"
};
static const unsigned char create_user[] = {
#embed "Templates/create-user.mustache"
};
static const unsigned char credential_report[] = {
#embed "Templates/credential-report.mustache"
};
static const unsigned char decision[] = {
#embed "Templates/decision.mustache"
};
static const unsigned char delete_group[] = {
#embed "Templates/delete-group.mustache"
};
static const unsigned char delete_user[] = {
#embed "Templates/delete-user.mustache"
};
static const unsigned char entered[] = {
#embed "Templates/entered.mustache"
};
static const unsigned char event[] = {
#embed "Templates/event.mustache"
};
static const unsigned char events[] = {
#embed "Templates/events.mustache"
};
static const unsigned char filter[] = {
#embed "Templates/filter.mustache"
};
static const unsigned char finding[] = {
#embed "Templates/finding.mustache"
};
static const unsigned char forgot_password[] = {
#embed "Templates/forgot-password.mustache"
};
static const unsigned char front[] = {
#embed "Templates/front.mustache"
};
static const unsigned char group_created[] = {
#embed "Templates/group-created.mustache"
};
static const unsigned char group_head[] = {
#embed "Templates/group-head.mustache"
};
static const unsigned char group_permissions[] = {
#embed "Templates/group-permissions.mustache"
};
static const unsigned char group_users[] = {
#embed "Templates/group-users.mustache"
};
static const unsigned char groups[] = {
#embed "Templates/groups.mustache"
};
static const unsigned char home[] = {
#embed "Templates/home.mustache"
};
static const unsigned char iam_tags[] = {
#embed "Templates/iam-tags.mustache"
};
static const unsigned char identity_provider[] = {
#embed "Templates/identity-provider.mustache"
};
static const unsigned char identity_providers[] = {
#embed "Templates/identity-providers.mustache"
};
static const unsigned char key_create[] = {
#embed "Templates/key-create.mustache"
};
static const unsigned char key[] = {
#embed "Templates/key.mustache"
};
static const unsigned char keys[] = {
#embed "Templates/keys.mustache"
};
static const unsigned char last_accessed[] = {
#embed "Templates/last-accessed.mustache"
};
static const unsigned char layout[] = {
#embed "Templates/layout.mustache"
};
static const unsigned char list_pages[] = {
#embed "Templates/list-pages.mustache"
};
static const unsigned char message_front[] = {
#embed "Templates/message-front.mustache"
};
static const unsigned char message[] = {
#embed "Templates/message.mustache"
};
static const unsigned char mfa_devices[] = {
#embed "Templates/mfa-devices.mustache"
};
static const unsigned char moment[] = {
#embed "Templates/moment.mustache"
};
static const unsigned char new_password[] = {
#embed "Templates/new-password.mustache"
};
static const unsigned char offer_mfa[] = {
#embed "Templates/offer-mfa.mustache"
};
static const unsigned char organization_none[] = {
#embed "Templates/organization-none.mustache"
};
static const unsigned char organization_policies[] = {
#embed "Templates/organization-policies.mustache"
};
static const unsigned char organization_policy_create[] = {
#embed "Templates/organization-policy-create.mustache"
};
static const unsigned char organization_policy[] = {
#embed "Templates/organization-policy.mustache"
};
static const unsigned char organization_target[] = {
#embed "Templates/organization-target.mustache"
};
static const unsigned char organization[] = {
#embed "Templates/organization.mustache"
};
static const unsigned char outbox[] = {
#embed "Templates/outbox.mustache"
};
static const unsigned char pager[] = {
#embed "Templates/pager.mustache"
};
static const unsigned char passkey[] = {
#embed "Templates/passkey.mustache"
};
static const unsigned char password_rules[] = {
#embed "Templates/password-rules.mustache"
};
static const unsigned char permission_rows[] = {
#embed "Templates/permission-rows.mustache"
};
static const unsigned char policies[] = {
#embed "Templates/policies.mustache"
};
static const unsigned char policy_builder[] = {
#embed "Templates/policy-builder.mustache"
};
static const unsigned char policy_editor[] = {
#embed "Templates/policy-editor.mustache"
};
static const unsigned char policy_form[] = {
#embed "Templates/policy-form.mustache"
};
static const unsigned char policy_suggestions[] = {
#embed "Templates/policy-suggestions.mustache"
};
static const unsigned char policy[] = {
#embed "Templates/policy.mustache"
};
static const unsigned char problem[] = {
#embed "Templates/problem.mustache"
};
static const unsigned char public_access_form[] = {
#embed "Templates/public-access-form.mustache"
};
static const unsigned char raw_answers[] = {
#embed "Templates/raw-answers.mustache"
};
static const unsigned char remedies[] = {
#embed "Templates/remedies.mustache"
};
static const unsigned char reset_password[] = {
#embed "Templates/reset-password.mustache"
};
static const unsigned char responsibility[] = {
#embed "Templates/responsibility.mustache"
};
static const unsigned char role_attach[] = {
#embed "Templates/role-attach.mustache"
};
static const unsigned char role[] = {
#embed "Templates/role.mustache"
};
static const unsigned char roles[] = {
#embed "Templates/roles.mustache"
};
static const unsigned char second_factor[] = {
#embed "Templates/second-factor.mustache"
};
static const unsigned char security_credentials[] = {
#embed "Templates/security-credentials.mustache"
};
static const unsigned char select_role[] = {
#embed "Templates/select-role.mustache"
};
static const unsigned char sign_in[] = {
#embed "Templates/sign-in.mustache"
};
static const unsigned char simulator[] = {
#embed "Templates/simulator.mustache"
};
static const unsigned char switch_role[] = {
#embed "Templates/switch-role.mustache"
};
static const unsigned char tag_form[] = {
#embed "Templates/tag-form.mustache"
};
static const unsigned char tag_rows[] = {
#embed "Templates/tag-rows.mustache"
};
static const unsigned char user_created[] = {
#embed "Templates/user-created.mustache"
};
static const unsigned char user_credentials[] = {
#embed "Templates/user-credentials.mustache"
};
static const unsigned char user_groups[] = {
#embed "Templates/user-groups.mustache"
};
static const unsigned char user_head[] = {
#embed "Templates/user-head.mustache"
};
static const unsigned char user_json[] = {
#embed "Templates/user-json.mustache"
};
static const unsigned char user_last_accessed[] = {
#embed "Templates/user-last-accessed.mustache"
};
static const unsigned char user_permissions[] = {
#embed "Templates/user-permissions.mustache"
};
static const unsigned char user_tags[] = {
#embed "Templates/user-tags.mustache"
};
static const unsigned char users[] = {
#embed "Templates/users.mustache"
};
static const unsigned char console_css[] = {
#embed "Static/console.css"
};
static const unsigned char console_js[] = {
#embed "Static/console.js"
};
static const unsigned char icon_svg[] = {
#embed "Static/icon.svg"
};
static const unsigned char policy_editor_js[] = {
#embed "Static/policy-editor.js"
};

#define FILE(name, symbol) {name, symbol, sizeof symbol}

static const gatehouse_console_file files[] = {
    FILE("access-key-created.mustache", access_key_created),
    FILE("access-keys.mustache", access_keys),
    FILE("account-request.mustache", account_request),
    FILE("account-settings.mustache", account_settings),
    FILE("analyzer.mustache", analyzer),
    FILE("analyzers.mustache", analyzers),
    FILE("assign-mfa.mustache", assign_mfa),
    FILE("attach-policies.mustache", attach_policies),
    FILE("authorize-code.mustache", authorize_code),
    FILE("authorize.mustache", authorize),
    FILE("bucket-head.mustache", bucket_head),
    FILE("bucket-object.mustache", bucket_object),
    FILE("bucket-objects.mustache", bucket_objects),
    FILE("bucket-permissions.mustache", bucket_permissions),
    FILE("bucket-properties.mustache", bucket_properties),
    FILE("buckets.mustache", buckets),
    FILE("cell.mustache", cell),
    FILE("create-group.mustache", create_group),
    FILE("create-identity-provider.mustache", create_identity_provider),
    FILE("create-role.mustache", create_role),
    FILE("create-user.mustache", create_user),
    FILE("credential-report.mustache", credential_report),
    FILE("decision.mustache", decision),
    FILE("delete-group.mustache", delete_group),
    FILE("delete-user.mustache", delete_user),
    FILE("entered.mustache", entered),
    FILE("event.mustache", event),
    FILE("events.mustache", events),
    FILE("filter.mustache", filter),
    FILE("finding.mustache", finding),
    FILE("forgot-password.mustache", forgot_password),
    FILE("front.mustache", front),
    FILE("group-created.mustache", group_created),
    FILE("group-head.mustache", group_head),
    FILE("group-permissions.mustache", group_permissions),
    FILE("group-users.mustache", group_users),
    FILE("groups.mustache", groups),
    FILE("home.mustache", home),
    FILE("iam-tags.mustache", iam_tags),
    FILE("identity-provider.mustache", identity_provider),
    FILE("identity-providers.mustache", identity_providers),
    FILE("key-create.mustache", key_create),
    FILE("key.mustache", key),
    FILE("keys.mustache", keys),
    FILE("last-accessed.mustache", last_accessed),
    FILE("layout.mustache", layout),
    FILE("list-pages.mustache", list_pages),
    FILE("message-front.mustache", message_front),
    FILE("message.mustache", message),
    FILE("mfa-devices.mustache", mfa_devices),
    FILE("moment.mustache", moment),
    FILE("new-password.mustache", new_password),
    FILE("offer-mfa.mustache", offer_mfa),
    FILE("organization-none.mustache", organization_none),
    FILE("organization-policies.mustache", organization_policies),
    FILE("organization-policy-create.mustache", organization_policy_create),
    FILE("organization-policy.mustache", organization_policy),
    FILE("organization-target.mustache", organization_target),
    FILE("organization.mustache", organization),
    FILE("outbox.mustache", outbox),
    FILE("pager.mustache", pager),
    FILE("passkey.mustache", passkey),
    FILE("password-rules.mustache", password_rules),
    FILE("permission-rows.mustache", permission_rows),
    FILE("policies.mustache", policies),
    FILE("policy-builder.mustache", policy_builder),
    FILE("policy-editor.mustache", policy_editor),
    FILE("policy-form.mustache", policy_form),
    FILE("policy-suggestions.mustache", policy_suggestions),
    FILE("policy.mustache", policy),
    FILE("problem.mustache", problem),
    FILE("public-access-form.mustache", public_access_form),
    FILE("raw-answers.mustache", raw_answers),
    FILE("remedies.mustache", remedies),
    FILE("reset-password.mustache", reset_password),
    FILE("responsibility.mustache", responsibility),
    FILE("role-attach.mustache", role_attach),
    FILE("role.mustache", role),
    FILE("roles.mustache", roles),
    FILE("second-factor.mustache", second_factor),
    FILE("security-credentials.mustache", security_credentials),
    FILE("select-role.mustache", select_role),
    FILE("sign-in.mustache", sign_in),
    FILE("simulator.mustache", simulator),
    FILE("switch-role.mustache", switch_role),
    FILE("tag-form.mustache", tag_form),
    FILE("tag-rows.mustache", tag_rows),
    FILE("user-created.mustache", user_created),
    FILE("user-credentials.mustache", user_credentials),
    FILE("user-groups.mustache", user_groups),
    FILE("user-head.mustache", user_head),
    FILE("user-json.mustache", user_json),
    FILE("user-last-accessed.mustache", user_last_accessed),
    FILE("user-permissions.mustache", user_permissions),
    FILE("user-tags.mustache", user_tags),
    FILE("users.mustache", users),
    FILE("console.css", console_css),
    FILE("console.js", console_js),
    FILE("icon.svg", icon_svg),
    FILE("policy-editor.js", policy_editor_js),
};

const gatehouse_console_file *gatehouse_console_files(void) { return files; }

size_t gatehouse_console_files_count(void) { return sizeof files / sizeof files[0]; }
