"""Makes the example of a body from its field table."""

BY_NAME = {
    "username": "alice", "firstname": "Alice", "middlename": "M", "lastname": "Example", "dns": "acme.example.com",
    "communityName": "default", "password": "correct horse battery", "query": {}, "pSize": 25, "pIndex": 0,
    "userUid": "1f6c2d1e-8a4b-4a0e-9d2c-5b7f3a9e6c10", "uid": "1f6c2d1e-8a4b-4a0e-9d2c-5b7f3a9e6c10",
    "email1": "alice@acme.example.com", "email2": "al@acme.example.com", "phone1": "15550100",
    "requestBy": "alice@acme.example.com", "createdbyemail": "alice@acme.example.com",
    "email": "alice@acme.example.com", "emailTo": "alice@acme.example.com",
    "notificationList": "alice@acme.example.com", "objectType": "user", "subjectType": "community",
    "code1": "123456", "code2": "234567", "code3": "345678",
    "phone": "+15550100", "ts": 1700000000, "otp": "123456", "code": "123456",
}
BY_ENDING = (
    ("Id", "5f3d1c2b4a69788796a5b4c3"), ("id", "5f3d1c2b4a69788796a5b4c3"), ("Url", "https://app.example.com/"),
    ("url", "https://app.example.com/"), ("email", "alice@acme.example.com"), ("Date", "2024-01-31 00:00:00.000"),
)
BY_TYPE = {"boolean": True, "number": 1, "object": {}, "any": "text"}


def sample(field):
    if "sample" in field:
        return field["sample"]
    if "values" in field and field["type"] == "string":
        return field["values"][0]
    if field["type"] == "object" and "members" in field:
        return sample_object(field["members"])
    if field["type"] == "array":
        return [sample_item(field)]
    by_name = BY_NAME.get(field["name"])
    if by_name is not None and fits(field["type"], by_name):
        return by_name
    if field["type"] in BY_TYPE:
        return BY_TYPE[field["type"]]
    for ending, text in BY_ENDING:
        if field["name"].endswith(ending):
            return text
    return field["name"]


def sample_item(field):
    item = {"name": field["name"].removesuffix("s"), "type": field.get("item", "any")}
    for name in ("values", "members"):
        if name in field:
            item[name] = field[name]
    return sample(item)


def sample_object(fields):
    # A recent time is one no longer when it is read.
    return {field["name"]: sample(field) for field in fields
            if field.get("format") != "recent-time" or field.get("required")}


def fits(kind, value):
    if kind in ("any", ""):
        return True
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "object": dict, "array": list}[kind])
