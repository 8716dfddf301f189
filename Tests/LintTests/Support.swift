import Lint
import Policy

/// Codes found in a document, in the order of the text.
func codes(_ text: String, as type: PolicyType? = nil, resourceType: String? = nil) -> [FindingCode] {
    Linter().lint(text, as: type, resourceType: resourceType).findings.map(\.code)
}

/// An identity policy with one statement, which allows s3:GetObject where `elements` say nothing else.
func identity(_ elements: String = "") -> String {
    var all = elements.isEmpty ? [] : [elements]
    if !elements.contains("\"Effect\"") { all.append(#""Effect": "Allow""#) }
    if !elements.contains("Action\"") { all.append(#""Action": "s3:GetObject""#) }
    if !elements.contains("Resource\"") { all.append(#""Resource": "arn:aws:s3:::notes/*""#) }
    return #"{"Version": "2012-10-17", "Statement": [{\#(all.joined(separator: ", "))}]}"#
}

/// As `identity`, with a condition of one operator.
func condition(_ block: String, _ elements: String = "") -> String {
    identity(#""Condition": {\#(block)}"# + (elements.isEmpty ? "" : ", " + elements))
}

/// A bucket's policy with one statement.
func resource(_ elements: String) -> String {
    let everyone = #""Principal": "*""#
    let isWhole = elements.contains("Principal\"")
    return identity(isWhole ? elements : elements.isEmpty ? everyone : everyone + ", " + elements)
}

/// A role's trust policy with one statement.
func trust(_ principal: String, action: String = #""sts:AssumeRole""#, _ more: String = "") -> String {
    let rest = more.isEmpty ? "" : ", " + more
    return #"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": \#(principal), "#
        + #""Action": \#(action)\#(rest)}}"#
}

/// A resource control policy with one statement.
func resourceControl(_ elements: String = "") -> String {
    var all = elements.isEmpty ? [] : [elements]
    if !elements.contains("\"Effect\"") { all.append(#""Effect": "Deny""#) }
    if !elements.contains("Principal\"") { all.append(#""Principal": "*""#) }
    return identity(all.joined(separator: ", "))
}
