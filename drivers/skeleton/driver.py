"""A start for a driver in Python: replace what call_sdk does.

The protocol is described in docs/driver-protocol.md.
"""
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

HELLO = {
    "protocol": 1, "name": "my-sdk", "language": "python" + sys.version.split()[0],
    "signatures": ["v1"], "methods": ["POST"], "formats": ["JSON"], "maxInFlight": 16,
}
PROTOCOL = sys.stdout
sys.stdout = sys.stderr  # what an SDK prints is no line of the protocol
LOCK = threading.Lock()


def say(line):
    with LOCK:
        PROTOCOL.write(json.dumps(line) + "\n")
        PROTOCOL.flush()


def call_sdk(call):
    """Carries out one call and returns {"output": ...} or {"error": ...}."""
    return {"error": {"code": "Driver", "message": "call the SDK here: " + call["operation"]}}


def answer(call):
    try:
        reply = call_sdk(call)
    except Exception as e:  # a fault of this program, not an error of the SDK
        reply = {"error": {"code": "Driver", "message": repr(e)}}
    say({"id": call["id"], **reply})


def main():
    sys.stdin.readline()
    say({"hello": HELLO})
    with ThreadPoolExecutor(HELLO["maxInFlight"]) as pool:
        for line in sys.stdin:
            pool.submit(answer, json.loads(line))


main()
