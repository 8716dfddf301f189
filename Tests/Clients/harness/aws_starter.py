"""Runs in a process of its own, which has imported the `aws` CLI, and forks for each command: see `aws.py`.

A request is a line of JSON: `arguments`, `environment`, `folder`, and `files`, of standard input, output and error. The answer
is a line with the exit code.
"""

import json
import os
import sys
import traceback

import awscli.clidriver
import awscli.handlers  # noqa: F401 # What the CLI itself imports when it begins.
import botocore.httpsession  # noqa: F401
import botocore.signers  # noqa: F401


def run(request: dict) -> int:
    """In the child: what the program `aws` does."""
    os.chdir(request["folder"])
    # The CLI sets where its data lies when it is imported.
    data = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update(request["environment"] | {"AWS_DATA_PATH": data})
    for number, path in enumerate(request["files"]):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
    sys.argv = ["aws", *request["arguments"]]
    try:
        return awscli.clidriver.main() or 0
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 255


def main() -> None:
    # Standard input and output are the commands'.
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    while line := requests.readline():
        child = os.fork()
        if child == 0:
            code = 255
            try:
                code = run(json.loads(line))
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


main()
