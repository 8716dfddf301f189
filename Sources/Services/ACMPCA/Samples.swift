import Platform

private let id = "00000000-0000-0000-0000-000000000001"

/// Made-up inputs, with which OPERATIONS.md is generated.
let pcaSamples = Samples(
    texts: [
        "CertificateAuthorityArn": "arn:aws:acm-pca:us-east-1:\(Samples.account):certificate-authority/\(id)",
        "ResourceArn": "arn:aws:acm-pca:us-east-1:\(Samples.account):certificate-authority/\(id)",
        "TemplateArn": TemplateName.standard,
    ])
