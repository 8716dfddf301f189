#include "BundledData.h"

// C23's #embed: the file becomes bytes of the program, at no cost at compile time or at start.
static const unsigned char managed_policies[] = {
#embed "managed-policies.tsv"
};

const unsigned char *gatehouse_managed_policies(void) { return managed_policies; }

size_t gatehouse_managed_policies_length(void) { return sizeof managed_policies; }

static const unsigned char service_catalogue[] = {
#embed "service-catalogue.txt"
};

const unsigned char *gatehouse_service_catalogue(void) { return service_catalogue; }

size_t gatehouse_service_catalogue_length(void) { return sizeof service_catalogue; }

static const unsigned char package_resolved[] = {
#embed "../../Package.resolved"
};

const unsigned char *gatehouse_package_resolved(void) { return package_resolved; }

size_t gatehouse_package_resolved_length(void) { return sizeof package_resolved; }

static const unsigned char service_linked_roles[] = {
#embed "service-linked-roles.tsv"
};

const unsigned char *gatehouse_service_linked_roles(void) { return service_linked_roles; }

size_t gatehouse_service_linked_roles_length(void) { return sizeof service_linked_roles; }

static const unsigned char service_schemas[] = {
#embed "service-schemas.bin"
};

const unsigned char *gatehouse_service_schemas(void) { return service_schemas; }

size_t gatehouse_service_schemas_length(void) { return sizeof service_schemas; }

static const unsigned char generated_mappings[] = {
#embed "mappings/generated.txt"
};

const unsigned char *gatehouse_generated_mappings(void) { return generated_mappings; }

size_t gatehouse_generated_mappings_length(void) { return sizeof generated_mappings; }

static const unsigned char exact_mappings[] = {
#embed "mappings/cloudformation.txt"
    ,
#embed "mappings/ec2.txt"
    ,
#embed "mappings/ecr.txt"
    ,
#embed "mappings/events.txt"
    ,
#embed "mappings/kinesis.txt"
    ,
#embed "mappings/lambda.txt"
    ,
#embed "mappings/rds.txt"
    ,
#embed "mappings/secretsmanager.txt"
    ,
#embed "mappings/sns.txt"
    ,
#embed "mappings/sqs.txt"
    ,
#embed "mappings/ssm.txt"
    ,
#embed "mappings/stepfunctions.txt"
};

const unsigned char *gatehouse_exact_mappings(void) { return exact_mappings; }

size_t gatehouse_exact_mappings_length(void) { return sizeof exact_mappings; }
