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
static const unsigned char events_page[] = {
#embed "Templates/events.mustache"
};
static const unsigned char event_page[] = {
#embed "Templates/event.mustache"
};
static const unsigned char decision_page[] = {
#embed "Templates/decision.mustache"
};
static const unsigned char policy_form_page[] = {
#embed "Templates/policy-form.mustache"
};
static const unsigned char tag_form_page[] = {
#embed "Templates/tag-form.mustache"
};
static const unsigned char keys_page[] = {
#embed "Templates/keys.mustache"
};
static const unsigned char key_create_page[] = {
#embed "Templates/key-create.mustache"
};
static const unsigned char key_page[] = {
#embed "Templates/key.mustache"
};
static const unsigned char public_access_form_page[] = {
#embed "Templates/public-access-form.mustache"
};
static const unsigned char buckets_page[] = {
#embed "Templates/buckets.mustache"
};
static const unsigned char bucket_head_page[] = {
#embed "Templates/bucket-head.mustache"
};
static const unsigned char bucket_objects_page[] = {
#embed "Templates/bucket-objects.mustache"
};
static const unsigned char bucket_object_page[] = {
#embed "Templates/bucket-object.mustache"
};
static const unsigned char bucket_permissions_page[] = {
#embed "Templates/bucket-permissions.mustache"
};
static const unsigned char bucket_properties_page[] = {
#embed "Templates/bucket-properties.mustache"
};
static const unsigned char organization_none_page[] = {
#embed "Templates/organization-none.mustache"
};
static const unsigned char organization_page[] = {
#embed "Templates/organization.mustache"
};
static const unsigned char account_request_page[] = {
#embed "Templates/account-request.mustache"
};
static const unsigned char organization_target_page[] = {
#embed "Templates/organization-target.mustache"
};
static const unsigned char organization_policies_page[] = {
#embed "Templates/organization-policies.mustache"
};
static const unsigned char organization_policy_create_page[] = {
#embed "Templates/organization-policy-create.mustache"
};
static const unsigned char organization_policy_page[] = {
#embed "Templates/organization-policy.mustache"
};
static const unsigned char remedies_page[] = {
#embed "Templates/remedies.mustache"
};
static const unsigned char outbox_page[] = {
#embed "Templates/outbox.mustache"
};
static const unsigned char analyzers_page[] = {
#embed "Templates/analyzers.mustache"
};
static const unsigned char analyzer_page[] = {
#embed "Templates/analyzer.mustache"
};
static const unsigned char finding_page[] = {
#embed "Templates/finding.mustache"
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
    FILE("events.mustache", events_page),
    FILE("event.mustache", event_page),
    FILE("decision.mustache", decision_page),
    FILE("policy-form.mustache", policy_form_page),
    FILE("tag-form.mustache", tag_form_page),
    FILE("keys.mustache", keys_page),
    FILE("key-create.mustache", key_create_page),
    FILE("key.mustache", key_page),
    FILE("public-access-form.mustache", public_access_form_page),
    FILE("buckets.mustache", buckets_page),
    FILE("bucket-head.mustache", bucket_head_page),
    FILE("bucket-objects.mustache", bucket_objects_page),
    FILE("bucket-object.mustache", bucket_object_page),
    FILE("bucket-permissions.mustache", bucket_permissions_page),
    FILE("bucket-properties.mustache", bucket_properties_page),
    FILE("organization-none.mustache", organization_none_page),
    FILE("organization.mustache", organization_page),
    FILE("account-request.mustache", account_request_page),
    FILE("organization-target.mustache", organization_target_page),
    FILE("organization-policies.mustache", organization_policies_page),
    FILE("organization-policy-create.mustache", organization_policy_create_page),
    FILE("organization-policy.mustache", organization_policy_page),
    FILE("remedies.mustache", remedies_page),
    FILE("outbox.mustache", outbox_page),
    FILE("analyzers.mustache", analyzers_page),
    FILE("analyzer.mustache", analyzer_page),
    FILE("finding.mustache", finding_page),
    FILE("console.css", style),
    FILE("console.js", script),
    FILE("icon.svg", icon),
};

const gatehouse_console_file *gatehouse_console_files(void) { return files; }

size_t gatehouse_console_files_count(void) { return sizeof files / sizeof files[0]; }
