import CloudWatchAPI
import Platform
import Wire

// The errors of CloudWatch. Texts are AWS's where clients have quoted them.
// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html>

extension ServiceError {
    static func invalidValue(_ message: String) -> ServiceError { CloudWatch.Failure.invalidParameterValue(message) }

    static func combination(_ message: String) -> ServiceError {
        CloudWatch.Failure.invalidParameterCombination(message)
    }

    static func missing(_ parameter: String) -> ServiceError {
        CloudWatch.Failure.missingParameter("The parameter \(parameter) is required.")
    }

    static func noSuchAlarm(_ name: String) -> ServiceError {
        CloudWatch.Failure.resourceNotFound("Alarm \(name) does not exist")
    }

    static var invalidToken: ServiceError { CloudWatch.Failure.invalidNextToken("The specified nextToken is invalid.") }

    /// ResourceNotFoundException, of what has tags.
    static func noSuchResource(_ arn: String) -> ServiceError {
        var error = CloudWatch.Failure.resourceNotFoundException("The resource \(arn) does not exist.")
        error.members = ["ResourceType": .string("cloudwatch"), "ResourceId": .string(arn)]
        return error
    }
}
