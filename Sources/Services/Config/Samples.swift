import Platform

/// Made-up inputs for the reference of operations.
let configSamples: Samples = {
    let recorder = Recorder.arn("x", Samples.account, "us-east-1")
    return Samples(
        texts: [
            "ResourceArn": recorder, "ConfigurationRecorderArn": recorder, "Arn": recorder,
            "roleARN": "arn:aws:iam::\(Samples.account):role/x", "RoleArn": "arn:aws:iam::\(Samples.account):role/x",
            "AuthorizedAccountId": Samples.member, "AuthorizedAwsRegion": "us-east-1",
            "ServicePrincipal": "observabilityadmin.amazonaws.com",
        ], absent: ["Arn", "ServicePrincipal"])
}()
