"""A Gatehouse that has the tests' own services beside AWS's: vault, courier and the shapes; boto3 knows their models."""

import os
import pathlib
import re
import subprocess
import urllib.request

import boto3
import botocore.config
import botocore.session

from .patience import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODELS = ROOT / "Tests" / "Probe" / "models"
KEY = ("AKIAPROBEPROBEPROBE1", "probeSecretprobeSecretprobeSecretprobe12")
ACCOUNT = "111122223333"


class Probe:
    """One server; use it as a context."""

    def __init__(self, directory=None, *, ca_file=None, patience=None):
        """`ca_file`: where the certificate of its authority is to be; then it speaks HTTPS too. `patience`: how many
        seconds it waits for what is to come."""
        self.directory = directory
        self.environment = {name: str(value) for name, value in
                            {"PROBE_CA_FILE": ca_file, "PROBE_PATIENCE": patience}.items() if value}
        self.process = None
        self.url = None
        self.secure_url = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        command = [str(ROOT / ".build" / "debug" / "probe-server"), "0", ACCOUNT, *KEY]
        if self.directory:
            command.append(str(self.directory))
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | self.environment)
        for line in self.process.stdout:
            if found := re.search(r"with TLS on (https://\S+)", line):
                self.secure_url = found[1]
            if found := re.search(r"listens on (http://\S+)", line):
                self.url = found[1]
                return
        raise RuntimeError("the probe server ended before it listened")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=PATIENCE)

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def client(self, service, key=KEY, region="us-east-1", models=MODELS, **config):
        """A boto3 client; `key` is (id, secret) or (id, secret, token), `config` are options of botocore's. It speaks HTTPS
        to a probe that does."""
        core = botocore.session.Session()
        core.get_component("data_loader").search_paths.append(str(models))
        session = boto3.Session(botocore_session=core)
        return session.client(
            service, endpoint_url=self.secure_url or self.url, verify=self.environment.get("PROBE_CA_FILE"),
            region_name=region, aws_access_key_id=key[0],
            aws_secret_access_key=key[1], aws_session_token=key[2] if len(key) > 2 else None,
            config=botocore.config.Config(retries={"max_attempts": 0}, **config))

    def user(self, name, *statements):
        """A user with an inline policy of these statements: its access key."""
        import json
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(
                UserName=name, PolicyName="inline",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def metrics(self):
        """What `GET /metrics` shows."""
        with urllib.request.urlopen(self.url + "/metrics") as answer:
            return answer.read().decode()

    def events(self, name, key=KEY, region="us-east-1"):
        """The recorded events of an operation, oldest first."""
        import json
        pages = self.client("cloudtrail", key, region).get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}])
        return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]][::-1]
