import Directory
import IAMAPI

/// The kinds of answers that describe a role, a policy or an instance profile. Each kind has different members for the
/// same thing, whatever the model allows; these were recorded from AWS.
enum AnswerKind {
    /// The answers of GetRole and similar operations have everything, including an empty list of tags, except for
    /// roles.
    case got
    /// Lists leave out tags and boundaries, and for policies the description as well.
    case listed
    /// The answers of operations that make or change something have the tags that there are, and no description.
    case written
    /// As part of something else: only the essentials.
    case nested
}

/// The tags of a policy or an instance profile, as an answer has them.
func shownTags(_ tags: [Tag], in answer: AnswerKind) -> [IAM.Tag]? {
    switch answer {
    case .got: tags.map(IAM.Tag.init)
    case .written, .nested: tags.isEmpty ? nil : tags.map(IAM.Tag.init)
    case .listed: nil
    }
}
