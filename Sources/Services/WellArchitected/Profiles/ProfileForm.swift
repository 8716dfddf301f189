/// What profiles ask: what matters to those whose workloads are reviewed. The questions, their ids and what each choice brings to
/// the fore are Gatehouse's own; AWS's are not public.
enum ProfileForm {
    struct Question: Sendable {
        let id: String
        let title: String
        let description: String
        let least: Int
        let most: Int
        let choices: [Choice]
    }

    struct Choice: Sendable {
        let id: String
        let title: String
        let description: String
        /// The framework's questions that it brings to the fore.
        let prioritizes: [String]
    }

    static let name = "Gatehouse profile template"
    /// When it was last changed, in seconds since 1970.
    static let changed = 1_796_083_200.0

    static let questions = [
        Question(
            id: "concern", title: "What would hurt most?",
            description: "What you fear for brings the questions to the fore that say most about it.", least: 1,
            most: 3,
            choices: [
                Choice(
                    id: "concern_disclosure", title: "That data gets out",
                    description: "Classification, encryption and who may read.",
                    prioritizes: ["data-classification", "protect-data-rest", "protect-data-transit", "permissions"]),
                Choice(
                    id: "concern_takeover", title: "That somebody takes over accounts",
                    description: "The root user, credentials and permissions.",
                    prioritizes: ["securely-operate", "identities", "permissions"]),
                Choice(
                    id: "concern_intrusion", title: "That somebody gets onto machines",
                    description: "Networks, machines and what runs on them.",
                    prioritizes: ["network-protection", "protect-compute", "application-security"]),
                Choice(
                    id: "concern_unnoticed", title: "That nobody notices",
                    description: "Logs, alarms and what is done then.",
                    prioritizes: ["detect-investigate-events", "incident-response"]),
            ]),
        Question(
            id: "stage", title: "Where is the workload in its life?",
            description: "What can still be changed easily comes first.", least: 1, most: 1,
            choices: [
                Choice(
                    id: "stage_design", title: "It is being designed",
                    description: "Foundations and identities are laid now.",
                    prioritizes: ["securely-operate", "identities", "data-classification"]),
                Choice(
                    id: "stage_building", title: "It is being built",
                    description: "What is built in need not be added.",
                    prioritizes: ["application-security", "protect-compute"]),
                Choice(
                    id: "stage_running", title: "It runs",
                    description: "What happens has to be seen and answered.",
                    prioritizes: ["detect-investigate-events", "incident-response"]),
            ]),
        Question(
            id: "duty", title: "Who asks for proof?",
            description: "Auditors look at some things first.", least: 0, most: 2,
            choices: [
                Choice(
                    id: "duty_auditor", title: "An auditor, by a published standard",
                    description: "Controls have to be written down and shown.",
                    prioritizes: ["securely-operate", "detect-investigate-events", "protect-data-rest"]),
                Choice(
                    id: "duty_privacy", title: "The law on personal data",
                    description: "It has to be known what data there is, and when it is deleted.",
                    prioritizes: ["data-classification", "protect-data-rest"]),
            ]),
    ]

    static func question(_ id: String) -> Question? { questions.first { $0.id == id } }

    /// The framework's questions that a profile's answers bring to the fore.
    static func prioritized(_ answers: [StoredProfile.Answer]) -> Set<String> {
        var all: Set<String> = []
        for answer in answers {
            for choice in question(answer.question)?.choices ?? [] where answer.choices.contains(choice.id) {
                all.formUnion(choice.prioritizes)
            }
        }
        return all
    }
}
