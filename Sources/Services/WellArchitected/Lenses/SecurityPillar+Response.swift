extension SecurityPillar {
    /// Incidents, and the making of software.
    static let response: [LensDefinition.Question] = [
        question(
            "incident-response", prefix: "sec_incident_response",
            "SEC 10. How are incidents foreseen, answered and recovered from?",
            "People, plans, tools and practice for the day when something has happened.",
            [
                Practice(
                    "identify_personnel", .high, "It is known whom to call",
                    "Name people, their deputies and those outside who help; give the account a security contact."),
                Practice(
                    "develop_management_plans", .high, "There is a plan for incidents",
                    "Write down how an incident is noticed, judged, contained, told of and ended."),
                Practice(
                    "prepare_forensic", .medium, "Evidence can be secured",
                    "Keep logs where an attacker can't delete them, and know how to take a copy of a machine."),
                Practice(
                    "playbooks", .medium, "There are playbooks, and they were tried",
                    "Write the steps for leaked keys, public buckets and strange sign-ins, and go through them."),
                Practice(
                    "pre_provision_access", .medium, "Responders have access before they need it",
                    "Make the roles for responders now, and test them."),
                Practice(
                    "pre_deploy_tools", .medium, "Tools are there before they are needed",
                    "Have queries, snapshots and isolation ready."),
                Practice(
                    "run_game_days", .medium, "Incidents are rehearsed",
                    "Play one through at least once a year."),
                Practice(
                    "establish_incident_framework", .medium, "Incidents teach something",
                    "Look back at each without blame, and change what let it happen."),
            ]),
        question(
            "application-security", prefix: "sec_appsec",
            "SEC 11. How is the security of software built in and proved?",
            "From the training of those who write it to the pipeline that deploys it.",
            [
                Practice(
                    "train_for_application_security", .medium, "Those who write software know how it is attacked",
                    "Train them, at the beginning and again."),
                Practice(
                    "automate_testing_throughout_lifecycle", .medium, "Security is tested at each step, by machine",
                    "Run analysers, scans of dependencies and fuzzers in the pipeline."),
                Practice(
                    "perform_regular_penetration_testing", .high, "Somebody tries to break in, regularly",
                    "Have it tested from outside at fixed times, and mend what is found."),
                Practice(
                    "manual_code_reviews", .medium, "People read the code",
                    "Let nobody merge what nobody else has read."),
                Practice(
                    "centralize_services_for_packages_and_dependencies", .medium,
                    "Dependencies come from one place",
                    "Let builds fetch packages from a place where they are checked."),
                Practice(
                    "deploy_software_programmatically", .high, "Machines deploy software",
                    "Let pipelines deploy, from what was built and signed once."),
                Practice(
                    "regularly_assess_security_properties_of_pipelines", .high, "Pipelines are looked at as workloads",
                    "Give pipelines least privilege, and go through their permissions."),
                Practice(
                    "build_program_that_embeds_security_ownership_in_teams", .low, "Teams own their security",
                    "Name somebody in each team who decides, and who is supported."),
            ]),
    ]
}
