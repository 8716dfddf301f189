#pragma once

#include <stddef.h>

// Facts about AWS that ship with the program, as they stand in the files beside BundledData.c.

// Every AWS managed policy; Tools/generate-managed-policies says what stands in a line.
// The bytes live as long as the program; no zero byte follows them.
const unsigned char *_Nonnull gatehouse_managed_policies(void);
size_t gatehouse_managed_policies_length(void);

// The actions, resource types and condition keys of every AWS service; Tools/generate-service-catalogue says in which
// form. The bytes live as long as the program; no zero byte follows them.
const unsigned char *_Nonnull gatehouse_service_catalogue(void);
size_t gatehouse_service_catalogue_length(void);

// Package.resolved, as the program was built with it. The bytes live as long as the program; no zero byte follows them.
const unsigned char *_Nonnull gatehouse_package_resolved(void);
size_t gatehouse_package_resolved_length(void);

// The service-linked roles of AWS's services, compiled from AWS's documentation and from its managed policies, one in a
// line: the service's principal, the role's name, the name of its managed policy under /aws-service-role/, and `suffix`
// where a request may add one of its own. The bytes live as long as the program; no zero byte follows them.
const unsigned char *_Nonnull gatehouse_service_linked_roles(void);
size_t gatehouse_service_linked_roles_length(void);

// The API models of every AWS service, compressed; Tools/generate-service-schemas says in which form. The bytes live as
// long as the program; no zero byte follows them.
const unsigned char *_Nonnull gatehouse_service_schemas(void);
size_t gatehouse_service_schemas_length(void);

// What requests ask for where the names of their operation and of its members do not say it, in the mapping language
// (Sources/Mapping); Tools/generate-operation-map says where it comes from. The bytes live as long as the program; no zero
// byte follows them.
const unsigned char *_Nonnull gatehouse_generated_mappings(void);
size_t gatehouse_generated_mappings_length(void);

// What requests to some services ask for, written by hand in the mapping language (Sources/Mapping). The bytes live as
// long as the program; no zero byte follows them.
const unsigned char *_Nonnull gatehouse_exact_mappings(void);
size_t gatehouse_exact_mappings_length(void);
