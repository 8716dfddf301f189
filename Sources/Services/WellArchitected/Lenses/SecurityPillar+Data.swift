extension SecurityPillar {
    /// Classification, data at rest and in transit.
    static let data: [LensDefinition.Question] = [
        question(
            "data-classification", prefix: "sec_data_classification", "SEC 7. How is data classified?",
            "What data there is, how much harm its loss would do, and how long it is kept.",
            [
                Practice(
                    "identify_data", .high, "It is known what data the workload has",
                    "Write down which data there is, whose it is, and what the law says about it."),
                Practice(
                    "define_protection", .high, "Each class of data has its controls",
                    "Say for each class who may see it, how it is encrypted and how it is deleted."),
                Practice(
                    "auto_classification", .medium, "Data is found and classified by machine",
                    "Tag buckets and objects, and look for what should not be there."),
                Practice(
                    "lifecycle_management", .low, "Data has an end",
                    "Give buckets lifecycle rules, and log groups a retention."),
            ]),
        question(
            "protect-data-rest", prefix: "sec_protect_data_rest", "SEC 8. How is data at rest guarded?",
            "Keys, encryption, and who comes near.",
            [
                Practice(
                    "key_mgmt", .high, "Keys are managed securely",
                    "Let KMS have the keys, rotate them, and let their policies name who administers and who uses them."
                ),
                Practice(
                    "encrypt", .high, "Nothing is stored in the clear",
                    "Encrypt buckets, volumes, trails, queues and topics, with keys of your own where it matters."),
                Practice(
                    "automate_protection", .medium, "Data at rest is protected by machine",
                    "Let rules of AWS Config find what is not encrypted, and repair it."),
                Practice(
                    "access_control", .low, "Access to data is bounded, and versions are kept",
                    "Block public access, keep versions, and lock what must not change."),
                Practice(
                    "use_people_away", .low, "People are kept away from data",
                    "Let people work with programs that show what they need, not with the data itself."),
            ]),
        question(
            "protect-data-transit", prefix: "sec_protect_data_transit", "SEC 9. How is data in transit guarded?",
            "Certificates, encryption, and who is at the other end.",
            [
                Practice(
                    "key_cert_mgmt", .high, "Keys and certificates are managed securely",
                    "Let ACM issue and renew certificates, and a private authority those for inside."),
                Practice(
                    "encrypt", .high, "Nothing is sent in the clear",
                    "Deny requests without TLS (aws:SecureTransport) in the policies of buckets, queues and topics."),
                Practice(
                    "auto_unintended_access", .medium, "Unintended access is found by machine",
                    "Watch flow logs and data events for what does not belong there."),
                Practice(
                    "authentication", .low, "Both ends prove who they are",
                    "Sign requests, and use mutual TLS between machines."),
            ]),
    ]
}
