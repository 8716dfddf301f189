extension SecurityPillar {
    /// Detection, networks and machines.
    static let detectionAndInfrastructure: [LensDefinition.Question] = [
        question(
            "detect-investigate-events", prefix: "sec_detect_investigate_events",
            "SEC 4. How are security events found and looked into?",
            "What is recorded, where it comes together, and what happens then.",
            [
                Practice(
                    "app_service_logging", .high, "Services and applications write logs",
                    "Have a trail in all Regions with validated files, and logs of buckets, networks and applications."),
                Practice(
                    "analyze_all", .high, "Logs, findings and metrics come together in one place",
                    "Bring them into one account, and ask questions there: CloudTrail Lake, Logs Insights."),
                Practice(
                    "auto_response", .medium, "Events are answered by themselves",
                    "Let rules of EventBridge and remediations of AWS Config do what need not wait for people."),
                Practice(
                    "actionable_events", .low, "Alarms say what to do",
                    "Let each alarm name what happened, and the runbook for it."),
            ]),
        question(
            "network-protection", prefix: "sec_network_protection", "SEC 5. How is the network guarded?",
            "Layers, what may flow between them, and what looks into it.",
            [
                Practice(
                    "create_layers", .high, "The network has layers",
                    "Put what must not be reached from the internet into subnets without a route to it."),
                Practice(
                    "layered", .high, "Traffic is bounded in every layer",
                    "Use security groups, network ACLs and endpoints' policies; open no administration port to everybody."
                ),
                Practice(
                    "auto_protect", .medium, "The network's defence works by itself",
                    "Put web ACLs with rate limits and managed rules before what is public, and Shield's response."),
                Practice(
                    "inspection", .low, "Traffic is looked into",
                    "Have flow logs, and inspect what comes in and goes out."),
            ]),
        question(
            "protect-compute", prefix: "sec_protect_compute", "SEC 6. How are machines guarded?",
            "Instances, containers and functions: what is installed, and who gets in.",
            [
                Practice(
                    "vulnerability_management", .high, "Vulnerabilities are found and mended in time",
                    "Switch on Amazon Inspector, and patch within times that you have set."),
                Practice(
                    "reduce_surface", .high, "There is nothing on the machine that it does not need",
                    "Harden images, and check them against CIS benchmarks."),
                Practice(
                    "implement_managed_services", .medium, "What can be managed is managed",
                    "Use services whose operation is somebody else's duty where that lowers yours."),
                Practice(
                    "auto_protection", .medium, "Machines are protected by themselves",
                    "Scan, patch and configure by machine, and require version 2 of the instance metadata service."),
                Practice(
                    "actions_distance", .low, "People act on machines from afar",
                    "Use sessions and documents instead of shells that somebody signs in to."),
                Practice(
                    "validate_software_integrity", .low, "Software is proved to be what it should be",
                    "Verify signatures and checksums of what is deployed."),
            ]),
    ]
}
