"""Driver of alibabacloud-eci20180808: docs/driver-protocol.md over its client."""
import json
import platform
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from alibabacloud_eci20180808 import models
from alibabacloud_eci20180808.client import Client
from alibabacloud_tea_openapi import models as openapi
from alibabacloud_tea_util.models import RuntimeOptions

NAME = "alibabacloud-eci20180808"
WORKERS = 16
out, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no reply
lock = threading.Lock()


def say(line):
    with lock:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
        out.flush()


def snake(name):
    """The SDK's way of writing a name: VSwitchId is v_switch_id."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def method(operation):
    return getattr(Client, snake(operation) + "_with_options", None)


def unknown(given, kept, path=""):
    """The first member of given that the SDK's model did not take."""
    if isinstance(given, dict):
        for key, value in given.items():
            if not isinstance(kept, dict) or key not in kept:
                return path + key
            if found := unknown(value, kept[key], f"{path}{key}."):
                return found
    if isinstance(given, list) and isinstance(kept, list):
        for a, b in zip(given, kept):
            if found := unknown(a, b, path):
                return found
    return None


def prepare(call):
    """The client, the request and the runtime options that a user would write."""
    if not method(call["operation"]):
        raise LookupError(f"the SDK has no {call['operation']}")
    request = getattr(models, call["operation"] + "Request")().from_map(call["input"])
    if missing := unknown(call["input"], request.to_map()):
        raise LookupError(f"the SDK's {call['operation']}Request has no {missing}")
    cred, options = call["credentials"], call["options"]
    config = openapi.Config(
        access_key_id=cred["accessKeyId"],
        access_key_secret=cred["accessKeySecret"],
        security_token=cred.get("securityToken"),
        endpoint=call["endpoint"].removeprefix("http://"),
        protocol="http",
        region_id=call["region"],
    )
    if call.get("signature") == "v1":
        config.signature_algorithm = "v2"
    runtime = RuntimeOptions()
    if "retries" in options:
        runtime.autoretry = options["retries"] > 0
        runtime.max_attempts = options["retries"]
    if "timeoutMs" in options:
        runtime.read_timeout = options["timeoutMs"]
    return Client(config), request, runtime


def error(e):
    """What a user can read off the SDK's exception, and no more."""
    data = getattr(e, "data", None) or {}
    found = {
        "code": getattr(e, "code", None) or "",
        "message": data.get("Message") or getattr(e, "message", None) or str(e),
        "status": getattr(e, "status_code", None) or getattr(e, "statusCode", None) or data.get("statusCode"),
        "requestId": getattr(e, "request_id", None) or data.get("RequestId"),
    }
    found["code"], found["message"] = str(found["code"]), str(found["message"])
    return {k: v for k, v in found.items() if v is not None}


def answer(call):
    try:
        client, request, runtime = prepare(call)
    except LookupError as e:
        say({"id": call["id"], "error": {"code": "Unsupported", "message": str(e)}})
        return
    except Exception as e:  # not the SDK's doing
        say({"id": call["id"], "error": {"code": "Driver", "message": str(e)}})
        return
    try:
        response = method(call["operation"])(client, request, runtime)
        say({"id": call["id"], "output": response.body.to_map()})
    except Exception as e:
        say({"id": call["id"], "error": error(e)})


def main():
    sys.stdin.readline()
    say({"hello": {
        "protocol": 1, "name": NAME, "version": version(NAME), "language": "python" + platform.python_version(),
        "operations": [n[:-7] for n in dir(models) if n.endswith("Request") and method(n[:-7])],
        "signatures": ["acs3", "v1"], "methods": ["POST"], "formats": ["JSON"],
        "options": ["retries", "timeout", "sts"], "maxInFlight": WORKERS,
    }})
    with ThreadPoolExecutor(WORKERS) as pool:
        for line in sys.stdin:
            pool.submit(answer, json.loads(line))


main()
