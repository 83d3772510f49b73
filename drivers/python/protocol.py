"""The driver's side of docs/driver-protocol.md, for the drivers in Python."""
import json
import logging
import platform
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

WORKERS = 16


class Lacking(Exception):
    """The SDK has no means for a call."""


def serve(package, has, prepare, problem):
    """Answers calls until the input ends.

    package is the SDK's distribution, and has what its hello says besides.
    prepare makes of a call what carries it out and returns its output, and
    problem makes an error's members of what that raises.
    """
    out, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no reply
    logging.disable()
    lock = threading.Lock()

    def say(line):
        with lock:
            out.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
            out.flush()

    def reply(call):
        try:
            do = prepare(call)
        except Lacking as e:
            return {"error": {"code": "Unsupported", "message": str(e)}}
        except Exception as e:  # not the SDK's doing
            return {"error": {"code": "Driver", "message": repr(e)}}
        try:
            return {"output": do()}
        except Exception as e:
            return {"error": {k: v for k, v in problem(e).items() if v is not None}}

    def answer(call):
        say({"id": call["id"], **reply(call)})

    sys.stdin.readline()
    say({"hello": {
        "protocol": 1, "name": package, "version": version(package), "language": "python" + platform.python_version(),
        "maxInFlight": WORKERS, **has,
    }})
    with ThreadPoolExecutor(WORKERS) as pool:
        for line in sys.stdin:
            pool.submit(answer, json.loads(line))
