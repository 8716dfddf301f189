extension SecurityPillar {
    /// Foundations, identities and permissions.
    static let identity: [LensDefinition.Question] = [
        question(
            "securely-operate", prefix: "sec_securely_operate", "SEC 1. How is the workload run securely?",
            "What has to be in place before any single control: accounts, goals, knowledge of threats, and tests of the controls.",
            [
                Practice(
                    "multi_accounts", .high, "Workloads are apart, in accounts of their own",
                    "Put each workload and each environment into an account of an organization, and bind them with service control policies."
                ),
                Practice(
                    "aws_account", .high, "The root user is locked away",
                    "Give the root user a second factor, delete its access keys, keep its e-mail address and the contacts up to date, and use it for nothing else."
                ),
                Practice(
                    "control_objectives", .high, "It is written down what controls have to achieve, and checked",
                    "Derive what you want to control from your duties and threats, and check it with rules of AWS Config or gatehouse audit."
                ),
                Practice(
                    "updated_threats", .high, "Somebody follows what attackers do",
                    "Follow vulnerability records (gatehouse keeps OSV's) and reports of attacks, and change controls when they say so."
                ),
                Practice(
                    "updated_recommendations", .high, "Somebody follows what is recommended",
                    "Read the security bulletins of what you run, Gatehouse's changes among them, and act on them."),
                Practice(
                    "test_validate_pipeline", .medium, "Controls are tested before they go live",
                    "Check policies and templates in the pipeline: gatehouse lint, gatehouse check and rules of Guard."),
                Practice(
                    "threat_model", .high, "There is a threat model, and it sets priorities",
                    "Write down what can go wrong, who would do it and what stops them; look at it again with each change."
                ),
                Practice(
                    "implement_services_features", .low, "New means of security are looked at regularly",
                    "Look at what became available, and decide about it, at fixed times."),
            ]),
        question(
            "identities", prefix: "sec_identities", "SEC 2. How are people and machines told apart and proved?",
            "How those sign in who use the workload's accounts, and with what credentials.",
            [
                Practice(
                    "enforce_mechanisms", .high, "Whoever signs in proves it twice",
                    "Require a second factor of every user with a password, and passwords that can't be guessed."),
                Practice(
                    "unique", .high, "Credentials are temporary",
                    "Let people and machines assume roles; users with access keys are for what can't."),
                Practice(
                    "secrets", .high, "Secrets are kept where they are guarded",
                    "Keep no secrets in code and configuration: encrypt them with KMS, and let policies say who may decrypt."
                ),
                Practice(
                    "identity_provider", .high, "One identity provider knows all people",
                    "Federate with SAML or OpenID Connect, so that who leaves is out everywhere at once."),
                Practice(
                    "audit", .high, "Credentials are looked through, and change",
                    "Read the credential report, rotate access keys within 90 days and remove what nobody used."),
                Practice(
                    "groups_attributes", .low, "Groups and attributes carry permissions",
                    "Attach policies to groups and roles, not to users, and decide by tags where there are many."),
            ]),
        question(
            "permissions", prefix: "sec_permissions", "SEC 3. Who may do what, and who says so?",
            "How permissions are given, bounded, watched and taken away again.",
            [
                Practice(
                    "define", .high, "It is defined who needs which access",
                    "Write down for each part of the workload which people and which machines need it, and under what conditions."
                ),
                Practice(
                    "least_privileges", .high, "Nobody may do more than needed",
                    "Give what the work needs and no more; gatehouse generate-policy makes a policy of what was used."),
                Practice(
                    "emergency_process", .medium, "There is a way in for emergencies",
                    "Keep a role that only an emergency opens, with a second factor and an alarm, and try it."),
                Practice(
                    "continuous_reduction", .medium, "What nobody uses is taken away",
                    "Let Access Analyzer tell of unused access, and remove it."),
                Practice(
                    "define_guardrails", .medium, "The organization has bounds that nobody can leave",
                    "Attach service control and resource control policies to the organization's root and units."),
                Practice(
                    "lifecycle", .low, "Access ends with the reason for it",
                    "Tie access to the comings and goings of people and workloads."),
                Practice(
                    "analyze_cross_account", .low, "It is known what is open to others",
                    "Let Access Analyzer look for what is shared with other accounts and with everybody."),
                Practice(
                    "share_securely", .medium, "Within the organization things are shared with bounds",
                    "Share with the organization's accounts by aws:PrincipalOrgID, not with everybody."),
                Practice(
                    "share_securely_third_party", .medium, "Others get access with an external ID and bounds",
                    "Let others assume a role that asks for an external ID and allows only what was agreed on."),
            ]),
    ]
}
