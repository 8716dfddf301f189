import ArtifactAPI
import Wire

// The errors of Artifact have members besides their messages.
// <https://docs.aws.amazon.com/artifact/latest/APIReference/API_Operations.html>

extension ServiceError {
    static func reportNotFound(_ id: String, _ version: Int?) -> ServiceError {
        let name = version.map { "\(id), version \($0)," } ?? id
        var error = Artifact.Failure.resourceNotFoundException("Report \(name) not found.")
        error.members = ["resourceId": .string(id), "resourceType": .string("report")]
        return error
    }

    /// ValidationException for one member of a request.
    static func artifactField(
        _ name: String, _ message: String, reason: String = "fieldValidationFailed"
    ) -> ServiceError {
        var error = Artifact.Failure.validationException(message)
        let field = Artifact.ValidationExceptionField {
            $0.name = name
            $0.message = message
        }
        error.members = ["reason": .string(reason), "fieldList": [field].wireValue]
        return error
    }

    /// What keeps a document from being made.
    static func noDocument(_ id: String, _ message: String) -> ServiceError {
        var error = Artifact.Failure.conflictException(message)
        error.members = ["resourceId": .string(id), "resourceType": .string("report")]
        return error
    }
}
