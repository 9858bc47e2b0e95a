"""The samples of requests in the API document, and how a request on the wire differs from its sample.

data/curls.json has the names of the headers and query parameters of each sample, and the members of its body with their
types. `license` and `licensekey` are one header there. Left out are credentials that are alternatives and never sent:
keyId, keySecret, x-jwt-token.
"""
import json
import pathlib

from kinds import sample

CURLS = json.loads((pathlib.Path(__file__).resolve().parents[1] / "data" / "curls.json").read_text())
# Header: the member of the sandbox's log that tells of it.
LOGGED = {"authorization": "token", "licensekey": "license", "publickey": "publickey", "requestid": "requestid"}
# The body of a sample that shows nothing but the frame of a sealed one.
FRAME = {"data": "string"}


def shape_of(value):
    """Names and types of a body. The first element stands for an array."""
    if isinstance(value, dict):
        return {name: shape_of(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    return "null" if value is None else \
        {str: "string", bool: "boolean", int: "number", float: "number"}[type(value)]


def wire_of(request):
    """A logged request in the form of a sample."""
    headers = [name for name, member in LOGGED.items() if request.get(member)] + list(request.get("headers") or {})
    found = {"headers": sorted(headers)}
    if request.get("query"):
        found["query"] = list(request["query"])
    if request.get("upload"):
        found["file"] = request["upload"]["field"]
    if request.body is not None:
        found["body"] = shape_of(request.body)
    return found


def completed(fields, value, like):
    """The object with the members that the sample has and the fields declare."""
    if not isinstance(value, dict) or not isinstance(like, dict):
        return value
    known = {field["name"]: field for field in fields}
    more = {name: sample(known[name]) for name in like if name in known and name not in value}
    return {name: completed(known[name].get("members", []), member, like[name]) if name in known and name in like
            else member for name, member in {**value, **more}.items()}


def differences(name, request):
    """What the sample has and the request lacks, or has with another type."""
    curl, wire = CURLS[name], wire_of(request)
    for header in curl["headers"]:
        # A call that seals nothing needs no license.
        needless = header == "licensekey" and "requestid" not in curl["headers"]
        if header not in wire["headers"] and not needless:
            yield header
    for parameter in curl.get("query", []):
        if parameter not in wire.get("query", []):
            yield f"?{parameter}"
    if curl.get("body", FRAME) != FRAME:
        yield from lacking(curl["body"], wire.get("body", {}))


def lacking(curl, wire, at="body"):
    if isinstance(curl, dict) and isinstance(wire, dict):
        for name, member in curl.items():
            if name in wire:
                yield from lacking(member, wire[name], f"{at}.{name}")
            else:
                yield f"{at}.{name}"
    elif isinstance(curl, list) and isinstance(wire, list):
        if curl and wire:
            yield from lacking(curl[0], wire[0], f"{at}[]")
    elif curl != wire:
        yield f"{at}: {kind_of(wire)}, not {kind_of(curl)}"


def kind_of(shape):
    return "object" if isinstance(shape, dict) else "array" if isinstance(shape, list) else shape
