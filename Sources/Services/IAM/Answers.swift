import Directory
import IAMAPI

/// Which kind of answer tells of a role, a policy or an instance profile. Of the same thing they have different members,
/// whatever the model allows: so it was recorded from AWS.
enum AnswerKind {
    /// The answer of GetRole and its like has all: tags also where there are none, except of roles.
    case got
    /// Lists leave out tags and boundaries, those of policies the description too.
    case listed
    /// The answers of what makes or changes a thing have the tags that there are, and no description.
    case written
    /// A part of something else: as little as can be.
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
