"""Driver of alibabacloud-eci20180808: docs/driver-protocol.md over its client."""
import re
import sys
from pathlib import Path

from alibabacloud_eci20180808 import models
from alibabacloud_eci20180808.client import Client
from alibabacloud_tea_openapi import models as openapi
from alibabacloud_tea_util.models import RuntimeOptions
from darabonba.policy.retry import RetryCondition, RetryOptions

sys.path.append(str(Path(__file__).resolve().parents[1] / "python"))
import protocol


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
    """What a user would write: a client, a request and runtime options."""
    if not method(call["operation"]):
        raise protocol.Lacking(f"the SDK has no {call['operation']}")
    request = getattr(models, call["operation"] + "Request")().from_map(call["input"])
    if missing := unknown(call["input"], request.to_map()):
        raise protocol.Lacking(f"the SDK's {call['operation']}Request has no {missing}")
    runtime = RuntimeOptions()
    if "timeoutMs" in call["options"]:
        runtime.read_timeout = call["options"]["timeoutMs"]
    client = Client(config(call))
    return lambda: method(call["operation"])(client, request, runtime).body.to_map()


def config(call):
    key, made = call["credentials"], openapi.Config(endpoint=call["endpoint"].removeprefix("http://"), protocol="http", region_id=call["region"])
    made.access_key_id, made.access_key_secret, made.security_token = key["accessKeyId"], key["accessKeySecret"], key.get("securityToken")
    if call.get("signature") == "v1":
        made.signature_algorithm = "v2"
    if call["options"].get("retries"):  # RuntimeOptions.autoretry is there too, and nothing reads it
        made.retry_options = RetryOptions(retryable=True, retry_condition=[RetryCondition(
            max_attempts=call["options"]["retries"] + 1, exception=["RetryError", "ServerException", "ThrottlingException"])])
    return made


def problem(e):
    """What a user can read off the SDK's exception, and no more."""
    data = getattr(e, "data", None) or {}
    return {
        "code": str(getattr(e, "code", None) or ""),
        "message": str(data.get("Message") or getattr(e, "message", None) or e),
        "status": getattr(e, "status_code", None) or getattr(e, "statusCode", None) or data.get("statusCode"),
        "requestId": getattr(e, "request_id", None) or data.get("RequestId"),
    }


protocol.serve("alibabacloud-eci20180808", {
    "operations": [n[:-7] for n in dir(models) if n.endswith("Request") and method(n[:-7])],
    "signatures": ["acs3", "v1"], "methods": ["POST"], "formats": ["JSON"], "options": ["retries", "timeout", "sts"],
}, prepare, problem)
