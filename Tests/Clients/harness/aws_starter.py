"""Runs in a process of its own, which has imported the `aws` CLI, and forks for each command: see `aws.py`.

A request is JSON: `arguments`, `environment`, `folder`. Without arguments of its own it reads requests from its standard input,
a line each, which have `files` as well, of standard input, output and error; the answer is a line with the exit code. With the
name of a socket, several at a time may connect there, send what is to be standard input, output and error, and then the request;
the answer is the exit code.
"""

import json
import os
import signal
import socket
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
    sys.argv = ["aws", *request["arguments"]]
    try:
        return awscli.clidriver.main() or 0
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 255


def serve_lines() -> None:
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
                request = json.loads(line)
                for number, path in enumerate(request["files"]):
                    os.dup2(os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND), number)
                code = run(request)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def serve_socket(name: str) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen(16)
    print("listens", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
                for number, descriptor in enumerate(descriptors):
                    os.dup2(descriptor, number)
                    os.close(descriptor)
                code = run(json.load(connection.makefile()))
                sys.stdout.flush()
                sys.stderr.flush()
                connection.sendall(str(code).encode())
            finally:
                os._exit(0)
        connection.close()


if len(sys.argv) > 1:
    serve_socket("\0" + sys.argv[1])
else:
    serve_lines()
