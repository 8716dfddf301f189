variable "shop" {}
variable "public_key" {}
variable "image" {}

data "aws_ami" "own" {
  owners      = ["self"]
  most_recent = true
  filter {
    name   = "name"
    values = ["plain*"]
  }
}

data "aws_vpc" "default" { default = true }

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
  filter {
    name   = "availability-zone"
    values = ["us-east-1a"]
  }
}

resource "aws_kms_key" "volumes" { deletion_window_in_days = 7 }

resource "aws_key_pair" "web" {
  key_name   = "${var.shop}-web"
  public_key = var.public_key
  tags       = { shop = var.shop }
}

resource "aws_iam_role" "web" {
  name = "${var.shop}-web"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_instance_profile" "web" {
  name = "${var.shop}-web"
  role = aws_iam_role.web.name
}

resource "aws_security_group" "web" {
  name        = "${var.shop}-web"
  description = "web"
  vpc_id      = data.aws_vpc.default.id
}

resource "aws_instance" "web" {
  ami                         = data.aws_ami.own.id
  instance_type               = "t3.micro"
  subnet_id                   = data.aws_subnets.default.ids[0]
  vpc_security_group_ids      = [aws_security_group.web.id]
  key_name                    = aws_key_pair.web.key_name
  iam_instance_profile        = aws_iam_instance_profile.web.name
  user_data                   = "#!/bin/sh\necho ${var.shop}\n"
  associate_public_ip_address = true
  disable_api_termination     = false
  tags                        = { Name = "${var.shop}-web" }

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "enabled"
  }

  root_block_device {
    volume_size = 10
    volume_type = "gp3"
    encrypted   = true
    kms_key_id  = aws_kms_key.volumes.arn
  }
}

resource "aws_ebs_volume" "data" {
  availability_zone = "us-east-1a"
  size              = 4
  type              = "gp3"
  encrypted         = true
  kms_key_id        = aws_kms_key.volumes.arn
  tags              = { Name = "${var.shop}-data" }
}

resource "aws_volume_attachment" "data" {
  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.web.id
}

resource "aws_ebs_snapshot" "data" {
  volume_id   = aws_ebs_volume.data.id
  description = "of ${var.shop}"
}

resource "aws_ami" "own" {
  name             = "${var.shop}-own"
  root_device_name = "/dev/xvda"
  architecture     = "x86_64"
  ena_support      = true
  ebs_block_device {
    device_name = "/dev/xvda"
    snapshot_id = aws_ebs_snapshot.data.id
    volume_type = "gp3"
  }
}

resource "aws_ebs_encryption_by_default" "on" { enabled = true }

output "instance" { value = aws_instance.web.id }
output "state" { value = aws_instance.web.instance_state }
output "volume" { value = aws_ebs_volume.data.id }
output "key" { value = aws_key_pair.web.key_name }
