"""Driver of aliyun-python-sdk-eci: docs/driver-protocol.md over its AcsClient."""
import functools
import importlib
import json
import logging
import platform
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

NAME = "aliyun-python-sdk-eci"
API = "2018-08-08"
WORKERS = 16
out, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no reply
lock = threading.Lock()
logging.disable()


def say(line):
    with lock:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
        out.flush()


class Watched(dict):
    """A struct that tells what the SDK did not look at. Lists have the name in
    the plural besides, which some setters want."""

    def __init__(self, given):
        members = {k: watched(v) for k, v in given.items()}
        plural = {k + "s": v for k, v in members.items() if isinstance(v, list)}
        super().__init__(plural | members)
        self.unread = set(given)

    def get(self, key, default=None):
        self.unread -= {key, key[:-1] if key.endswith("s") else key}
        return super().get(key, default)

    def items(self):
        self.unread = set()
        return super().items()


def watched(value):
    if isinstance(value, dict):
        return Watched(value)
    return [watched(v) for v in value] if isinstance(value, list) else value


def unread(value):
    """Whether the SDK did not look at some member of a struct."""
    if isinstance(value, list):
        return any(map(unread, value))
    return isinstance(value, Watched) and (bool(value.unread) or any(map(unread, value.values())))


def typed(operation, given):
    """The SDK's request of the operation, None where it has none or one that does not take some input."""
    try:
        module = importlib.import_module(f"aliyunsdkeci.request.v20180808.{operation}Request")
    except ModuleNotFoundError:
        return None
    request = getattr(module, operation + "Request")()
    for name, value in given.items():
        setter = getattr(request, "set_" + name, None) or getattr(request, f"set_{name}s", None)
        if not setter:
            return None
        value = watched(value)
        setter(value)
        if unread(value):
            return None
    return request


def common(operation, given):
    """What the SDK offers for all else: parameters by name, flattened by its user."""
    request = CommonRequest(domain=None, version=API, action_name=operation, product="Eci")
    for name, value in flat("", given):
        request.add_query_param(name, value)
    return request


def flat(path, value):
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value, 1)
        for key, v in pairs:
            yield from flat(f"{path}.{key}" if path else str(key), v)
    else:
        yield path, str(value).lower() if isinstance(value, bool) else value


@functools.lru_cache(maxsize=64)
def connect(key, secret, token, region, retries):
    extra = {} if retries is None else {"auto_retry": retries > 0, "max_retry_time": retries}
    if token:
        return AcsClient(region_id=region, credential=StsTokenCredential(key, secret, token), **extra)
    return AcsClient(key, secret, region, **extra)


def prepare(call):
    cred, options = call["credentials"], call["options"]
    given = dict(call["input"])
    region = given.pop("RegionId", call["region"])  # the SDK has it of the client
    request = typed(call["operation"], given) or common(call["operation"], given)
    request.set_endpoint(call["endpoint"].removeprefix("http://"))
    request.set_protocol_type("http")
    if "method" in options:
        request.set_method(options["method"])
    if "timeoutMs" in options:
        request.set_read_timeout(options["timeoutMs"] / 1000)
    client = connect(cred["accessKeyId"], cred["accessKeySecret"], cred.get("securityToken"), region, options.get("retries"))
    return client, request


def error(e):
    """What a user can read off the SDK's exception, and no more."""
    found = {"code": str(getattr(e, "error_code", "") or ""), "message": str(getattr(e, "message", None) or e),
             "status": getattr(e, "http_status", None), "requestId": getattr(e, "request_id", None)}
    return {k: v for k, v in found.items() if v is not None}


def answer(call):
    try:
        client, request = prepare(call)
    except Exception as e:  # not the SDK's doing
        say({"id": call["id"], "error": {"code": "Driver", "message": str(e)}})
        return
    try:
        body = client.do_action_with_exception(request)
        say({"id": call["id"], "output": json.loads(body)})
    except Exception as e:
        say({"id": call["id"], "error": error(e)})


def main():
    sys.stdin.readline()
    say({"hello": {
        "protocol": 1, "name": NAME, "version": version(NAME), "language": "python" + platform.python_version(),
        "signatures": ["v1"], "methods": ["GET", "POST"], "formats": ["JSON"],
        "options": ["retries", "timeout", "sts"], "maxInFlight": WORKERS,
    }})
    with ThreadPoolExecutor(WORKERS) as pool:
        for line in sys.stdin:
            pool.submit(answer, json.loads(line))


main()
