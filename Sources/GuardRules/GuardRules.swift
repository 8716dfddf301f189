/// The language of AWS CloudFormation Guard.
enum GuardRules {}
