"""Driver of aliyun-python-sdk-eci: docs/driver-protocol.md over its AcsClient."""
import functools
import importlib
import json
import sys
from pathlib import Path

from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

sys.path.append(str(Path(__file__).resolve().parents[1] / "python"))
import protocol

API = "2018-08-08"


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
    key, options, given = call["credentials"], call["options"], dict(call["input"])
    region = given.pop("RegionId", call["region"])  # the SDK has it of the client
    request = typed(call["operation"], given) or common(call["operation"], given)
    request.set_endpoint(call["endpoint"].removeprefix("http://"))
    request.set_protocol_type("http")
    if "method" in options:
        request.set_method(options["method"])
    if "timeoutMs" in options:
        request.set_read_timeout(options["timeoutMs"] / 1000)
    client = connect(key["accessKeyId"], key["accessKeySecret"], key.get("securityToken"), region, options.get("retries"))
    return lambda: json.loads(client.do_action_with_exception(request))


def problem(e):
    """What a user can read off the SDK's exception, and no more."""
    return {
        "code": str(getattr(e, "error_code", "") or ""), "message": str(getattr(e, "message", None) or e),
        "status": getattr(e, "http_status", None), "requestId": getattr(e, "request_id", None),
    }


protocol.serve("aliyun-python-sdk-eci", {
    "signatures": ["v1"], "methods": ["GET", "POST"], "formats": ["JSON"], "options": ["retries", "timeout", "sts"],
}, prepare, problem)
