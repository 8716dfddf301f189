import Lint
import Policy
import Testing

/// A document that has a finding, and one as like it as can be that has not.
struct Example: Sendable, CustomTestStringConvertible {
    let code: FindingCode
    let wrong: String
    let right: String
    var type: PolicyType? = nil
    var resourceType: String? = nil

    init(
        _ code: FindingCode, _ wrong: String, _ right: String, as type: PolicyType? = nil,
        on resourceType: String? = nil
    ) {
        self.code = code
        self.wrong = wrong
        self.right = right
        self.type = type
        self.resourceType = resourceType
    }

    var testDescription: String { code.rawValue }

    static let all: [Example] = [
        form, actions, resources, principals, trustPolicies, controlPolicies, variables, conditions, values, addresses,
        roleGrants, dangers, redundancies,
    ].flatMap { $0 }

    private static let account = "111122223333"
    private static let alice = #"{"AWS": "arn:aws:iam::111122223333:user/alice"}"#

    private static let form: [Example] = [
        Example(.jsonSyntaxError, "{", identity()),
        Example(.dataTypeMismatch, identity(#""Sid": 1"#), identity(#""Sid": "One""#)),
        Example(.invalidPolicyElement, identity(#""Resources": "*""#), identity(#""Resource": "*""#)),
        Example(.missingStatement, #"{"Version": "2012-10-17", "Statement": []}"#, identity()),
        Example(.missingEffect, #"{"Statement": {"Action": "s3:GetObject", "Resource": "*"}}"#, identity()),
        Example(.missingAction, #"{"Statement": {"Effect": "Deny", "Resource": "*"}}"#, identity()),
        Example(.missingResource, #"{"Statement": {"Effect": "Deny", "Action": "s3:GetObject"}}"#, identity()),
        Example(.invalidEffect, identity(#""Effect": "allow""#), identity(#""Effect": "Allow""#)),
        Example(
            .unsupportedElementCombination, identity(#""Action": "s3:*", "NotAction": "s3:GetObject""#),
            identity(#""NotAction": "s3:GetObject""#)),
        Example(.missingVersion, identity().replacing(#""Version": "2012-10-17", "#, with: ""), identity()),
        Example(.invalidVersion, identity().replacing("2012", with: "2013"), identity()),
        Example(.emptySidValue, identity(#""Sid": """#), identity(#""Sid": "One""#)),
        Example(.unsupportedSid, identity(#""Sid": "a b""#), identity(#""Sid": "ab""#)),
        Example(.uniqueSidsRequired, twoSids("A", "A"), twoSids("A", "B")),
        Example(.uniqueSidsRecommended, twoSids("A", "A"), twoSids("A", "B"), as: .resource),
        Example(.redundantStatement, twoSids("A", "B"), twoSids("A", "B", action: "s3:PutObject")),
        Example(.emptyArrayAction, identity(#""Action": []"#), identity()),
        Example(.emptyArrayResource, identity(#""Resource": []"#), identity()),
        Example(.emptyObjectCondition, condition(""), identity()),
        Example(.emptyArrayPrincipal, resource(#""Principal": {"AWS": []}"#), resource(#""Principal": \#(alice)"#)),
        Example(.emptyObjectPrincipal, resource(#""Principal": {}"#), resource(#""Principal": \#(alice)"#)),
        Example(.policySizeExceedsIdentityPolicyQuota, identity(long(6_200)), identity(long(5_900))),
        Example(.policySizeExceedsResourcePolicyQuota, resource(long(20_500)), resource(long(20_000)), as: .resource),
        Example(
            .policySizeExceedsRoleTrustPolicyQuota, trust(alice, long(2_100)), trust(alice, long(1_800)),
            as: .roleTrust),
        Example(
            .policySizeExceedsSCPQuota, identity(long(10_300)), identity(long(10_000)), as: .serviceControl),
        Example(
            .policySizeExceedsRCPQuota, resourceControl(long(5_200)), resourceControl(long(4_900)),
            as: .resourceControl),
    ]

    private static func long(_ count: Int) -> String {
        #""Sid": "\#(String(repeating: "a", count: count))""#
    }

    private static func twoSids(_ first: String, _ second: String, action: String = "s3:GetObject") -> String {
        func statement(_ sid: String, _ action: String) -> String {
            #"{"Sid": "\#(sid)", "Effect": "Allow", "Action": "\#(action)", "Resource": "*"}"#
        }
        return #"{"Version": "2012-10-17", "Statement": [\#(statement(first, "s3:GetObject")), "#
            + statement(second, action) + "]}"
    }

    private static let actions: [Example] = [
        Example(.invalidAction, identity(#""Action": "s3:GetObjects""#), identity(#""Action": "S3:getobject""#)),
        Example(.invalidServiceInAction, identity(#""Action": "s33:GetObject""#), identity()),
        Example(.wildcardInServiceName, identity(#""Action": "s*:GetObject""#), identity(#""Action": "*""#)),
        Example(
            .unsupportedActionInPolicy, trust(alice, action: #""s3:GetObject""#), trust(alice), as: .roleTrust),
        Example(
            .unsupportedActionInPolicy, resource(#""Action": "sqs:SendMessage""#), resource(""), as: .resource,
            on: "AWS::S3::Bucket"),
    ]

    private static func arn(_ text: String) -> String { identity(#""Action": "*", "Resource": "\#(text)""#) }

    private static let resources: [Example] = [
        Example(.invalidARNPrefix, arn("aws:s3:::notes"), arn("arn:aws:s3:::notes")),
        Example(.missingARNField, arn("arn:aws:s3"), arn("arn:aws:s3:::notes")),
        Example(.invalidPartition, arn("arn:amazon:s3:::notes"), arn("arn:aws-cn:s3:::notes")),
        Example(.invalidARNServiceCase, arn("arn:aws:S3:::notes"), arn("arn:aws:s3:::notes")),
        Example(.invalidService, arn("arn:aws:s33:::notes"), arn("arn:aws:s3:::notes")),
        Example(
            .invalidARNResource, arn("arn:aws:iam::\(account):users/alice"), arn("arn:aws:iam::\(account):user/alice")),
        Example(
            .arnRegionNotAllowed, arn("arn:aws:iam:us-east-1:\(account):user/a"), arn("arn:aws:iam::\(account):user/a")),
        Example(.arnAccountNotAllowed, arn("arn:aws:s3::\(account):notes"), arn("arn:aws:s3:::notes")),
        Example(.missingARNRegion, arn("arn:aws:sqs::\(account):q"), arn("arn:aws:sqs:*:\(account):q")),
        Example(.missingARNAccount, arn("arn:aws:sqs:us-east-1::q"), arn("arn:aws:sqs:us-east-1:*:q")),
        Example(.invalidARNRegion, arn("arn:aws:sqs:us-est-1:\(account):q"), arn("arn:aws:sqs:us-east-1:\(account):q")),
        Example(.invalidARNAccount, arn("arn:aws:sqs:us-east-1:1111:q"), arn("arn:aws:sqs:us-east-1:\(account):q")),
        Example(
            .unsupportedResourceARNInPolicy, resource(#""Resource": "arn:aws:sqs:us-east-1:111122223333:q""#),
            resource(""), as: .resource, on: "AWS::S3::Bucket"),
    ]

    private static func principal(_ text: String) -> String { resource(#""Principal": \#(text)"#) }

    private static let principals: [Example] = [
        Example(.missingPrincipal, identity(), principal(alice), as: .resource),
        Example(.unsupportedPrincipal, principal(alice), identity(), as: .identity),
        Example(.invalidPrincipalFormat, principal(#"{"AWS": "alice"}"#), principal(alice)),
        Example(.invalidPrincipalFormat, principal(#""alice""#), principal(#""*""#)),
        Example(.invalidPrincipalKey, principal(#"{"Aws": "111122223333"}"#), principal(#"{"AWS": "111122223333"}"#)),
        Example(
            .unsupportedWildcardInPrincipal, principal(#"{"AWS": "arn:aws:iam::111122223333:role/*"}"#),
            principal(#"{"AWS": "*"}"#)),
        Example(
            .invalidServicePrincipalFormat, principal(#"{"Service": "lambda"}"#),
            principal(#"{"Service": "lambda.amazonaws.com"}"#)),
        Example(
            .federatedPrincipalNotSupported, principal(#"{"Federated": "accounts.google.com"}"#), principal(alice),
            as: .resource),
        Example(.invalidRoleReference, principal(#"{"AWS": "AROAEXAMPLEEXAMPLE000"}"#), principal(alice)),
        Example(.invalidUserReference, principal(#"{"AWS": "AIDAEXAMPLEEXAMPLE000"}"#), principal(alice)),
        Example(
            .allowWithNotPrincipal, resource(#""NotPrincipal": \#(alice)"#),
            resource(#""NotPrincipal": \#(alice), "Effect": "Deny""#)),
        Example(
            .restrictAccessToServicePrincipal, principal(#"{"Service": "sns.amazonaws.com"}"#),
            resource(
                #""Principal": {"Service": "sns.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}"#
            )),
        Example(
            .recommendedConditionKeyForServicePrincipal, trust(#"{"Service": "sns.amazonaws.com"}"#),
            trust(#"{"Service": "ec2.amazonaws.com"}"#)),
        Example(
            .unsupportedConditionKeyForServicePrincipal,
            resource(
                #""Principal": {"Service": "sns.amazonaws.com"}, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#
            ),
            resource(
                #""Principal": {"Service": "sns.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}}"#
            )),
    ]

    private static let github = "token.actions.githubusercontent.com"
    private static let gitHubProvider = #"{"Federated": "arn:aws:iam::111122223333:oidc-provider/\#(github)"}"#

    private static func web(_ principal: String, _ condition: String) -> String {
        trust(principal, action: #""sts:AssumeRoleWithWebIdentity""#, #""Condition": {\#(condition)}"#)
    }

    private static func subject(_ text: String) -> String {
        web(gitHubProvider, #""StringLike": {"\#(github):sub": "\#(text)"}"#)
    }

    private static let trustPolicies: [Example] = [
        Example(
            .roleTrustPolicySyntaxErrorNotprincipal, trust(alice).replacing("Principal", with: "NotPrincipal"),
            trust(alice)),
        Example(.roleTrustPolicyUnsupportedWildcardInPrincipal, trust(#""*""#), trust(alice)),
        Example(
            .roleTrustPolicySyntaxErrorResource, trust(alice, #""Resource": "*""#), trust(alice), as: .roleTrust),
        Example(
            .invalidFederatedPrincipalSyntaxInRoleTrustPolicy, web(#"{"Federated": "google"}"#, ""),
            web(#"{"Federated": "accounts.google.com"}"#, "")),
        Example(
            .mismatchedActionForPrincipal, trust(#"{"Federated": "accounts.google.com"}"#),
            trust(#"{"Federated": "accounts.google.com"}"#, action: #""sts:AssumeRoleWithWebIdentity""#)),
        Example(
            .missingActionForConditionKey, trust(alice, #""Condition": {"StringLike": {"sts:SourceIdentity": "a?"}}"#),
            trust(
                alice, action: #"["sts:AssumeRole", "sts:SetSourceIdentity"]"#,
                #""Condition": {"StringLike": {"sts:SourceIdentity": "a?"}}"#)),
        Example(
            .missingActionForRolesAnywhereTrustPolicy, trust(#"{"Service": "rolesanywhere.amazonaws.com"}"#),
            trust(
                #"{"Service": "rolesanywhere.amazonaws.com"}"#,
                action: #"["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]"#)),
        Example(
            .redundantPrincipalInRoleTrustPolicy,
            trust(
                #"{"AWS": ["arn:aws:iam::111122223333:role/r", "arn:aws:sts::111122223333:assumed-role/r/s"]}"#),
            trust(
                #"{"AWS": ["arn:aws:iam::111122223333:role/q", "arn:aws:sts::111122223333:assumed-role/r/s"]}"#)),
        Example(
            .missingConditionKeyForOIDCPrincipal, web(#"{"Federated": "accounts.google.com"}"#, ""),
            web(#"{"Federated": "accounts.google.com"}"#, #""StringEquals": {"accounts.google.com:aud": "app"}"#)),
        Example(
            .missingGithubRepoConditionKey,
            web(gitHubProvider, #""StringEquals": {"\#(github):aud": "sts.amazonaws.com"}"#),
            subject("repo:octo-org/octo-repo:ref:refs/heads/main")),
        Example(
            .specificGithubRepoAndBranchRecommended, subject("repo:octo-org/*"),
            subject("repo:octo-org/octo-repo:ref:refs/heads/main")),
        Example(.wildcardUsageTooPermissive, subject("repo:*"), subject("repo:octo-org/octo-repo:*")),
        Example(
            .foranyvalueWithAudienceClaimType,
            web(gitHubProvider, #""ForAnyValue:StringEquals": {"\#(github):aud": "a"}"#),
            web(gitHubProvider, #""StringEquals": {"\#(github):aud": "a"}"#)),
        Example(
            .confirmAudienceClaimType, web(gitHubProvider, #""StringEquals": {"\#(github):aud": "a"}"#),
            web(gitHubProvider, #""ForAllValues:StringEquals": {"\#(github):aud": "a"}"#)),
        Example(
            .variableUsageTooPermissive, subject("repo:${aws:PrincipalTag/repo}"),
            subject("repo:octo-org/${aws:PrincipalTag/repo}")),
    ]

    private static let perimeter = #""StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}"#
    private static let sources = #""StringNotEqualsIfExists": {"aws:SourceOrgID": "o-1"}"#
    private static let isService = #""BoolIfExists": {"aws:PrincipalIsAWSService": "true"}"#

    private static func control(_ block: String) -> String { resourceControl(#""Condition": {\#(block)}"#) }

    private static let controlPolicies: [Example] = [
        Example(.scpSyntaxErrorPrincipal, resource(#""Principal": "*""#), identity(), as: .serviceControl),
        Example(
            .scpSyntaxErrorActionWildcard, identity(#""Action": "s3:*Object""#), identity(#""Action": "s3:Get*""#),
            as: .serviceControl),
        Example(
            .rcpSyntaxErrorPrincipal, resourceControl(#""Principal": \#(alice)"#), resourceControl(),
            as: .resourceControl),
        Example(
            .rcpSyntaxErrorAllow, resourceControl(#""Effect": "Allow""#), resourceControl(), as: .resourceControl),
        Example(
            .rcpSyntaxErrorNotaction, resourceControl(#""NotAction": "s3:GetObject""#), resourceControl(),
            as: .resourceControl),
        Example(
            .rcpSyntaxErrorAction, resourceControl(#""Action": "*""#), resourceControl(),
            as: .resourceControl),
        Example(
            .rcpMissingRelatedPrincipalConditionKey, control(perimeter), control(perimeter + ", " + isService),
            as: .resourceControl),
        Example(
            .rcpMissingRelatedServicePrincipalConditionKey, control(sources), control(sources + ", " + isService),
            as: .resourceControl),
        Example(
            .rcpMissingServiceConditionKeyNullCheck, control(sources),
            control(sources + #", "Null": {"aws:SourceAccount": "false"}"#), as: .resourceControl),
    ]

    private static func home(_ text: String) -> String { identity(#""Resource": "arn:aws:s3:::home/\#(text)""#) }

    private static let variables: [Example] = [
        Example(.missingBraceInVariable, home("${aws:username"), home("${aws:username}")),
        Example(.missingQuoteInVariable, home("${aws:username, none}"), home("${aws:username, 'none'}")),
        Example(.unsupportedSpaceInVariable, home("${aws: username}"), home("${aws:username}")),
        Example(.emptyVariable, home("${}"), home("${*}")),
        Example(.variableUnsupportedInElement, identity(#""Action": "s3:${aws:username}""#), home("${aws:username}")),
        Example(
            .variableUnsupportedInVersion, home("${aws:username}").replacing("2012-10-17", with: "2008-10-17"),
            home("${aws:username}")),
        Example(
            .invalidVariableForOperator, condition(#""IpAddress": {"aws:SourceIp": "${aws:username}"}"#),
            condition(#""StringEquals": {"aws:userid": "${aws:username}"}"#)),
    ]

    private static func equals(_ key: String, _ value: String = #""x""#) -> String {
        condition(#""StringEquals": {"\#(key)": \#(value)}"#)
    }

    private static let conditions: [Example] = [
        Example(
            .duplicateKeysWithDifferentCase,
            condition(#""StringEquals": {"aws:userid": "a", "aws:UserId": "b"}"#), equals("aws:userid")),
        Example(
            .invalidConditionOperator, condition(#""StringEqual": {"aws:userid": "a"}"#), equals("aws:userid")),
        Example(
            .nullWithIfExists, condition(#""NullIfExists": {"aws:userid": "true"}"#),
            condition(#""Null": {"aws:userid": "true"}"#)),
        Example(
            .nullWithQualifier, condition(#""ForAllValues:Null": {"aws:TagKeys": "true"}"#),
            condition(#""Null": {"aws:TagKeys": "true"}"#)),
        Example(.invalidConditionKeyFormat, equals("userid"), equals("aws:userid")),
        Example(.invalidGlobalConditionKey, equals("aws:useridd"), equals("AWS:userid")),
        Example(.deprecatedGlobalConditionKey, equals("aws:SourceOwner"), equals("aws:SourceAccount")),
        Example(.unsupportedGlobalConditionKey, equals("aws:ARN"), equals("aws:PrincipalArn")),
        Example(
            .irrelevantConditionKeyInPolicy, equals("aws:SourceAccount", #""111122223333""#),
            equals("aws:PrincipalAccount", #""111122223333""#)),
        Example(
            .useConditionKeyOnlyWithSupportedServices,
            identity(#""Action": "*", "Condition": {"StringEquals": {"aws:VpceAccount": "111122223333"}}"#),
            identity(#""Action": "s3:*", "Condition": {"StringEquals": {"aws:VpceAccount": "111122223333"}}"#)),
        Example(.missingTagKeyInCondition, equals("aws:ResourceTag"), equals("aws:ResourceTag/team")),
        Example(.invalidServiceConditionKey, equals("s3:prefixx"), equals("s3:ExistingObjectTag/team")),
        Example(
            .emptyArrayCondition, equals("aws:userid", "[]"), equals("aws:userid", #"["a"]"#)),
        Example(
            .emptyArrayConditionForallvalues, condition(#""ForAllValues:StringEquals": {"aws:TagKeys": []}"#),
            condition(#""ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}"#)),
        Example(
            .emptyArrayConditionForanyvalue, condition(#""ForAnyValue:StringEquals": {"aws:TagKeys": []}"#),
            condition(#""ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}"#)),
        Example(
            .emptyArrayConditionIfexists, condition(#""StringEqualsIfExists": {"aws:userid": []}"#),
            condition(#""StringEqualsIfExists": {"aws:userid": ["a"]}"#)),
        Example(
            .missingQualifier, equals("aws:TagKeys"), condition(#""ForAnyValue:StringEquals": {"aws:TagKeys": "a"}"#)),
        Example(
            .forallvaluesWithSingleValuedKey, condition(#""ForAllValues:StringEquals": {"aws:userid": "a"}"#),
            condition(#""ForAllValues:StringEquals": {"aws:TagKeys": "a"}"#)),
        Example(
            .typeMismatch, condition(#""StringEquals": {"aws:SecureTransport": "true"}"#),
            condition(#""Bool": {"aws:SecureTransport": "true"}"#)),
        Example(
            .stringLikeOperatorWithARNConditionKeys,
            condition(#""StringLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}"#),
            condition(#""ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}"#)),
    ]

    private static let values: [Example] = [
        Example(
            .invalidConditionDataType, equals("aws:userid", #"["a", 1]"#), equals("aws:userid", #"["a", "1"]"#)),
        Example(
            .invalidConditionMultipleBoolean, condition(#""Bool": {"aws:SecureTransport": ["true", "false"]}"#),
            condition(#""Bool": {"aws:SecureTransport": ["true"]}"#)),
        Example(
            .typeMismatchBoolean, condition(#""Bool": {"aws:SecureTransport": "yes"}"#),
            condition(#""Bool": {"aws:SecureTransport": true}"#)),
        Example(
            .typeMismatchNumber, condition(#""NumericLessThan": {"aws:MultiFactorAuthAge": "hour"}"#),
            condition(#""NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}"#)),
        Example(
            .redundantConditionValueNum, condition(#""NumericLessThan": {"aws:MultiFactorAuthAge": ["1", "2"]}"#),
            condition(#""NumericEquals": {"aws:MultiFactorAuthAge": ["1", "2"]}"#)),
        Example(
            .typeMismatchDate, condition(#""DateLessThan": {"aws:CurrentTime": "tomorrow"}"#),
            condition(#""DateLessThan": {"aws:CurrentTime": "2030-01-31"}"#)),
        Example(
            .invalidDateValue, condition(#""DateLessThan": {"aws:CurrentTime": "1900000000"}"#),
            condition(#""DateLessThan": {"aws:CurrentTime": "2030-01-31T12:00:00Z"}"#)),
        Example(
            .typeMismatchString, condition(#""BinaryEquals": {"s3:versionid": "?"}"#),
            condition(#""BinaryEquals": {"s3:versionid": "QUI="}"#)),
        Example(
            .wildcardWithoutLikeOperator, equals("aws:userid", #""AIDA*""#), equals("aws:userid", #""AIDA${*}""#)),
        Example(
            .equivalentToNullFalse, condition(#""StringLike": {"aws:userid": "*"}"#),
            condition(#""StringLike": {"aws:userid": "a*"}"#)),
        Example(
            .equivalentToNullTrue, condition(#""StringNotLike": {"aws:userid": "*"}"#),
            condition(#""StringNotLike": {"aws:userid": "a*"}"#)),
        Example(
            .redundantKeyDueToWildcardInCondition, condition(#""StringLikeIfExists": {"aws:userid": "*"}"#),
            condition(#""StringLike": {"aws:userid": "*"}"#)),
        Example(
            .redundantStatementDueToWildcardInCondition,
            condition(#""ForAnyValue:StringNotLike": {"aws:TagKeys": "*"}"#),
            condition(#""ForAnyValue:StringNotLike": {"aws:TagKeys": "a*"}"#)),
        Example(
            .invalidRegion, equals("aws:RequestedRegion", #""us-est-1""#),
            equals("aws:RequestedRegion", #""us-east-1""#)),
        Example(
            .invalidVPCFormat, equals("aws:SourceVpc", #""vpc-1""#),
            equals("aws:SourceVpc", #""vpc-0123456789abcdef0""#)),
        Example(
            .invalidVPCEFormat, equals("aws:SourceVpce", #""vpc-01234567""#),
            equals("aws:SourceVpce", #""vpce-01234567""#)),
        Example(
            .invalidKMSKeyValue, equals("s3:x-amz-server-side-encryption-aws-kms-key-id", #""alias/a""#),
            equals(
                "s3:x-amz-server-side-encryption-aws-kms-key-id", #""arn:aws:kms:us-east-1:111122223333:key/1234""#)),
    ]

    private static func from(_ addresses: String, operation: String = "IpAddress") -> String {
        condition(#""\#(operation)": {"aws:SourceIp": \#(addresses)}"#)
    }

    private static let addresses: [Example] = [
        Example(.typeMismatchIPRange, from(#""203.0.113.300""#), from(#""203.0.113.3""#)),
        Example(.typeMismatchIPRange, from(#""2001:db8:::/32""#), from(#""2001:db8::/32""#)),
        Example(.improveIPRange, from(#""203.0.113.7/24""#), from(#""203.0.113.0/24""#)),
        Example(.privateIPAddress, from(#""10.1.0.0/16""#), from(#""203.0.113.0/24""#)),
        Example(
            .privateNotIPAddress, from(#""10.1.0.0/16""#, operation: "NotIpAddress"),
            from(#""203.0.113.0/24""#, operation: "NotIpAddress")),
        Example(
            .privateIPAddressSubset, from(#"["10.1.0.0/16", "203.0.113.0/24"]"#),
            from(#"["198.51.100.0/24", "203.0.113.0/24"]"#)),
        Example(
            .privateNotIPAddressSubset, from(#"["fd00::/8", "203.0.113.0/24"]"#, operation: "NotIpAddress"),
            from(#"["2001:db8::/32", "203.0.113.0/24"]"#, operation: "NotIpAddress")),
    ]

    /// For one action: the six codes, in the order of the ways below.
    private static func grants(_ action: String, limit: String, _ codes: [FindingCode]) -> [Example] {
        let limited = #", "Condition": {"StringEquals": {"\#(limit)": "ec2.amazonaws.com"}}"#
        let role = #""Resource": "arn:aws:iam::111122223333:role/ec2""#
        let ways = [#""Action": "\#(action)""#, #""Action": "iam:*""#, #""NotAction": "s3:*""#]
        return zip(codes, ways + ways).enumerated().map { index, pair in
            let (code, way) = pair
            let isStar = index < 3
            let wrong = way + (isStar ? #", "Resource": "*""# : #", "Not\#(role.dropFirst())"#)
            let right = isStar ? wrong + limited : way + ", " + role
            return Example(code, identity(wrong), identity(right))
        }
    }

    private static let roleGrants: [Example] =
        grants(
            "iam:PassRole", limit: "iam:PassedToService",
            [
                .passRoleWithStarInResource, .passRoleWithStarInActionAndResource,
                .passRoleWithStarInResourceAndNotAction, .passRoleWithNotResource,
                .passRoleWithStarInActionAndNotResource, .passRoleWithNotActionAndNotResource,
            ])
        + grants(
            "iam:CreateServiceLinkedRole", limit: "iam:AWSServiceName",
            [
                .createSLRWithStarInResource, .createSLRWithStarInActionAndResource,
                .createSLRWithStarInResourceAndNotAction, .createSLRWithNotResource,
                .createSLRWithStarInActionAndNotResource, .createSLRWithNotActionAndNotResource,
            ])

    private static let team = #""StringEquals": {"aws:ResourceTag/team": "a"}"#

    private static let dangers: [Example] = [
        Example(.untrustworthyConditionKey, equals("aws:referer"), equals("aws:userid")),
        Example(
            .s3PrefixInNegativeContext, condition(#""StringNotLike": {"s3:prefix": "a*"}"#),
            condition(#""StringLike": {"s3:prefix": "a*"}"#)),
        Example(
            .missingPairedConditionKeys, condition(#""IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}"#),
            condition(
                #""IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}, "StringEquals": {"aws:SourceVpc": "vpc-01234567"}"#)),
        Example(
            .dynamodbAttributesWithoutSelect,
            condition(#""ForAllValues:StringEquals": {"dynamodb:Attributes": "a"}"#),
            condition(
                #""ForAllValues:StringEquals": {"dynamodb:Attributes": "a"}, "StringEquals": {"dynamodb:Select": "x"}"#)
        ),
        Example(
            .unsupportedActionForConditionKey, equals("iam:PassedToService"),
            condition(#""StringEquals": {"iam:PassedToService": "a"}"#, #""Action": "iam:PassRole""#)),
        Example(
            .allowWithUnsupportedTagConditionKeyForService, condition(team, #""Action": "health:DescribeEvents""#),
            condition(team, #""Action": "ec2:StartInstances", "Resource": "*""#)),
        Example(
            .denyWithUnsupportedTagConditionKeyForService,
            condition(team, #""Effect": "Deny", "Action": "health:DescribeEvents""#),
            condition(team, #""Effect": "Deny", "Action": "ec2:StartInstances""#)),
        Example(
            .allowNotactionWithUnsupportedTagConditionKeyForService, condition(team, #""NotAction": "s3:*""#),
            condition(team, #""Action": "ec2:*""#)),
        Example(
            .denyNotactionWithUnsupportedTagConditionKeyForService,
            condition(team, #""Effect": "Deny", "NotAction": "s3:*""#),
            condition(team, #""Effect": "Deny", "Action": "ec2:*""#)),
    ]

    private static let redundancies: [Example] = [
        Example(
            .redundantAction, identity(#""Action": ["s3:Get*", "s3:GetObject"]"#),
            identity(#""Action": ["s3:Get*", "s3:*Object"]"#)),
        Example(
            .redundantResource, identity(#""Resource": ["arn:aws:s3:::a*", "arn:aws:s3:::ab"]"#),
            identity(#""Resource": ["arn:aws:s3:::a*", "arn:aws:s3:::b"]"#)),
    ]
}
